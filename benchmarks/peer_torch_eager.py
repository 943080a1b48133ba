"""Peer: PyTorch as its users write it: autograd, `clip_grad_norm_`, `torch.optim.SGD`, one run after the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks import cliff_torch
from benchmarks.result import Result
from benchmarks.workloads import N_STEPS, Workload

Clip = Callable[[Tensor], Tensor]
"""Clips `params.grad` in place and returns its norm before."""


def gradient_of(params: Tensor) -> Tensor:
    grad = params.grad
    assert grad is not None
    return grad


def clip_for(kind: str, number: float) -> Clip:
    """Return one clipping rule, by the library's own functions where it has them."""
    history: list[float] = []

    def by_value(params: Tensor) -> Tensor:
        norm = torch.linalg.vector_norm(gradient_of(params))
        torch.nn.utils.clip_grad_value_([params], number)
        return norm

    def by_percentile(params: Tensor) -> Tensor:
        norm = torch.linalg.vector_norm(gradient_of(params))
        history.append(norm.item())
        gradient_of(params).mul_(min(1.0, float(np.percentile(history, number)) / history[-1]))
        return norm

    rules: dict[str, Clip] = {
        "none": lambda params: torch.linalg.vector_norm(gradient_of(params)),
        "norm": lambda params: torch.nn.utils.clip_grad_norm_([params], number),
        "value": by_value,
        "autoclip": by_percentile,
    }
    return rules[kind]


def run_one(kind: str, number: float, learning_rate: float, start: tuple[float, float]) -> list[Tensor]:
    """One run: params, loss, norms before and after clipping."""
    params = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([params], lr=learning_rate)
    clip = clip_for(kind, number)
    path, losses, norms, clipped_norms = [], [], [], []
    for _ in range(N_STEPS):
        optimizer.zero_grad()
        loss = cliff_torch.loss(params)
        loss.backward()
        path.append(params.detach().clone())
        losses.append(loss.detach())
        norms.append(clip(params))
        clipped_norms.append(torch.linalg.vector_norm(gradient_of(params)))
        optimizer.step()
    with torch.no_grad():
        path.append(params.clone())
        losses.append(cliff_torch.loss(params))
    return [torch.stack(values) for values in (path, losses, norms, clipped_norms)]


def run(workload: Workload) -> Result:
    """Return every row of a workload, one after the other."""
    rates = iter(workload.learning_rates)
    runs = [
        run_one(group.kind, float(number), float(next(rates)), workload.start)
        for group in workload.groups
        for number in group.numbers
    ]
    params, loss, grad_norm, clipped_norm = (
        torch.stack(arrays, dim=1).detach().numpy() for arrays in zip(*runs, strict=True)
    )
    if workload.record == "series":
        return Result(params, loss, grad_norm, clipped_norm)
    return Result(
        final_loss=loss[-1],
        best_loss=loss.min(axis=0),
        max_grad_norm=grad_norm.max(axis=0),
        clip_fraction=(clipped_norm != grad_norm).mean(axis=0),
    )
