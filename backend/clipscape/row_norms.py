"""Norms inside the loop: work space allocated once, safe against overflow, few calls."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

TINY = np.array(5e-324)
ONE = np.array(1.0)
"""Constants as 0-d arrays: a Python float as operand costs 0.15 microseconds more per call."""


class RowNorm:
    """L2 norm of each row, `(dim, rows) -> (rows,)`, into work space of its own.

    Scaled by the row's largest entry, so 1e200 does not overflow and 1e-200 does not vanish. A row with NaN or Inf
    comes out NaN, which leaves its update non-finite; the loop stops such a row at that step. Coordinates are combined
    one after the other: the same order, so the same bits, for any number of rows. The result is `norm`, the same array
    at every call.
    """

    def __init__(self, dim: int, rows: int) -> None:
        self._magnitude = np.zeros((dim, rows))
        self._largest = np.zeros(rows)
        self.norm = np.zeros(rows)
        self._first, *self._others = list(self._magnitude)

    def __call__(self, vectors: Array) -> Array:
        if len(vectors) == 2:
            np.hypot(vectors[0], vectors[1], self.norm)
            return self.norm
        magnitude, largest, norm = self._magnitude, self._largest, self.norm
        np.abs(vectors, magnitude)
        np.fmax(self._first, TINY, largest)
        for coordinate in self._others:
            np.fmax(largest, coordinate, largest)
        np.divide(magnitude, largest, magnitude)
        np.multiply(magnitude, magnitude, magnitude)
        np.copyto(norm, self._first)
        for coordinate in self._others:
            np.add(norm, coordinate, norm)
        np.sqrt(norm, norm)
        np.multiply(norm, largest, norm)
        return norm

    def largest(self, vectors: Array) -> Array:
        """Infinity norm of each row; NaN entries are ignored here, they stay NaN in the scaled update."""
        np.abs(vectors, self._magnitude)
        np.fmax(self._first, TINY, self._largest)
        for coordinate in self._others:
            np.fmax(self._largest, coordinate, self._largest)
        return self._largest
