"""How a map is cut into tiles, coarse to fine: every cell is in exactly one of them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from clipscape.sweeps.ask import IntArray, SweepAsk
from clipscape.sweeps.network_price import tile_loads
from clipscape.sweeps.price import batch_seconds, step_seconds

TileRequest = dict[str, Any]
"""Plain JSON data: {"ask": SweepAsk.as_data(), "level", "first", "last"}: these of `ordered_cells`."""

COARSEST, _CELLS_ACROSS = 8, 3
"""The first picture has at least so many cells on its longer side, and its blocks are at most so large."""
_AT_ONCE = 0.03
"""Seconds: what is estimated to take less needs no coarser picture before it."""
_ROWS, _ROW_STEPS, _SECONDS = 3200, 4_000_000, 0.15
"""A tile has at most so many rows, rows x steps, and (by the estimate) seconds: fewer rows would cost more each."""


def levels(ask: SweepAsk) -> list[int]:
    """Sizes of the blocks of cells that are filled, one after the other: 8, 4, 2, 1."""
    longest, level = max(len(ask.x), len(ask.y)), 1
    while level < COARSEST and longest // (2 * level) >= _CELLS_ACROSS and _seconds(ask, level) > _AT_ONCE:
        level *= 2
    return [2**power for power in range(level.bit_length() - 1, -1, -1)]


def _seconds(ask: SweepAsk, level: int) -> float:
    """Estimate what all cells at multiples of `level` would cost."""
    batches = math.prod(-(-len(axis) // level) for axis in (ask.x, ask.y) if axis.rebuilds is not None)
    return batches * batch_seconds(ask.experiment, ask.problem, ask.rows / level**2 / batches)


def ordered_cells(ask: SweepAsk, level: int) -> IntArray:
    """The cells of a level, `y * len(ask.x) + x` each: those at multiples of it that no coarser level has.

    Cells that share a problem follow one another.
    """
    y, x = np.meshgrid(np.arange(0, len(ask.y), level), np.arange(0, len(ask.x), level), indexing="ij")
    new = np.ones(x.shape, dtype=bool) if level == levels(ask)[0] else (x % (2 * level) > 0) | (y % (2 * level) > 0)
    if ask.x.rebuilds is not None and ask.y.rebuilds is None:
        x, y, new = x.T, y.T, new.T
    return np.asarray((y * len(ask.x) + x)[new], dtype=np.int64)


def tiles(ask: SweepAsk) -> list[TileRequest]:
    """Cut the map: coarse to fine, tiles of a level of about the same size."""
    data, found = ask.as_data(), []
    for level in levels(ask):
        edges = _cuts(ask, ordered_cells(ask, level))
        found += [{"ask": data, "level": level, "first": a, "last": b} for a, b in pairwise(edges)]
    return found


def _cuts(ask: SweepAsk, cells: IntArray) -> list[int]:
    """Where tiles begin and end among the cells of a level."""
    load = np.cumsum(_loads(ask, cells))
    count = max(1, int(np.ceil(load[-1])))
    tile_of = np.minimum((load - 1e-9) * count / load[-1], count - 1).astype(int)
    inner = np.flatnonzero(np.diff(tile_of)) + 1
    return [0, *inner.tolist(), len(cells)]


def _loads(ask: SweepAsk, cells: IntArray) -> np.ndarray[Any, np.dtype[np.float64]]:
    """What share of a tile each cell fills: by its rows, by its seconds, and a batch of its own where one begins."""
    if ask.problem.training is not None:
        return tile_loads(ask).reshape(-1)[cells]
    n_steps, variants = ask.experiment.n_steps, range(len(ask.experiment.variants))
    rows = sum((ask.seeds if ask.is_random[v] else 1) for v in variants if ask.x.touches(v) and ask.y.touches(v))
    per_step, per_row = step_seconds(ask.experiment, ask.problem)
    most = max(1, min(_ROWS, _ROW_STEPS // n_steps))
    load = np.full(len(cells), max(rows, 1) * max(1 / most, n_steps * per_row / _SECONDS))
    load[begins_batch(ask, cells)] += 0.0 if ask.batches == 1 else n_steps * per_step / _SECONDS
    return load


def begins_batch(ask: SweepAsk, cells: IntArray) -> IntArray:
    """Which of ordered cells have another problem than the cell before, the first included."""
    problem = np.zeros(len(cells), dtype=np.int64)
    if ask.x.rebuilds is not None:
        problem += cells % len(ask.x)
    if ask.y.rebuilds is not None:
        problem += cells // len(ask.x) * len(ask.x)
    return np.flatnonzero(np.append(True, np.diff(problem) != 0))
