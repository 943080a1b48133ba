"""Norms inside the loop: work space allocated once, safe against overflow, few calls."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

TINY = np.array(5e-324)
ONE = np.array(1.0)
"""Constants as 0-d arrays: a Python float as operand costs 0.15 microseconds more per call."""

_LOW, _HIGH = 1e-140, 1e140
"""Norms between these come from squares that neither overflowed nor lost digits."""

_FEW_ROWS = 16
"""Up to this many numbers a Python loop is faster than two reductions."""


class RowNorm:
    """L2 norm of each row, `(dim, rows) -> (rows,)`, into work space of its own.

    The root of the sum of squares; rows for which squares might have overflowed or vanished are scaled by their largest
    entry first, so 1e200 and 1e-200 come out right. A row with NaN or Inf comes out NaN, which leaves its update
    non-finite; the loop stops such a row at that step. Coordinates are combined one after the other, each row on its
    own: the same bits for any number of rows. The result is `norm`, the same array at every call.
    """

    def __init__(self, dim: int, rows: int) -> None:
        self._squares = np.zeros((dim, rows))
        self._work = np.zeros(rows)
        self._ones = np.ones(rows)
        self.norm = np.zeros(rows)
        self._first, *self._others = list(self._squares)
        self._is_safe = self._few_are_safe if rows <= _FEW_ROWS else self._many_are_safe

    def __call__(self, vectors: Array) -> Array:
        norm, total = self.norm, self._first
        np.multiply(vectors, vectors, self._squares)
        for coordinate in self._others:
            total = np.add(total, coordinate, self._work)
        np.sqrt(total, norm)
        if not self._is_safe():
            self._repair(vectors)
        return norm

    def _few_are_safe(self) -> bool:
        return all(_LOW < number < _HIGH for number in self.norm.tolist())

    def _many_are_safe(self) -> bool:
        """Positive numbers whose sum is below the limit are all below it; the same goes for their reciprocals."""
        norm, ones = self.norm, self._ones
        return bool(norm.dot(ones) < _HIGH and np.divide(ONE, norm, self._work).dot(ones) < _HIGH)

    def _repair(self, vectors: Array) -> None:
        doubtful = ~((self.norm > _LOW) & (self.norm < _HIGH))
        largest = self.largest(vectors).copy()
        total = np.zeros_like(largest)
        for coordinate in vectors:
            total += np.square(coordinate / largest)
        np.copyto(self.norm, np.sqrt(total) * largest, where=doubtful)

    def largest(self, vectors: Array) -> Array:
        """Infinity norm of each row; NaN entries are ignored here, they stay NaN in the scaled update."""
        np.abs(vectors, self._squares)
        np.fmax(self._first, TINY, self._work)
        for coordinate in self._others:
            np.fmax(self._work, coordinate, self._work)
        return self._work
