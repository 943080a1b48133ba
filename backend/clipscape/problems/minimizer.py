"""Finds the exact minimum next to a good guess, for landscapes whose minimum has no closed form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from clipscape.problems.base import Array

_ITERATIONS = 200
_DAMPING_LIMIT = 1e16
_ROUNDING = 1e-12


def minimum_near(
    value: Callable[[Array], Array], grad: Callable[[Array], Sequence[Array] | Array], guess: tuple[float, ...]
) -> tuple[float, ...]:
    """Return the local minimum that damped Newton steps reach from `guess`, to rounding error.

    Levenberg-Marquardt: solve (H + damping I) step = -g, take the step when the loss falls (or when it stays equal
    to rounding and the gradient shrinks) and lower the damping, otherwise raise it tenfold. H comes from central
    differences of the analytic gradient. Ends when no step helps any more.
    """
    point, damping = np.array(guess, dtype=np.float64), 1e-6
    with np.errstate(all="ignore"):
        for _ in range(_ITERATIONS):
            slope = np.array(grad(point), dtype=np.float64)
            if not slope.any() or damping > _DAMPING_LIMIT:
                break
            matrix = hessian(grad, point) + damping * np.eye(len(point))
            trial = point - np.linalg.solve(matrix, slope)
            if _improves(value, grad, point, trial):
                point, damping = trial, damping / 10.0
            else:
                damping *= 10.0
    return tuple(float(coordinate) for coordinate in point)


def hessian(grad: Callable[[Array], Sequence[Array] | Array], point: Array) -> Array:
    """Second derivatives at a point `(dim,)`, `(dim, dim)`: central differences of the gradient, made symmetric."""
    columns = []
    for offset in 1e-6 * np.eye(len(point)):
        ahead, behind = np.array(grad(point + offset)), np.array(grad(point - offset))
        columns.append((ahead - behind) / 2e-6)
    matrix = np.array(columns)
    return np.asarray(0.5 * (matrix + matrix.T))


def _improves(
    value: Callable[[Array], Array], grad: Callable[[Array], Sequence[Array] | Array], point: Array, trial: Array
) -> bool:
    before, after = float(value(point)), float(value(trial))
    if abs(after - before) > _ROUNDING * (1.0 + abs(before)):
        return after < before
    return bool(np.square(np.array(grad(trial))).sum() < np.square(np.array(grad(point))).sum())
