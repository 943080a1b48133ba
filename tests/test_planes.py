"""Planes through the weights of a network: exact components, true distances, honest shares, windows that hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipscape.planes import PLANES, Path, Plane, PlaneKind, fit
from clipscape.planes.geometry import FAR, Window, lengths, on_map, window_of
from clipscape.problems.training import Block
from clipscape.surfaces import surface_in_tiles

Array = npt.NDArray[np.float64]

BLOCKS = (
    Block("weight_ih", (4, 3), 0),
    Block("weight_hh", (4, 4), 12),
    Block("bias_hh", (4,), 28),
    Block("readout_weight", (1, 4), 32),
)
DIM = 36
ROUNDING = 1e-12
"""Sums of at most some hundred products of numbers near 1: a few hundred roundings of 1e-16 each, and a margin."""


def kind(name: str, **params: object) -> PlaneKind:
    made = PLANES[name].make(**{**PLANES[name].defaults(), **params})
    assert isinstance(made, PlaneKind)
    return made


def plane_through(paths: Sequence[Path], name: str = "path", **params: object) -> Plane:
    return kind(name, **params).through(paths, BLOCKS)


def walk(seed: int, snapshots: int = 20, dim: int = DIM, name: str = "a", scale: float = 1.0) -> Path:
    """Return a random walk from the origin-like start that all seeds share."""
    steps = np.random.default_rng(seed).standard_normal((snapshots, dim)) * scale
    steps[0] = np.linspace(0.5, 1.5, dim)
    return Path(name, np.arange(snapshots), np.cumsum(steps, axis=0))


def in_a_plane(snapshots: int = 15) -> Path:
    """Return a spiral in a plane of known directions."""
    generator = np.random.default_rng(3)
    centre, ways = generator.standard_normal(DIM), np.linalg.qr(generator.standard_normal((DIM, 2)))[0]
    turn = np.linspace(0, 6, snapshots)
    return Path("spiral", np.arange(snapshots), centre + np.stack([turn * np.cos(turn), np.sin(turn)], axis=1) @ ways.T)


def in_window(window: Window, feet: Array) -> npt.NDArray[np.bool_]:
    low, high = np.array(window).T
    return np.asarray(((low <= feet) & (feet <= high)).all(axis=1))


@pytest.mark.parametrize(("snapshots", "dim"), [(12, DIM), (60, 4), (5, 2000), (36, 36)])
def test_the_path_plane_is_numpys_principal_components(snapshots: int, dim: int) -> None:
    paths = [walk(1, snapshots, dim), walk(2, snapshots, dim, name="b")]
    plane = plane_through(paths)
    points = np.concatenate([path.points for path in paths])
    _, sizes, ways = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    assert plane.centre == pytest.approx(points.mean(axis=0), abs=ROUNDING)
    for direction, expected in zip(plane.directions, ways, strict=False):
        assert abs(direction @ expected) == pytest.approx(1.0, abs=1e-9)
    share = float(np.square(sizes[:2]).sum() / np.square(sizes).sum())
    assert plane.share_inside(points) == pytest.approx(share, abs=ROUNDING)
    shown = [
        f"principal direction {k}, {100 * s**2 / np.square(sizes).sum():.0f} %"
        for k, s in zip("12", sizes, strict=False)
    ]
    assert list(plane.axis_labels) == shown


def test_a_second_direction_far_weaker_than_the_first_is_still_exact() -> None:
    """The eigenvectors of one Gram matrix would lose it: its eigenvalue is 1e-20 of the first."""
    generator = np.random.default_rng(0)
    first, second = np.linalg.qr(generator.standard_normal((DIM, 2)))[0].T
    along, across = generator.standard_normal((2, 30))
    points = np.outer(along, first) + 1e-10 * np.outer(across, second)
    plane = plane_through([Path("a", np.arange(30), points)])
    centred = across - across.mean() - (along - along.mean()) * np.cov(along, across)[0, 1] / np.var(along, ddof=1)
    residual = plane.directions[1] - (plane.directions[1] @ second) * second - (plane.directions[1] @ first) * first
    assert centred.any()
    assert abs(plane.directions[1] @ second) == pytest.approx(1.0, abs=1e-4)  # 1e-16 of rounding over 1e-10, with room
    assert lengths(residual[np.newaxis])[0] < 1e-4


def test_a_path_that_lies_in_a_plane_is_wholly_inside() -> None:
    path = in_a_plane()
    measured = fit(plane_through([path]), [path])
    assert measured.share_inside == pytest.approx(1.0, abs=ROUNDING)
    assert measured.largest_distance < ROUNDING
    assert measured.off_map == ()


def test_distances_and_feet_against_least_squares() -> None:
    path, other = walk(5), walk(6)
    for name in PLANES:
        plane = plane_through([path], name)
        offsets = other.points - plane.centre
        expected, *_ = np.linalg.lstsq(plane.directions.T, offsets.T)
        assert plane.coordinates(other.points) == pytest.approx(expected.T, rel=1e-9, abs=1e-9)
        rest = np.linalg.norm(offsets - expected.T @ plane.directions, axis=1)
        assert plane.distances(other.points) == pytest.approx(rest, rel=1e-9)
        feet = plane.points(expected.T).T
        assert feet == pytest.approx(plane.centre + expected.T @ plane.directions, abs=1e-9)


def test_the_loss_drawn_at_the_foot_of_a_point_in_the_plane_is_its_own() -> None:
    path = in_a_plane()
    plane = plane_through([path])

    def loss(params: Array) -> Array:
        return np.asarray(np.sin(params).sum(axis=0) + np.square(params).sum(axis=0))

    x, y = plane.coordinates(path.points).T
    window = ((x[4], x[4] + 1.0), (y[4], y[4] + 1.0))
    grids = []
    for tile in (1, 7, 1000):
        tiles = surface_in_tiles(lambda places: loss(plane.points(places)), window, 9, tile)
        count = 0
        try:
            while True:
                next(tiles)
                count += 1
        except StopIteration as end:
            grids.append(end.value)
        assert count == -(-81 // tile)
    assert grids[0].z[0, 0] == pytest.approx(float(loss(path.points[4])), abs=ROUNDING)
    third = plane.points(np.array([[grids[0].x[3], grids[0].y[5]]]))
    assert grids[0].z[5, 3] == pytest.approx(float(loss(third)[0]), abs=ROUNDING)
    assert grids[1].z == pytest.approx(grids[0].z, abs=ROUNDING)
    assert grids[2].z == pytest.approx(grids[0].z, abs=ROUNDING)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000), shift=st.floats(-100, 100), factor=st.sampled_from([1e-3, 1.0, 2.5, 1e3]))
def test_moving_turning_and_enlarging_everything_changes_no_share(seed: int, shift: float, factor: float) -> None:
    paths = [walk(seed), walk(seed + 1, name="b")]
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((DIM, DIM)))[0]
    moved = [Path(path.name, path.steps, factor * (path.points @ turn + shift)) for path in paths]
    before, after = fit(plane_through(paths), paths), fit(plane_through(moved), moved)
    # A shift of 100 costs two of sixteen digits.
    assert after.share_inside == pytest.approx(before.share_inside, rel=1e-9)
    assert after.largest_distance == pytest.approx(factor * before.largest_distance, rel=1e-8)
    assert after.path_length == pytest.approx(factor * before.path_length, rel=1e-9)
    assert after.farthest == before.farthest
    swapped = fit(plane_through(paths[::-1]), paths[::-1])
    assert swapped.share_inside == pytest.approx(before.share_inside, rel=1e-12)


def test_runs_end_towards_plus() -> None:
    path = walk(8)
    plane = plane_through([path])
    start, end = plane.coordinates(path.points[[0, -1]])
    assert (end > start).all()


@pytest.mark.parametrize("points", [np.ones((4, DIM)), np.outer(np.arange(5.0), np.ones(DIM)) / 7])
def test_paths_without_two_directions_still_have_a_plane(points: Array) -> None:
    path = Path("straight", np.arange(len(points)), points)
    plane = plane_through([path])
    measured = fit(plane, [path])
    assert plane.directions @ plane.directions.T == pytest.approx(np.eye(2), abs=ROUNDING)
    assert measured.share_inside == pytest.approx(1.0, abs=ROUNDING)
    assert measured.largest_distance < ROUNDING
    assert all(low < high for low, high in measured.window)


def test_a_filter_normalised_direction_has_the_lengths_of_the_rows_and_leaves_biases() -> None:
    path = walk(9)
    plane = plane_through([path], "random", seed=4)
    assert np.array_equal(plane.centre, path.points[-1])
    for direction in plane.directions:
        for block in BLOCKS:
            part, weights = direction[block.place].reshape(block.shape), plane.centre[block.place].reshape(block.shape)
            if len(block.shape) == 1:
                assert not part.any()
            else:
                assert np.linalg.norm(part, axis=1) == pytest.approx(np.linalg.norm(weights, axis=1), rel=1e-12)
    first, second = plane.directions
    cosine = abs(first @ second) / np.linalg.norm(first) / np.linalg.norm(second)
    assert np.cos(np.radians(plane.angle)) == pytest.approx(cosine, abs=ROUNDING)
    assert 0.0 < cosine < 0.9


def test_random_directions_depend_on_the_seed_alone() -> None:
    path = walk(9)
    same = [plane_through([path], "random", seed=4).directions for _ in range(2)]
    assert np.array_equal(*same)
    assert not np.allclose(same[0], plane_through([path], "random", seed=5).directions)


def test_random_directions_at_zero_weights_have_length_1() -> None:
    path = Path("zero", np.arange(1), np.zeros((1, DIM)))
    plane = plane_through([path], "random")
    assert np.linalg.norm(plane.directions, axis=1) == pytest.approx([1.0, 1.0], rel=1e-12)


def test_the_window_of_a_random_plane_reaches_as_far_as_asked_and_holds_the_paths() -> None:
    path = walk(9)
    for reach in (0.1, 50.0):
        plane = plane_through([path], "random", reach=reach)
        window = fit(plane, [path]).window
        assert all(low <= -reach < reach <= high for low, high in window)
        assert in_window(window, plane.coordinates(path.points)).all()


def test_two_weights_are_the_axes_and_everything_else_stays() -> None:
    path = walk(11)
    plane = plane_through([path], "weights", first_tensor="bias_hh", first_index=3, second_index=6)
    assert plane.axis_labels == ("bias_hh[3]", "weight_hh[1, 2]")
    assert plane.coordinates(path.points) == pytest.approx(path.points[:, [31, 18]], abs=ROUNDING)
    somewhere = plane.points(np.array([[2.0, -3.0]]))[:, 0]
    assert (somewhere[31], somewhere[18]) == (2.0, -3.0)
    rest = np.delete(np.arange(DIM), [31, 18])
    assert np.array_equal(somewhere[rest], path.points[-1][rest])


@pytest.mark.parametrize(
    ("params", "wrong"),
    [
        ({"first_index": 16}, ["first_index"]),
        ({"second_tensor": "norm_gain"}, ["second_tensor"]),
        ({"first_index": 1}, ["second_index"]),
        ({"first_tensor": "readout_bias", "second_index": 99}, ["first_tensor", "second_index"]),
        ({}, []),
    ],
)
def test_weights_that_the_network_does_not_have_are_flaws(params: dict[str, object], wrong: list[str]) -> None:
    assert [name for name, _, _ in kind("weights", **params).flaws(BLOCKS)] == wrong


def exploding() -> Path:
    path = walk(12, name="exploding")
    points = path.points.copy()
    points[10:] *= 10.0 ** np.arange(10)[:, np.newaxis] * 1e3
    points[16] = 1e300
    points[17:] = np.nan
    return Path(path.name, path.steps, points, diverged=True).only_finite()


def test_a_diverged_run_does_not_make_the_picture_smaller() -> None:
    calm, wild = walk(13), exploding()
    assert len(wild.points) == 17
    alone, together = fit(plane_through([calm]), [calm]), fit(plane_through([calm, wild]), [calm, wild])
    assert together.off_map == (("exploding", 10),)
    for (low, high), (narrow_low, narrow_high) in zip(together.window, alone.window, strict=True):
        assert high - low < 3 * (narrow_high - narrow_low)
    plane = plane_through([calm, wild])
    assert in_window(together.window, plane.coordinates(calm.points)).all()
    assert not in_window(together.window, plane.coordinates(wild.points[10:])).any()


def test_where_every_run_diverged_the_typical_snapshots_are_shown() -> None:
    wild = exploding()
    (mask,) = on_map([wild])
    assert mask[:10].all()
    assert not mask[11:].any()


def test_what_counts_is_within_some_reaches_of_the_start() -> None:
    near = Path("near", np.arange(2), np.array([[0.0, 0.0], [1.0, 0.0]]))
    rim = Path("rim", np.arange(3), np.array([[0.0, 0.0], [FAR, 0.0], [0.0, FAR * 1.001]]), diverged=True)
    assert [mask.tolist() for mask in on_map([near, rim])] == [[True, True], [True, True, False]]


def test_a_window_is_never_flatter_than_a_fifth() -> None:
    plane = Plane(np.zeros(3), np.eye(3)[:2], ("x", "y"), margin=0.0)
    points = np.array([[0.0, 0.0, 0.0], [10.0, 0.01, 5.0]])
    (left, right), (bottom, top) = window_of(plane, points)
    assert (left, right) == (0.0, 10.0)
    assert top - bottom == pytest.approx(2.0)


def test_the_fit_names_the_farthest_snapshot_and_the_length_of_its_path() -> None:
    plane = Plane(np.zeros(3), np.eye(3)[:2], ("x", "y"))
    flat = Path("flat", np.array([0, 5]), np.array([[0.0, 0.0, 0.0], [9.0, 0.0, 0.5]]))
    high = Path("high", np.array([0, 5, 9]), np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 4.0], [3.0, 0.0, 3.0]]))
    measured = fit(plane, [flat, high])
    assert measured.farthest == ("high", 5)
    assert measured.largest_distance == 4.0
    assert measured.path_length == 6.0


def test_lengths_of_huge_and_tiny_vectors() -> None:
    assert lengths(np.array([[3e200, 4e200], [3e-200, 4e-200], [0.0, 0.0]])) == pytest.approx(
        [5e200, 5e-200, 0.0], rel=1e-15
    )
