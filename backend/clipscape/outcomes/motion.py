"""How rows move towards the end of a run: cycles, jumps to and fro, trends. Points are `(points, rows, dim)`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

LONGEST_PERIOD = 16
POINTS_OF_A_CYCLE = 3 * LONGEST_PERIOD
"""How many of the last points decide whether there is a cycle: two whole periods, and one to come from."""
REPEATS = 1e-6
"""A point repeats when it comes back to within this share of the cycle's width."""
SMALLEST_WIDTH = 1e-8
"""Cycles narrower than this share of the window's diagonal are rounding."""
TO_AND_FRO = 0.2
"""Two steps are to and fro when their sum is at most this share of one of them."""
CONSTANT = 1e-6
"""Step lengths are constant when they differ by at most this share."""


def exact_period(points: Array, diagonal: float, asked: BoolArray) -> tuple[IntArray, Array]:
    """Smallest period 2..16 with which the last points repeat (0: none), and the width of the cycle; both `(rows,)`.

    At least two whole periods and sixteen points must repeat. Of rows that are not `asked` about it is 0.
    """
    period, width = np.zeros(points.shape[1], dtype=np.int64), np.zeros(points.shape[1])
    by_coordinate = np.moveaxis(points[-POINTS_OF_A_CYCLE:], -1, 0)
    rows = np.flatnonzero(asked & _come_back(by_coordinate))
    kept = by_coordinate.take(rows, axis=2)
    for candidate in range(2, LONGEST_PERIOD + 1):
        length = max(2 * candidate, LONGEST_PERIOD)
        if not len(rows) or len(points) < length + candidate:
            break
        last, earlier = kept[:, -length:], kept[:, -length - candidate : -candidate]
        extent = _extent(last)
        returns = np.abs(last - earlier).max(axis=(0, 1)) <= REPEATS * extent
        found = returns & (extent > SMALLEST_WIDTH * diagonal)
        period[rows[found]], width[rows[found]] = candidate, extent[found]
        if found.any():
            left = np.flatnonzero(~found)
            rows, kept = rows[left], kept.take(left, axis=2)
    return period, width


def _come_back(points: Array) -> BoolArray:
    """Rows whose last point was passed within the longest period before: all that may be in a cycle, and few others."""
    apart = np.abs(points[:, -LONGEST_PERIOD - 1 : -2] - points[:, -1:]).max(axis=0).min(axis=0, initial=np.inf)
    return np.asarray(apart <= REPEATS * _extent(points))


def _extent(points: Array) -> Array:
    """Diagonal of the box around points `(dim, points, rows)`, `(rows,)`."""
    return np.asarray(np.sqrt(np.square(np.ptp(points, axis=1)).sum(axis=0)))


def repeats_since(points: Array, period: int, width: float) -> int:
    """First index of `(points, dim)` from which every point comes back after `period` steps."""
    apart = np.abs(points[period:] - points[:-period]).max(axis=-1) > REPEATS * width
    return int(np.flatnonzero(apart)[-1]) + 1 if apart.any() else 0


def jumps_to_and_fro(points: Array) -> BoolArray:
    """Rows that turn round at every one of these steps while the length of the step stays the same, `(rows,)`."""
    if len(points) < 5:
        return np.zeros(points.shape[1], dtype=bool)
    steps = np.diff(points, axis=0)
    length = np.sqrt(np.square(steps).sum(axis=-1))
    turned = np.sqrt(np.square(steps[1:] + steps[:-1]).sum(axis=-1)) <= TO_AND_FRO * length[1:]
    shortest = length.min(axis=0)
    constant = (length.max(axis=0) - shortest <= CONSTANT * shortest) & (shortest > 0)
    return np.asarray(turned.all(axis=0) & constant)


def falls(loss: Array, floor: Array, share: Array) -> BoolArray:
    """Rows whose loss `(points, rows)` falls, at the end and from the first half to the second, `(rows,)`.

    Both the lowest and the highest loss above `floor` must fall by at least `share`. A loss that never rises counts
    whatever the share, unless the share is large on purpose (above a hundredth).
    """
    middle = len(loss) // 2
    first, second = loss[:middle] - floor, loss[middle:] - floor
    left = 1.0 - share
    shrinks = (second.min(axis=0) <= left * first.min(axis=0)) & (second.max(axis=0) <= left * first.max(axis=0))
    steady = (np.diff(loss, axis=0) <= 0).all(axis=0) & (share < 0.01)
    return np.asarray((loss[-1] < loss[0]) & (shrinks | steady))


def falls_through_noise(loss: Array) -> BoolArray:
    """Rows whose median loss in the last quarter is below everything seen in the first half, `(rows,)`.

    The end must also be below the middle, because that is what the sentence states.
    """
    half, quarter = len(loss) // 2, len(loss) // 4
    last = np.median(loss[-max(1, quarter) :], axis=0)
    return np.asarray((last < loss[:half].min(axis=0)) & (loss[-1] < loss[(len(loss) - 1) // 2]))
