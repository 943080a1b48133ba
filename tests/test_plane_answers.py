"""What is said about a plane is what was measured, and what is sent is what was evaluated."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pytest

from clipscape.families import FAMILIES, filled_params
from clipscape.plane_answers import (
    percent,
    plane_answer,
    plane_kind,
    point_seconds,
    sentence,
    tile_of,
    usual_resolution,
)
from clipscape.planes import Path, Plane, fit
from clipscape.problems.tasks.sampling import HELD_OUT
from clipscape.problems.training import Block
from clipscape.scenario import Choice
from clipscape.wire import decode_array, dump_json

Array = npt.NDArray[np.float64]
DIM = 12


class LargeBatches:
    """Stands for a task whose minibatches are as large as all held-out sequences."""

    batch_size = HELD_OUT


class Bowl:
    """Stands for the training of a network whose loss is known in closed form: the mean square, shifted by the seed."""

    task = LargeBatches()
    blocks = (Block("weight_hh", (3, 3), 0), Block("bias_hh", (3,), 9))
    seconds = 1e-3

    def loss_at(self, params: Array, seed: int) -> Array:
        return np.asarray(np.square(params).mean(axis=0) + seed)


def choice(kind: str, **params: Any) -> Choice:
    return Choice(kind=kind, params=filled_params(FAMILIES["plane"].catalog[kind], params))


def walks(*seeds: int) -> list[Path]:
    steps = np.arange(0, 100, 10)
    drawn = [np.random.default_rng(seed).standard_normal((10, DIM)) for seed in seeds]
    return [
        Path(f"run {seed}", steps, 1.0 + np.cumsum(walk, axis=0) - walk[0])
        for seed, walk in zip(seeds, drawn, strict=True)
    ]


def answer(kind: Choice, paths: list[Path], form: Any = "list", resolution: int = 7) -> tuple[dict[str, Any], int]:
    """Return the answer as a client reads it, and how often the work could have been left."""
    work = plane_answer(kind, Bowl(), 5, paths, resolution, form)  # type: ignore[arg-type]
    pauses = 0
    while True:
        try:
            next(work)
        except StopIteration as end:
            return orjson.loads(dump_json(end.value)), pauses
        pauses += 1


@pytest.mark.parametrize("kind", FAMILIES["plane"].catalog)
def test_the_answer_is_the_loss_on_the_plane_and_the_feet_of_the_paths(kind: str) -> None:
    paths = walks(1, 2)
    plain, pauses = answer(choice(kind), paths)
    plane = plane_kind(choice(kind)).through(paths, Bowl.blocks)
    assert pauses == -(-49 // tile_of(point_seconds(Bowl())))
    for row, y in enumerate(plain["y"]):
        for column, x in enumerate(plain["x"]):
            expected = Bowl().loss_at(plane.points(np.array([[x, y]])), 5)[0]
            assert plain["z"][row][column] == pytest.approx(expected, rel=1e-12)  # sums of twelve squares
    for path, sent in zip(paths, plain["paths"], strict=True):
        assert (sent["name"], sent["steps"]) == (path.name, path.steps.tolist())
        assert np.array([sent["x"], sent["y"]]).T.tolist() == plane.coordinates(path.points).tolist()
        assert sent["distance"] == plane.distances(path.points).tolist()
    assert plain["axis_labels"] == list(plane.axis_labels)
    (low, high), _ = plain["window"]
    assert (plain["x"][0], plain["x"][-1]) == (low, high)


def test_both_forms_of_arrays_say_the_same() -> None:
    paths = walks(1)
    plain, packed = (answer(choice("path"), paths, form)[0] for form in ("list", "base64"))
    assert decode_array(packed["z"]) == pytest.approx(np.array(plain["z"]), rel=1e-6)  # single precision
    assert decode_array(packed["paths"][0]["x"]) == pytest.approx(np.array(plain["paths"][0]["x"]), rel=1e-6, abs=1e-6)


def test_snapshots_without_numbers_are_left_out() -> None:
    (path,) = walks(1)
    path.points[7:] = np.inf
    plain, _ = answer(choice("path"), [path])
    assert plain["paths"][0]["steps"] == path.steps[:7].tolist()
    assert all(np.isfinite(plain["paths"][0][name]).all() for name in ("x", "y", "distance"))


@pytest.mark.parametrize("kind", FAMILIES["plane"].catalog)
@pytest.mark.parametrize("seed", range(8))
def test_every_number_of_the_sentence_is_one_that_was_measured(kind: str, seed: int) -> None:
    paths = walks(seed, seed + 100)
    plane = plane_kind(choice(kind)).through(paths, Bowl.blocks)
    measured = fit(plane, paths)
    text = sentence(plane, measured)
    percents = r"([\d.]+)\u00a0%"
    point, whose = r"(?:the start|update ([1-9]\d*) of “(run \d+)”)", r"(?:its path|the path of “(run \d+)”)"
    pattern = (
        rf"The plane holds {percents} of the variance of the paths; the farthest point, {point}, "
        rf"lies ([\d.]+) away, {percents} of the length of {whose}(?:; its two directions are ([\d.]+)° apart)?\."
    )
    found = re.fullmatch(pattern, text)
    assert found, text
    share, step, name, distance, part, beginner, angle = found.groups()
    assert (step is None) == (beginner is not None)
    path = next(path for path in paths if path.name == (name or beginner))
    place = path.steps.tolist().index(int(step or 0))
    gaps = np.concatenate([plane.distances(some.points) for some in paths])
    length = np.linalg.norm(np.diff(path.points, axis=0), axis=1).sum()
    # Three digits are shown: half a unit of the third is 5e-3 of the number at worst.
    assert float(distance) == pytest.approx(gaps.max(), rel=5e-3)
    assert plane.distances(path.points)[place] == gaps.max()
    assert float(part) / 100 == pytest.approx(gaps.max() / length, rel=5e-3)
    points = np.concatenate([some.points for some in paths])
    feet = plane.points(plane.coordinates(points)).T
    assert float(share) / 100 == pytest.approx(feet.var(axis=0).sum() / points.var(axis=0).sum(), rel=5e-3)
    assert (angle is not None) == (kind == "random")


def test_paths_in_the_plane_are_said_to_be_in_it() -> None:
    plane = Plane(np.zeros(3), np.eye(3)[:2], ("x", "y"))
    moving = Path("a", np.arange(2), np.array([[0.0, 0.0, 0.0], [3.0, 4.0, 0.0]]))
    resting = Path("b", np.arange(2), np.zeros((2, 3)))
    assert sentence(plane, fit(plane, [moving])) == "The paths lie in the plane."
    assert sentence(plane, fit(plane, [resting])) == "The weights did not move."


def test_runs_off_the_map_are_named() -> None:
    plane = Plane(np.zeros(3), np.eye(3)[:2], ("x", "y"))
    calm = Path("calm", np.array([0, 5]), np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    wild = Path("wild", np.array([0, 5]), np.array([[0.0, 0.0, 0.0], [0.0, 1e9, 0.0]]), diverged=True)
    text = sentence(plane, fit(plane, [calm, wild]))
    assert text == "The paths lie in the plane; “wild” is off the map at update 5 and counts only on it."


@pytest.mark.parametrize(
    ("share", "shown"), [(0.8749, "87.5"), (0.99996, "more than 99.9"), (1.0, "100"), (0.00012, "0.012")]
)
def test_what_is_not_all_never_reads_as_all(share: float, shown: str) -> None:
    assert percent(share) == f"{shown}\u00a0%"


@pytest.mark.parametrize(("seconds", "resolution"), [(1e-4, 21), (0.09, 10), (10.0, 7)])
def test_a_plane_is_coarser_where_a_point_takes_long(seconds: float, resolution: int) -> None:
    slow = Bowl()
    slow.seconds = seconds
    assert usual_resolution(slow) == resolution  # type: ignore[arg-type]


def test_a_tile_takes_some_milliseconds() -> None:
    assert (tile_of(1e-6), tile_of(1e-3), tile_of(1.0)) == (64, 20, 1)
