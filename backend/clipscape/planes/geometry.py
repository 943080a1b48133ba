"""A plane through a space of many weights: where points fall on it, how far off it they lie, and how much it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Window = tuple[tuple[float, float], tuple[float, float]]

FAR = 4.0
"""A snapshot farther from its start than this many times a typical run's reach is off the map."""

_FLATTEST = 0.2
"""The shorter side of a window is at least this share of the longer one: less would magnify rounding errors."""


@dataclass(frozen=True)
class Path:
    """Snapshots of the weights of one variant: `points` `(snapshots, dim)` were taken before the updates `steps`."""

    name: str
    steps: IntArray
    points: Array
    diverged: bool = False

    def only_finite(self) -> Path:
        """Leave out the snapshots that hold a number that is not finite."""
        finite = np.isfinite(self.points).all(axis=1)
        return Path(self.name, self.steps[finite], self.points[finite], self.diverged)


@dataclass(frozen=True)
class Plane:
    """`centre + x directions[0] + y directions[1]`, `(dim,)` and `(2, dim)`; the directions are independent.

    They need be neither of length 1 nor at right angles: (x, y) of a point is that of the point's foot on the plane.
    """

    centre: Array
    directions: Array
    axis_labels: tuple[str, str]
    reach: float = 0.0
    """The window shows at least this far around the centre."""
    margin: float = 0.2
    """How much the window shows around the paths, as a share of their extent."""

    @cached_property
    def _factors(self) -> tuple[Array, Array]:
        """Orthonormal `(dim, 2)` and triangular `(2, 2)`: the directions are their product."""
        orthonormal, triangle = np.linalg.qr(self.directions.T)
        return orthonormal, triangle

    def coordinates(self, points: Array) -> Array:
        """Return (x, y) of the feet of `points` `(n, dim)`, as `(n, 2)`."""
        orthonormal, triangle = self._factors
        with np.errstate(all="ignore"):
            return np.asarray(np.linalg.solve(triangle, orthonormal.T @ (points - self.centre).T).T)

    def points(self, coordinates: Array) -> Array:
        """Return the points at `coordinates` `(n, 2)` in the layout that losses are evaluated in, `(dim, n)`."""
        return self.centre[:, np.newaxis] + self.directions.T @ coordinates.T

    def distances(self, points: Array) -> Array:
        """Return how far `points` `(n, dim)` lie from their feet, `(n,)`."""
        with np.errstate(all="ignore"):
            return lengths(points - self.points(self.coordinates(points)).T)

    def share_inside(self, points: Array) -> float:
        """Return the share of the variance of `points` `(n, dim)` that their feet have; 1 where there is none."""
        deviations, scale = scaled(points - points.mean(axis=0))
        total = float(np.square(deviations).sum())
        if scale == 0.0 or total == 0.0:
            return 1.0
        return min(1.0, float(np.square(deviations @ self._factors[0]).sum()) / total)

    @property
    def angle(self) -> float:
        """The angle between the two directions in degrees, from 0 to 90."""
        _, ((first, along), (_, across)) = self._factors
        assert first != 0.0
        return float(np.degrees(np.arctan2(abs(across), abs(along))))


def lengths(vectors: Array) -> Array:
    """Euclidean length of each row of `(n, dim)`, right for 1e200 and 1e-200 too."""
    largest = np.abs(vectors).max(axis=1, initial=0.0)
    divisor = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
    return np.asarray(np.sqrt(np.square(vectors / divisor[:, np.newaxis]).sum(axis=1)) * divisor)


def scaled(vectors: Array) -> tuple[Array, float]:
    """Return the vectors divided by their largest entry, so that no square overflows or vanishes, and that entry."""
    largest = float(np.abs(vectors).max(initial=0.0))
    return (vectors, 0.0) if largest == 0.0 else (vectors / largest, largest)


def on_map(paths: Sequence[Path]) -> list[BoolArray]:
    """Say of every finite snapshot whether it counts for the plane and its window, `(snapshots,)` for every path.

    What is farther from its start than `FAR` times the typical reach is off the map. A run's reach is the distance from
    its start to its farthest snapshot; the typical one is the (lower) median over the runs that did not diverge. Where
    all diverged, it is that of the median distances of their snapshots.
    """
    with np.errstate(over="ignore"):
        distances = [lengths(path.points - path.points[:1]) for path in paths]
    steady = [far.max() for path, far in zip(paths, distances, strict=True) if len(far) and not path.diverged]
    reaches = steady or [float(np.median(far)) for far in distances if len(far)]
    typical = sorted(reaches)[(len(reaches) - 1) // 2] if reaches else 0.0
    return [(far <= FAR * typical) | (typical == 0.0) for far in distances]


def window_of(plane: Plane, points: Array) -> Window:
    """Return the window that holds the feet of `points` `(n, dim)` with the plane's margin, and its reach."""
    feet = np.concatenate([plane.coordinates(points), [[0.0, 0.0]]]) if plane.reach else plane.coordinates(points)
    low, high = feet.min(axis=0), feet.max(axis=0)
    extent = np.maximum(high - low, _FLATTEST * (high - low).max())
    if extent.max() == 0.0:
        extent[:] = 0.1 * lengths(plane.centre[np.newaxis])[0] or 1.0
    middle, half = (low + high) / 2, extent * (0.5 + plane.margin)
    bottom = np.minimum(middle - half, -plane.reach if plane.reach else np.inf)
    top = np.maximum(middle + half, plane.reach if plane.reach else -np.inf)
    return (float(bottom[0]), float(top[0])), (float(bottom[1]), float(top[1]))
