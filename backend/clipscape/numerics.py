"""Small numerical tools that everything above may use. numpy only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numpy._core import umath

Array = npt.NDArray[np.float64]

clip_between: np.ufunc = umath.clip  # type: ignore[attr-defined]
"""`clip_between(numbers, lowest, highest, out)`: what np.clip calls, without 1.8 microseconds of wrapping."""

_TINY = np.float64(5e-324)
"""The smallest positive double: a divisor that leaves a zero vector zero instead of NaN."""

_SAFE_LOW, _SAFE_HIGH = 1e-140, 1e140
"""Norms between these come from squares that neither overflowed nor lost digits."""


def row_norm(vectors: Array) -> Array:
    """L2 norm over the first axis: `(dim, ...) -> (...)`.

    Right for (1e200, 1e200) and (3e-200, 4e-200) too (relative error below 1e-15 for dim 2): wherever squares may have
    overflowed or vanished, the vector is scaled by its largest entry first. NaN wherever an entry is NaN, otherwise Inf
    wherever an entry is infinite.
    """
    with np.errstate(all="ignore"):
        norm = np.asarray(vectors[0] * vectors[0])
        for coordinate in vectors[1:]:
            norm += coordinate * coordinate
        np.sqrt(norm, norm)
        if norm.size and not (norm.min() > _SAFE_LOW and norm.max() < _SAFE_HIGH):
            doubtful = ~((norm > _SAFE_LOW) & (norm < _SAFE_HIGH))
            norm[doubtful] = _scaled_norm(vectors[:, doubtful])
    return norm


def _scaled_norm(vectors: Array) -> Array:
    magnitude = np.abs(vectors)
    largest = np.fmax(magnitude.max(axis=0), _TINY)
    norm = np.sqrt(np.square(magnitude / largest).sum(axis=0)) * largest
    infinite = np.isinf(magnitude).any(axis=0) & ~np.isnan(magnitude).any(axis=0)
    return np.where(infinite, np.inf, norm)


def angle_between(left: Array, right: Array) -> Array:
    """Angle in degrees between vectors along the first axis: `(dim, ...) -> (...)`, in [0, 180].

    Kahan's formula 2 atan2(|u - v|, |u + v|) on unit vectors: accurate to about 1e-15 rad even for nearly parallel
    vectors, where arccos loses half the digits. NaN where either vector is zero or not finite: no direction, no angle.
    """
    with np.errstate(all="ignore"):
        unit_left = _unit(left)
        unit_right = _unit(right)
        angle = 2.0 * np.arctan2(row_norm(unit_left - unit_right), row_norm(unit_left + unit_right))
    return np.degrees(angle)


def _unit(vectors: Array) -> Array:
    largest = np.abs(vectors).max(axis=0)
    scaled = vectors / largest
    return np.asarray(scaled / row_norm(scaled))


def central_difference(value: Callable[[Array], Array], params: Array, step: float = 1e-6) -> Array:
    """Numerical gradient `(dim, rows) -> (dim, rows)` by central differences, error O(step^2): an oracle for tests."""
    grad = np.empty_like(params)
    for coordinate in range(params.shape[0]):
        offset = np.zeros_like(params)
        offset[coordinate] = step * np.maximum(1.0, np.abs(params[coordinate]))
        grad[coordinate] = (value(params + offset) - value(params - offset)) / (2.0 * offset[coordinate])
    return grad


def weighted_mean(examples: Array, weights: Array) -> Array:
    """Sum of `weights[i] * examples[:, i]`: `(dim, batch, rows) -> (dim, rows)`.

    One example after the other: `np.sum` would add in another order when there is a single row.
    """
    total = examples[:, 0] * weights[0]
    for index in range(1, len(weights)):
        total += examples[:, index] * weights[index]
    return np.asarray(total)
