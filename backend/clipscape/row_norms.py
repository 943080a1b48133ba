"""Norms inside the loop: work space allocated once, safe against overflow, few calls.

A landscape has few coordinates, so they are combined one after the other. A network has hundreds: there each row is
copied into one line and summed along it, whole or in parts (tensors, units).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

TINY = np.array(5e-324)
ONE = np.array(1.0)
"""Constants as 0-d arrays: a Python float as operand costs 0.15 microseconds more per call."""

_LOW, _HIGH = 1e-140, 1e140
"""Norms between these come from squares that neither overflowed nor lost digits."""

FEW_COORDINATES = 8
"""Up to this many coordinates are combined one after the other."""

_FEW_ROWS = 16
"""Up to this many numbers a Python loop is faster than two reductions."""


class RowNorm:
    """L2 norm of each row, `(dim, rows) -> (rows,)`, into work space of its own.

    The root of the sum of squares; rows for which squares might have overflowed or vanished are scaled by their largest
    entry first, so 1e200 and 1e-200 come out right. A row with NaN or Inf comes out NaN, which leaves its update
    non-finite; the loop stops such a row at that step. Coordinates are combined one after the other, each row on its
    own: the same bits for any number of rows. The result is `norm`, the same array at every call.
    """

    def __new__(cls, dim: int, _rows: int) -> RowNorm:
        """Make the kind that is fast for so many coordinates."""
        return super().__new__(cls if dim <= FEW_COORDINATES else _WideRowNorm)

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
        """NaN may pass, which scaling would not change either."""
        numbers = self.norm.tolist()
        return min(numbers) > _LOW and max(numbers) < _HIGH

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


class RowScale:
    """Multiply each row by one number: `(dim, rows)` times `factors` `(rows,)`, which is written anew before each call.

    For few coordinates the factors are repeated: numpy takes four times as long to combine arrays of different shapes.
    """

    def __init__(self, dim: int, rows: int) -> None:
        self._all = np.ones((dim if dim <= FEW_COORDINATES else 1, rows))
        self.factors, *self._others = list(self._all)

    def __call__(self, vectors: Array, out: Array) -> None:
        factors = self.factors
        for other in self._others:
            other[:] = factors
        np.multiply(vectors, self._all, out)


class PartNorms:
    """L2 norms of contiguous parts of each row, `(dim, rows) -> (parts, rows)`; `starts` says where the parts begin.

    As `RowNorm`: right where squares overflow or vanish, NaN where an entry is not finite, and every row is summed on
    its own, the same bits for any number of rows. The result is `norms`, the same array at every call.
    """

    def __init__(self, starts: Indices, dim: int, rows: int) -> None:
        self._starts = starts
        self._lines = np.zeros((rows, dim))
        self._sums = np.zeros((rows, len(starts)))
        self.norms = self._sums.T

    def __call__(self, vectors: Array) -> Array:
        lines, sums = self._lines, self._sums
        np.copyto(lines, vectors.T)
        np.multiply(lines, lines, lines)
        np.add.reduceat(lines, self._starts, axis=1, out=sums)
        np.sqrt(sums, sums)
        if not (sums.min() > _LOW and sums.max() < _HIGH):
            self._repair(vectors)
        return self.norms

    def _repair(self, vectors: Array) -> None:
        doubtful = ~((self._sums > _LOW) & (self._sums < _HIGH))
        np.copyto(self._sums, _scaled_norms(np.abs(vectors.T), self._starts), where=doubtful)


class PartScale:
    """Multiply each part of each row by one number: `(dim, rows)` times `factors` `(parts, rows)`, as `RowScale`."""

    def __init__(self, starts: Indices, dim: int, rows: int) -> None:
        self._part_of = np.repeat(np.arange(len(starts)), np.diff(starts, append=dim))
        self.factors = np.ones((len(starts), rows))

    def __call__(self, vectors: Array, out: Array) -> None:
        np.multiply(vectors, self.factors.take(self._part_of, 0), out)


def part_norms(lines: Array, starts: Indices) -> Array:
    """L2 norms of contiguous parts along the last axis, `(..., dim) -> (..., parts)`: the same bits as `PartNorms`.

    NaN where an entry is not finite, Inf where only the norm itself overflows.
    """
    norms = np.sqrt(np.add.reduceat(np.square(lines), starts, axis=-1))
    if not (norms.min(initial=1.0) > _LOW and norms.max(initial=1.0) < _HIGH):
        doubtful = ~((norms > _LOW) & (norms < _HIGH))
        np.copyto(norms, _scaled_norms(np.abs(lines), starts), where=doubtful)
    return np.asarray(norms)


def _scaled_norms(magnitude: Array, starts: Indices) -> Array:
    """The same for `magnitude` >= 0 of any size: every part is divided by its largest entry first."""
    lengths = np.diff(starts, append=magnitude.shape[-1])
    largest = np.fmax(np.fmax.reduceat(magnitude, starts, axis=-1), TINY)
    scaled = np.square(magnitude / np.repeat(largest, lengths, axis=-1))
    return np.asarray(np.sqrt(np.add.reduceat(scaled, starts, axis=-1)) * largest)


class _WideRowNorm(RowNorm):
    """`RowNorm` of many coordinates: each row is one part."""

    def __init__(self, dim: int, rows: int) -> None:
        self._norms = PartNorms(np.zeros(1, dtype=np.intp), dim, rows)
        self._work = np.zeros(rows)
        self.norm = self._norms.norms[0]

    def __call__(self, vectors: Array) -> Array:
        self._norms(vectors)
        return self.norm

    def largest(self, vectors: Array) -> Array:
        np.fmax.reduce(np.abs(vectors), axis=0, out=self._work)
        np.fmax(self._work, TINY, self._work)
        return self._work
