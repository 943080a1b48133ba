"""The one-unit recurrent net of Pascanu et al. against their figure, closed forms and a plain unrolled net."""

import math

import numpy as np
import pytest

from descent import clip_norm, clip_value, descend, make
from facts import fact, parts

UNIT = make("recurrent_unit")
SIGMA = 1.0 / (1.0 + math.exp(-0.5))
FIRST_WALL = 0.5 - SIGMA * 5.0


def unrolled(w, b, steps, initial_state, target):
    """Loss and gradient of one unit, forward in time with plain floats: state, dstate/dw and dstate/db."""
    state, by_w, by_b = initial_state, 0.0, 0.0
    for _ in range(steps):
        out = 1.0 / (1.0 + math.exp(-state))
        state, by_w, by_b = w * out + b, out + w * out * (1 - out) * by_w, 1.0 + w * out * (1 - out) * by_b
    out = 1.0 / (1.0 + math.exp(-state))
    slope = 2 * (out - target) * out * (1 - out)
    return (out - target) ** 2, slope * by_w, slope * by_b


def value_and_grad(w, b, problem=UNIT):
    at = np.array([w, b])
    return [float(problem.value(at)), *(float(component) for component in problem.grad(at))]


@pytest.mark.parametrize("name", parts("F04a"))
def test_the_surface_of_figure_6(name):
    w, b = (float(part) for part in name.split(","))
    assert value_and_grad(w, b) == fact("F04a", name)


def test_crossing_the_wall_raises_the_loss_thirty_times():
    before, after = UNIT.value(np.array([[5.0, 5.0], [-2.61, -2.62]]))
    assert before == pytest.approx(0.0104921, rel=1e-5)
    assert after == pytest.approx(0.3432719, rel=1e-6)


def test_the_wall_is_a_straight_line_where_the_state_never_moves():
    assert fact("F04b") == [-SIGMA, 1 / (SIGMA * (1 - SIGMA))]


@pytest.mark.parametrize("name", parts("F04c"))
def test_on_the_wall_the_gradient_is_huge_and_perpendicular_to_it(name):
    w = float(name)
    b = 0.5 - SIGMA * w
    loss, by_w, by_b = value_and_grad(w, b)
    multiplier = w * SIGMA * (1 - SIGMA)
    assert [b, multiplier, loss, by_w, by_b, math.hypot(by_w, by_b)] == fact("F04c", name)
    assert by_w == pytest.approx(SIGMA * by_b, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "clip"),
    [("F05a", None), ("F05b", clip_norm(1.0)), ("F05c", clip_value(1.0))],
    ids=["plain", "norm", "value"],
)
def test_one_step_off_the_wall(name, clip):
    options = [clip] if clip else []
    w, b = descend(UNIT, (5.0, FIRST_WALL), 0.1, 1, *options)[-1]
    loss, by_w, by_b = value_and_grad(w, b)
    assert [w, b, loss, math.hypot(by_w, by_b)] == fact(name)


@pytest.mark.parametrize(("steps", "initial_state", "target"), [(1, 0.5, 0.7), (2, -1.0, 0.3), (12, 2.0, 0.9)])
def test_it_is_the_net_unrolled_with_plain_floats(steps, initial_state, target):
    problem = make("recurrent_unit", sequence_length=steps, initial_state=initial_state, target=target)
    rng = np.random.default_rng(2)
    for w, b in rng.uniform((-8, -5), (8, 5), (200, 2)):
        expected = unrolled(w, b, steps, initial_state, target)
        assert value_and_grad(w, b, problem) == pytest.approx(expected, rel=1e-9, abs=1e-14)


def test_fifty_steps_are_the_net_unrolled_with_plain_floats_where_it_is_not_chaotic():
    rng, compared = np.random.default_rng(3), 0
    for w, b in rng.uniform((4.5, -3.4), (6.5, -1.6), (300, 2)):
        expected = unrolled(w, b, 50, 0.5, 0.7)
        if math.hypot(*expected[1:]) < 10:
            compared += 1
            assert value_and_grad(w, b) == pytest.approx(expected, rel=1e-8, abs=1e-13)
    assert compared > 250


def test_two_attractors_exist_exactly_between_the_folds():
    low_fold, high_fold = fact("F06").expected
    for b in (low_fold - 0.02, low_fold + 0.02, high_fold - 0.02, high_fold + 0.02):
        ends = [
            make("recurrent_unit", sequence_length=200, initial_state=x, target=0.01).value(np.array([5.0, b]))
            for x in (-5.0, 5.0)
        ]
        assert (abs(ends[0] - ends[1]) > 0.1) == (low_fold < b < high_fold)


def test_no_weight_up_to_four_has_two_attractors():
    for b in np.linspace(-3, 0, 61):
        ends = [
            make("recurrent_unit", sequence_length=200, initial_state=x, target=0.01).value(np.array([3.8, b]))
            for x in (-5.0, 5.0)
        ]
        assert abs(ends[0] - ends[1]) < 1e-3


def test_few_rows_and_many_rows_are_computed_with_the_same_bits():
    points = np.random.default_rng(4).uniform((4.5, -3.4), (6.5, -1.6), (5000, 2)).T
    together = UNIT.grad(points)
    for first, last in ((0, 1), (0, 2), (7, 50), (0, 99), (0, 100), (0, 101), (100, 2148), (0, 2049), (3, 4100)):
        assert np.array_equal(UNIT.grad(points[:, first:last]), together[:, first:last])


def test_two_problems_of_different_length_do_not_share_their_work_space():
    points = np.random.default_rng(5).uniform((4.5, -3.4), (6.5, -1.6), (300, 2)).T
    short = make("recurrent_unit", sequence_length=20)
    first = UNIT.grad(points)
    kept = first.copy()
    short.grad(points)
    UNIT.grad(points[:, :40])
    assert np.array_equal(first, kept)


def grid_of_starts():
    return np.array(np.meshgrid(np.linspace(5, 6, 21), np.linspace(-3.4, -2.4, 21))).reshape(2, -1)


def lost(path):
    """Count the runs with a step longer than 1 or with a final loss above 0.05."""
    with np.errstate(all="ignore"):
        leapt = (np.hypot(*np.moveaxis(np.diff(path, axis=0), 1, 0)) > 1.0).any(axis=0)
        return int((leapt | ~(UNIT.value(path[-1]) <= 0.05)).sum())


@pytest.mark.parametrize(("learning_rate", "expected"), [(0.1, 419), (0.2, 393)])
def test_most_unclipped_descents_near_the_wall_are_lost(learning_rate, expected):
    assert lost(descend(UNIT, grid_of_starts(), learning_rate, 1000)) == pytest.approx(expected, abs=5)


@pytest.mark.parametrize("threshold", [0.5, 1.0, 2.0])
def test_no_clipped_descent_is_lost(threshold):
    path = descend(UNIT, grid_of_starts(), 0.1, 1000, clip_norm(threshold))
    assert lost(path) == 0
    ends = path[-1, 0]
    assert ((ends > 4.34) & (ends < 4.36)).mean() >= 0.88


def test_the_default_start_is_thrown_onto_the_plateau_without_clipping_only():
    plain = descend(UNIT, UNIT.start, 0.1, 100)
    assert np.hypot(*plain[-1]) > 100
    assert np.abs(UNIT.grad(plain[-1])).max() == 0.0
    for clip in (clip_norm(1.0), clip_value(1.0)):
        path = descend(UNIT, UNIT.start, 0.1, 300, clip)
        assert np.hypot(*np.diff(path, axis=0).T).max() <= 0.1 * math.sqrt(2) + 1e-12
        assert UNIT.value(path[-1]) < 0.01
