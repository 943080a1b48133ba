"""Loss on a grid, for contour and surface plots."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np

from clipscape.problems.base import Array, Problem

CLIP_RATIO = 1e4
"""Heights more than this many times the typical height above the lowest point are cut off."""

Window = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Surface:
    """`z[j, i]` is the loss at `(x[i], y[j])`; `clipped_above` is the height at which `z` was cut off, or None."""

    x: Array
    y: Array
    z: Array
    clipped_above: float | None


def surface(problem: Problem, window: Window | None = None, resolution: int = 121, rows: int | None = None) -> Surface:
    """Evaluate a two-dimensional problem on a grid over `window` (default: its own).

    The grid has `resolution` points along x and `rows` (default: as many) along y. A picture cannot show both a valley
    of depth 1 and a corner of height 1e30, and Inf or NaN not at all. So z is cut off at
    `low + CLIP_RATIO * (typical - low)`, where `low` is the lowest and `typical` the median of the finite heights
    (their mean, where half the map is flat). Only what lies above that, or is not finite, is replaced by that
    height, and then `clipped_above` tells it. Minus infinity is drawn at `low`.
    """
    x, y = axes(window or (problem.window[0], problem.window[1]), resolution, rows or resolution)
    with np.errstate(all="ignore"):
        z = np.array(problem.value(np.array(np.meshgrid(x, y))), dtype=np.float64)
    return drawable(x, y, z)


def surface_in_tiles(
    value: Callable[[Array], Array], window: Window, resolution: int, tile: int
) -> Generator[None, None, Surface]:
    """Return the surface of `value`, which maps (x, y) pairs `(points, 2)` to `(points,)`, evaluated `tile` at a time.

    Yields after every tile, so that the work may be left there.
    """
    x, y = axes(window, resolution, resolution)
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    z = np.empty(len(places))
    for first in range(0, len(places), tile):
        with np.errstate(all="ignore"):
            z[first : first + tile] = value(places[first : first + tile])
        yield
    return drawable(x, y, z.reshape(len(y), len(x)))


def axes(window: Window, columns: int, rows: int) -> tuple[Array, Array]:
    """Return the x of the columns and the y of the rows of a grid over a window."""
    (x_low, x_high), (y_low, y_high) = window
    return np.linspace(x_low, x_high, columns), np.linspace(y_low, y_high, rows)


def drawable(x: Array, y: Array, z: Array) -> Surface:
    """Cut off what no picture can show, as `surface` says; writes into `z`."""
    finite = z[np.isfinite(z)]
    limit = _limit(finite)
    z[np.isneginf(z)] = finite.min(initial=limit)
    excess = ~(z <= limit)
    if not excess.any():
        return Surface(x, y, z, None)
    z[excess] = limit
    return Surface(x, y, z, limit)


def _limit(heights: Array) -> float:
    """The cut-off for these finite heights; 0 when there are none, so that a picture without any number is flat."""
    if not heights.size:
        return 0.0
    low = float(heights.min())
    scale = max(float(np.median(heights)) - low, 0.0)
    if scale == 0.0:
        with np.errstate(over="ignore"):
            scale = float(np.mean(heights - low))
    limit = low + CLIP_RATIO * scale
    return float(limit) if np.isfinite(limit) else float(heights.max())
