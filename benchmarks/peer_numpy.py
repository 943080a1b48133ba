"""Peer: plain numpy, one run after the other, as one writes it first."""

from __future__ import annotations

import numpy as np

from benchmarks import cliff
from benchmarks.result import Array, Result
from benchmarks.workloads import EPSILON, N_STEPS, Workload


def clipped(kind: str, number: float, grad: Array, grad_norm: float, history: list[float]) -> Array:
    """Apply one clipping rule to one gradient."""
    if kind == "norm":
        return grad * min(1.0, number / (grad_norm + EPSILON))
    if kind == "value":
        return np.clip(grad, -number, number)
    if kind == "autoclip":
        history.append(grad_norm)
        return grad * min(1.0, float(np.percentile(history, number)) / grad_norm)
    return grad


def run_one(kind: str, number: float, learning_rate: float, start: tuple[float, float]) -> tuple[Array, ...]:
    """One run: params `(steps + 1, 2)`, loss `(steps + 1,)`, norms before and after clipping `(steps,)`."""
    params = np.array(start)
    path, losses, norms, clipped_norms = [params], [cliff.numpy_value(params)], [], []
    history: list[float] = []
    for _ in range(N_STEPS):
        grad = cliff.numpy_grad(params)
        grad_norm = float(np.linalg.norm(grad))
        step = clipped(kind, number, grad, grad_norm, history)
        params = params - learning_rate * step
        path.append(params)
        losses.append(cliff.numpy_value(params))
        norms.append(grad_norm)
        clipped_norms.append(float(np.linalg.norm(step)))
    return np.array(path), np.array(losses), np.array(norms), np.array(clipped_norms)


def run(workload: Workload) -> Result:
    """Return every row of a workload, one after the other."""
    rates = iter(workload.learning_rates)
    runs = [
        run_one(group.kind, float(number), float(next(rates)), workload.start)
        for group in workload.groups
        for number in group.numbers
    ]
    params, loss, grad_norm, clipped_norm = (np.stack(arrays, axis=1) for arrays in zip(*runs, strict=True))
    if workload.record == "series":
        return Result(params, loss, grad_norm, clipped_norm)
    return Result(
        final_loss=loss[-1],
        best_loss=loss.min(axis=0),
        max_grad_norm=grad_norm.max(axis=0),
        clip_fraction=(clipped_norm != grad_norm).mean(axis=0),
    )
