"""Peer: the same batched by hand in PyTorch: all rows in one tensor, one backward pass, every rule vectorised.

AutoClip keeps its history sorted by the same two-call insertion that Clipscape uses; with `torch.quantile` or
`torch.sort` at every step this peer would be several times slower.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks import cliff_torch
from benchmarks.result import Result
from benchmarks.workloads import EPSILON, N_STEPS, Group, Workload

Clip = Callable[[Tensor, Tensor, Tensor], None]
"""(gradient `(rows, 2)`, its norm `(rows,)`, out `(rows, 2)`)."""


def clip_for(group: Group) -> Clip:
    """Return the rule of one group of rows."""
    number = torch.as_tensor(group.numbers)

    def unchanged(grad: Tensor, _norm: Tensor, out: Tensor) -> None:
        out.copy_(grad)

    def by_norm(grad: Tensor, norm: Tensor, out: Tensor) -> None:
        scale = torch.clamp(number / (norm + EPSILON), max=1.0)
        torch.mul(grad, scale[:, None], out=out)

    def by_value(grad: Tensor, _norm: Tensor, out: Tensor) -> None:
        torch.clamp(grad, -number[:, None], number[:, None], out=out)

    rules: dict[str, Clip] = {
        "none": unchanged,
        "norm": by_norm,
        "value": by_value,
        "autoclip": autoclip(number / 100.0),
    }
    return rules[group.kind]


def autoclip(fraction: Tensor) -> Clip:
    """AutoClip of a group of rows, its history sorted along the first axis."""
    rows = len(fraction)
    history = torch.full((N_STEPS + 2, rows), torch.inf, dtype=torch.float64)
    history[0] = -torch.inf
    columns = torch.arange(rows)
    seen = 0

    def clip(grad: Tensor, norm: Tensor, out: Tensor) -> None:
        nonlocal seen
        seen += 1
        shifted = torch.maximum(history[:seen], norm)
        torch.minimum(history[1 : seen + 1], shifted, out=history[1 : seen + 1])
        position = fraction * (seen - 1)
        below = position.long()
        low = history[below + 1, columns]
        high = history[torch.clamp(below + 1, max=seen - 1) + 1, columns]
        threshold = low + (high - low) * (position - below)
        torch.mul(grad, torch.clamp(threshold / norm, max=1.0)[:, None], out=out)

    return clip


class Batch:
    """All rows of a workload, and one step of them."""

    def __init__(self, workload: Workload) -> None:
        self.params = torch.tensor([workload.start] * workload.rows, dtype=torch.float64)
        self.rates = torch.as_tensor(workload.learning_rates)[:, None]
        self.grad = torch.empty_like(self.params)
        self.clipped = torch.empty_like(self.params)
        self.rules: list[tuple[slice, Clip]] = []
        first = 0
        for group in workload.groups:
            self.rules.append((slice(first, first + len(group.numbers)), clip_for(group)))
            first += len(group.numbers)

    def step(self) -> tuple[Tensor, Tensor]:
        """Take one step; return the loss and the norm of the raw gradient before it. `clipped` holds what was used."""
        self.params.requires_grad_(True)
        loss = cliff_torch.loss(self.params.unbind(1))
        (self.grad,) = torch.autograd.grad(loss.sum(), self.params)
        self.params.requires_grad_(False)
        norm = torch.linalg.vector_norm(self.grad, dim=1)
        for rows, clip in self.rules:
            clip(self.grad[rows], norm[rows], self.clipped[rows])
        self.params = self.params - self.rates * self.clipped
        return loss.detach(), norm


def run(workload: Workload) -> Result:
    """All rows at once."""
    batch = Batch(workload)
    return series(batch) if workload.record == "series" else summary(batch)


def series(batch: Batch) -> Result:
    """Record every step."""
    path, losses, norms, clipped_norms = [batch.params], [], [], []
    for _ in range(N_STEPS):
        loss, norm = batch.step()
        path.append(batch.params)
        losses.append(loss)
        norms.append(norm)
        clipped_norms.append(torch.linalg.vector_norm(batch.clipped, dim=1))
    losses.append(cliff_torch.loss(batch.params.unbind(1)))
    return Result(*(torch.stack(values).numpy() for values in (path, losses, norms, clipped_norms)))


def summary(batch: Batch) -> Result:
    """Reduce while stepping: final and best loss, largest norm, share of clipped steps."""
    rows = len(batch.params)
    best, largest = torch.full((rows,), torch.inf, dtype=torch.float64), torch.zeros(rows, dtype=torch.float64)
    fired = torch.zeros(rows, dtype=torch.float64)
    for _ in range(N_STEPS):
        loss, norm = batch.step()
        torch.minimum(best, loss, out=best)
        torch.maximum(largest, norm, out=largest)
        fired += (batch.clipped != batch.grad).any(dim=1)
    final = cliff_torch.loss(batch.params.unbind(1))
    return Result(
        final_loss=final.numpy(),
        best_loss=torch.minimum(best, final).numpy(),
        max_grad_norm=largest.numpy(),
        clip_fraction=(fired / N_STEPS).numpy(),
    )
