"""Numbers of a run that are shown or judged: the summary of each row, and reductions towards the end of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipscape.problems.base import Problem
from clipscape.records import Run

Array = npt.NDArray[np.float64]

_MOST_POINTS = 20_000
"""Points at which a typical loss is looked for."""


@dataclass(frozen=True)
class Summary:
    """One row in a few numbers. `max_angle` is in degrees; NaN where the run kept no series."""

    n_steps: int
    final_loss: float
    best_loss: float
    clip_fraction: float
    max_grad_norm: float
    max_angle: float
    final_params: tuple[float, ...]


def summarize(run: Run) -> list[Summary]:
    """Summarize every row of a run."""
    numbers = zip(
        run.n_steps.tolist(),
        run.final_loss.tolist(),
        run.best_loss.tolist(),
        run.clip_fraction.tolist(),
        run.max_grad_norm.tolist(),
        run.max_angle.tolist(),
        map(tuple, run.final_params.tolist()),
        strict=True,
    )
    return [Summary(*row) for row in numbers]


def window_diagonal(problem: Problem) -> float:
    """Length of the diagonal of the problem's window: the yardstick for all distances."""
    return float(np.sqrt(sum((high - low) ** 2 for low, high in problem.window)))


def outside_window(problem: Problem, params: Array) -> npt.NDArray[np.bool_]:
    """Say which points `(..., dim)` lie outside the problem's window; NaN counts as inside."""
    low, high = np.array(problem.window).T
    return np.asarray(((params < low) | (params > high)).any(axis=-1))


def distance_to_nearest(problem: Problem, points: Array) -> Array:
    """Distance of points `(dim, ...)`, coordinates first, to the nearest known minimiser: `(...)`."""
    first, *others = (_square_distance(points, minimizer) for minimizer in problem.minimizers)
    for squares in others:
        np.minimum(first, squares, out=first)
    return np.asarray(np.sqrt(first, first))


def _square_distance(points: Array, target: tuple[float, ...]) -> Array:
    squares: Array = np.square(points[0] - target[0])
    for coordinate, value in zip(points[1:], target[1:], strict=True):
        squares += np.square(coordinate - value)
    return squares


def nearest_minimizer(problem: Problem, params: Array) -> tuple[Array, npt.NDArray[np.intp]]:
    """Distance of points `(..., dim)` to the nearest known minimiser, and which one it is; both `(...)`."""
    distances = np.stack(
        [np.sqrt(np.square(params - np.array(minimizer)).sum(axis=-1)) for minimizer in problem.minimizers]
    )
    return distances.min(axis=0), distances.argmin(axis=0)


def typical_gap(problem: Problem, resolution: int = 25) -> float:
    """Median over the window of how far the loss is above the optimum: what a bad loss looks like here.

    Where the optimum is not known, the lowest loss of the grid stands for it. The grid has `resolution` points along
    each axis, fewer where there are many axes; NaN where no loss is finite.
    """
    count = max(2, min(resolution, int(_MOST_POINTS ** (1.0 / problem.dim))))
    if count**problem.dim > 4 * _MOST_POINTS:
        return float("nan")
    axes = [np.linspace(low, high, count) for low, high in problem.window]
    loss = problem.value(np.stack(np.meshgrid(*axes)))
    finite = loss[np.isfinite(loss)]
    if not finite.size:
        return float("nan")
    optimum = finite.min() if problem.optimal_value is None else problem.optimal_value
    return float(np.median(finite - optimum))


def largest_from(series: Array) -> Array:
    """`(steps, rows)`: the largest value from each step to the end of the series."""
    return np.asarray(np.maximum.accumulate(series[::-1], axis=0)[::-1])


def total_from(series: Array) -> Array:
    """`(steps, rows)`: the sum of the values from each step to the end of the series."""
    return np.asarray(np.cumsum(series[::-1], axis=0)[::-1])
