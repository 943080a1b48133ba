"""Norms of back-propagated gradients, one per step and row, safe against overflow and underflow."""

from __future__ import annotations

import numpy as np

from clipscape.problems.training import Array

_LOW, _HIGH = 1e-280, 1e280
"""Sums of squares between these come from squares that neither overflowed nor lost digits."""


def step_norms(grads: Array) -> Array:
    """Return the L2 norms `(T, rows)` of `grads` `(T, rows, batch, units)` over units and sequences.

    NaN where an entry is NaN, Inf where one is infinite; a norm of 1e200 or of 1e-200 comes out right.
    """
    flat = grads.reshape(*grads.shape[:2], -1)
    squares = np.vecdot(flat, flat)
    norms = np.sqrt(squares)
    doubtful = ~((squares > _LOW) & (squares < _HIGH))
    if doubtful.any():
        entries = np.abs(flat[doubtful])
        largest = entries.max(axis=-1)
        usable = (largest > 0.0) & np.isfinite(largest)
        scale = np.where(usable, largest, 1.0)
        scaled = entries / scale[:, np.newaxis]
        norms[doubtful] = np.where(usable, np.sqrt(np.vecdot(scaled, scaled)) * scale, largest)
    return np.asarray(norms)
