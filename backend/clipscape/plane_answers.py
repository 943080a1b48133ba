"""A plane through the weights of a network as the API answers it: heights, paths, and what the plane leaves out."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from clipscape.explain import NO_BREAK, number
from clipscape.planes import PLANES, Fit, Path, Plane, PlaneKind, fit
from clipscape.problems.tasks.sampling import HELD_OUT
from clipscape.problems.training import Array, Training
from clipscape.scenario import Choice
from clipscape.surfaces import surface_in_tiles
from clipscape.wire import ArrayForm, encode_array

_TILE_SECONDS = 0.02
_LARGEST_TILE = 64
_PLANE_SECONDS = 3.0
_COARSEST, _FINEST = 7, 21
_FORWARD = 0.3
"""Share of an update that the way forward takes; the rest is the way back and what follows."""
_ALL = 1e-9
"""What is off by less than this share of the length of its path lies in the plane as far as rounding can tell."""


def plane_kind(choice: Choice) -> PlaneKind:
    """Make what a checked and filled choice of a plane names."""
    made = PLANES[choice.kind].make(**choice.params)
    assert isinstance(made, PlaneKind)
    return made


def plane_answer(
    choice: Choice, training: Training, seed: int, snapshots: Sequence[Path], resolution: int, form: ArrayForm
) -> Generator[None, None, dict[str, Any]]:
    """Return the answer to a request for a plane; yields now and then, so that the work may be left there.

    The heights are losses on the held-out sequences of `seed`.
    """
    paths = [path.only_finite() for path in snapshots]
    plane = plane_kind(choice).through(paths, training.blocks)
    measured = fit(plane, paths)

    def heights(places: Array) -> Array:
        return training.loss_at(plane.points(places), seed)

    grid = yield from surface_in_tiles(heights, measured.window, resolution, tile_of(point_seconds(training)))
    return {
        **{name: encode_array(getattr(grid, name), form) for name in ("x", "y", "z")},
        "window": measured.window,
        "axis_labels": plane.axis_labels,
        "clipped_above": grid.clipped_above,
        "plane": {
            "kind": choice.kind,
            "sentence": sentence(plane, measured),
            "share_inside": measured.share_inside,
            "largest_distance": measured.largest_distance,
        },
        "paths": [_path_answer(plane, path, form) for path in paths],
    }


def point_seconds(training: Training) -> float:
    """Return roughly how long the loss of one point takes: the way forward for all held-out sequences."""
    return _FORWARD * training.seconds * HELD_OUT / training.task.batch_size


def usual_resolution(training: Training) -> int:
    """Return how fine a plane is unless something else is asked for: coarser where a point takes long."""
    affordable = int((_PLANE_SECONDS / point_seconds(training)) ** 0.5)
    return max(_COARSEST, min(_FINEST, affordable))


def tile_of(seconds: float) -> int:
    """Return how many points are evaluated at a time where one takes `seconds`."""
    return max(1, min(_LARGEST_TILE, int(_TILE_SECONDS / seconds)))


def _path_answer(plane: Plane, path: Path, form: ArrayForm) -> dict[str, Any]:
    x, y = plane.coordinates(path.points).T
    drawn = {"x": x, "y": y, "distance": plane.distances(path.points)}
    return {
        "name": path.name,
        "steps": path.steps.tolist(),
        **{name: encode_array(array, form) for name, array in drawn.items()},
    }


def sentence(plane: Plane, measured: Fit) -> str:
    """Say in one sentence what the plane holds of the paths, how far they leave it, and which of them left the map."""
    parts = [_holds(measured)]
    if abs(plane.angle - 90.0) >= 0.05:
        parts.append(f"its two directions are {number(plane.angle)}° apart")
    parts += [f"“{name}” is off the map at update {step} and counts only on it" for name, step in measured.off_map]
    return f"{'; '.join(parts)}."


def _holds(measured: Fit) -> str:
    distance, length = measured.largest_distance, measured.path_length
    if length == 0.0 and distance == 0.0:
        return "The weights did not move"
    if distance <= _ALL * length:
        return "The paths lie in the plane"
    name, step = measured.farthest
    share = f"The plane holds {percent(measured.share_inside)} of the variance of the paths"
    point = f"update {step} of “{name}”" if step else "the start"
    where = f"the farthest point, {point}, lies {number(distance)} away"
    path = "its path" if step else f"the path of “{name}”"
    return f"{share}; {where}" + (f", {percent(distance / length)} of the length of {path}" if length else "")


def percent(share: float) -> str:
    """Write a share with three digits; what is not all never reads as all."""
    shown = number(100 * share)
    if shown == "100" and share < 1:
        return f"more than 99.9{NO_BREAK}%"
    return f"{shown}{NO_BREAK}%"
