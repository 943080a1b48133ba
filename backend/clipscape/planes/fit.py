"""How well a plane stands for the paths drawn on it: what it holds of them and how far they leave it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clipscape.planes.geometry import Path, Plane, Window, lengths, on_map, window_of


@dataclass(frozen=True)
class Fit:
    """Measured on the snapshots that are on the map (see `on_map`), over all paths."""

    share_inside: float
    """Share of the variance of the snapshots that lies inside the plane."""
    largest_distance: float
    """Distance of the snapshot that is farthest off the plane."""
    farthest: tuple[str, int]
    """Name and step of that snapshot."""
    path_length: float
    """Length of its path, from snapshot to snapshot."""
    off_map: tuple[tuple[str, int], ...]
    """Name and step of the first snapshot off the map, of every path that leaves it."""
    window: Window


def fit(plane: Plane, paths: Sequence[Path]) -> Fit:
    """Measure a plane against `paths` (finite snapshots only)."""
    kept = on_map(paths)
    points = [path.points[mask] for path, mask in zip(paths, kept, strict=True)]
    distances = [plane.distances(some) for some in points]
    index = int(np.argmax([far.max(initial=-1.0) for far in distances]))
    place = int(np.argmax(distances[index]))
    together = np.concatenate(points)
    return Fit(
        share_inside=plane.share_inside(together),
        largest_distance=float(distances[index][place]),
        farthest=(paths[index].name, int(paths[index].steps[kept[index]][place])),
        path_length=float(lengths(np.diff(points[index], axis=0)).sum()),
        off_map=tuple(
            (path.name, int(path.steps[np.argmin(mask)]))
            for path, mask in zip(paths, kept, strict=True)
            if not mask.all()
        ),
        window=window_of(plane, together),
    )
