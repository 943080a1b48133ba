"""The cliff as a user of PyTorch would write it: the loss only, autograd does the rest."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from benchmarks.cliff import DEPTH, DISTANCE, HEIGHT, NORMAL_X, NORMAL_Y, STEEPNESS


def loss(params: Sequence[torch.Tensor] | torch.Tensor) -> torch.Tensor:
    """Loss of one point, or of as many as the two coordinates hold."""
    x, y = params
    wall = 0.5 + 0.5 * torch.tanh(0.5 * STEEPNESS * (NORMAL_X * x + NORMAL_Y * y - DISTANCE))
    return DEPTH * torch.log(1.0 + 2.0 * x * x + 0.15 * y * y) + HEIGHT * wall
