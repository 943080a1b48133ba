"""Plain gradient descent in a few lines, independent of the engine: an oracle for what a landscape does to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from clipscape.problems import PROBLEMS
from clipscape.problems.base import Problem

Array = npt.NDArray[np.float64]
Clip = Callable[[Array], Array]


def make(kind: str, **params: Any) -> Problem:
    """Make a problem with defaults for what is not given."""
    entry = PROBLEMS[kind]
    problem = entry.make(**{**entry.defaults(), **params})
    assert isinstance(problem, Problem)
    return problem


def no_clip(grad: Array) -> Array:
    return grad


def clip_norm(threshold: float) -> Clip:
    """Scale every column to a norm of at most `threshold`."""
    return lambda grad: grad * np.fmin(1.0, threshold / np.fmax(np.hypot(*grad), 5e-324))


def clip_value(threshold: float) -> Clip:
    return lambda grad: np.clip(grad, -threshold, threshold)


def descend(problem: Problem, start: npt.ArrayLike, learning_rate: float, n_steps: int, clip: Clip = no_clip) -> Array:
    """Return the path `(n_steps + 1, 2, ...)` from `start` `(2, ...)`; whatever overflows stays Inf or NaN."""
    path = [np.array(start, dtype=float)]
    with np.errstate(all="ignore"):
        for _ in range(n_steps):
            path.append(path[-1] - learning_rate * clip(np.array(problem.grad(path[-1]))))
    return np.array(path)


def steps_to_slope(
    problem: Problem, x: float, learning_rate: float, slope: float, limit: int, clip: Clip = no_clip
) -> int | None:
    """Count the steps on the line y = 0 until |df/dx| <= `slope`; None if that never happens within `limit`."""
    params = np.array([x, 0.0])
    with np.errstate(all="ignore"):
        for step in range(limit):
            grad = np.array(problem.grad(params))
            if abs(grad[0]) <= slope:
                return step
            if not np.isfinite(params).all():
                return None
            params = params - learning_rate * clip(grad)
    return None
