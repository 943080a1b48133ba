"""Norms and angles at the ends of the floating-point range, where the textbook formulas fail."""

import math

import numpy as np
import pytest

from clipscape.numerics import angle_between, central_difference, row_norm, weighted_mean

TINY = 5e-324


@pytest.mark.parametrize(
    ("vector", "norm"),
    [
        ((3.0, 4.0), 5.0),
        ((0.0, 0.0), 0.0),
        ((-0.0, 0.0), 0.0),
        ((1e200, 1e200), math.sqrt(2) * 1e200),
        ((3e-200, 4e-200), 5e-200),
        ((3e-310, 4e-310), 5e-310),
        ((TINY, 0.0), TINY),
        ((0.0, -TINY), TINY),
        ((1e308, 1e-308), 1e308),
        ((-1e300, 0.0), 1e300),
        ((np.inf, 1.0), np.inf),
        ((-np.inf, np.inf), np.inf),
    ],
)
def test_the_norm_is_right_wherever_the_square_overflows_or_vanishes(vector, norm):
    assert row_norm(np.array(vector)) == pytest.approx(norm, rel=1e-12, abs=0.0)


@pytest.mark.parametrize("vector", [(np.nan, 1.0), (0.0, np.nan), (np.nan, np.inf), (-np.inf, np.nan)])
def test_the_norm_of_a_vector_with_a_nan_is_nan(vector):
    assert np.isnan(row_norm(np.array(vector)))


def test_a_norm_beyond_the_largest_double_is_infinite():
    assert row_norm(np.array([1.7e308, 1.7e308])) == np.inf


def test_the_norm_agrees_with_hypot_to_rounding():
    rng = np.random.default_rng(7)
    vectors = rng.standard_normal((2, 10_000)) * 10.0 ** rng.uniform(-150, 150, (2, 10_000))
    assert row_norm(vectors) == pytest.approx(np.hypot(*vectors), rel=1e-15, abs=0.0)


def test_the_norm_keeps_trailing_axes_and_does_not_modify_its_input():
    vectors = np.random.default_rng(8).standard_normal((3, 4, 5))
    before = vectors.copy()
    norms = row_norm(vectors)
    assert norms.shape == (4, 5)
    assert norms == pytest.approx(np.sqrt((before**2).sum(axis=0)), rel=1e-14)
    assert np.array_equal(vectors, before)


def test_a_norm_alone_equals_the_norm_in_the_batch_bit_for_bit():
    vectors = np.random.default_rng(9).standard_normal((2, 257)) * np.logspace(-200, 200, 257)
    together = row_norm(vectors)
    for row in range(257):
        assert row_norm(vectors[:, row]) == together[row]
        assert row_norm(vectors[:, row : row + 1])[0] == together[row]


@pytest.mark.parametrize(
    ("left", "right", "degrees"),
    [
        ((1.0, 0.0), (0.0, 2.0), 90.0),
        ((1.0, 1.0), (-3.0, -3.0), 180.0),
        ((1.0, 0.0), (5.0, 5.0), 45.0),
        ((10.0, 1.0), (2.0, 1.0), 20.854458039578358),
        ((1e200, 1e200), (1e-200, 0.0), 45.0),
        ((1.0, 0.0), (1.0, 1e-9), math.degrees(1e-9)),
        ((3e-310, 3e-310), (0.0, 1.0), 45.0),
    ],
)
def test_the_angle_between_two_vectors(left, right, degrees):
    assert angle_between(np.array(left), np.array(right)) == pytest.approx(degrees, rel=1e-9)
    assert angle_between(np.array(right), np.array(left)) == pytest.approx(degrees, rel=1e-9)


def test_a_vector_and_its_multiple_are_parallel_to_a_billionth_of_a_degree():
    vectors = np.random.default_rng(10).standard_normal((2, 1000))
    assert angle_between(vectors, vectors * 1e-3).max() < 1e-9


@pytest.mark.parametrize("nothing", [(0.0, 0.0), (np.nan, 1.0), (np.inf, 1.0)])
def test_a_vector_without_a_direction_has_no_angle(nothing):
    assert np.isnan(angle_between(np.array(nothing), np.array([1.0, 1.0])))
    assert np.isnan(angle_between(np.array([1.0, 1.0]), np.array(nothing)))


def test_central_differences_of_a_parabola_are_exact_to_rounding():
    params = np.array([[1.0, -3.0, 1e4], [2.0, 0.0, -5.0]])
    grad = central_difference(lambda p: p[0] ** 2 + 3 * p[0] * p[1], params)
    exact = np.array([2 * params[0] + 3 * params[1], 3 * params[0]])
    assert grad == pytest.approx(exact, rel=1e-7, abs=1e-7)


def test_a_weighted_mean_is_the_same_for_one_row_and_for_many():
    rng = np.random.default_rng(11)
    examples, weights = rng.standard_normal((2, 64, 9)), np.full(64, 1 / 64)
    together = weighted_mean(examples, weights)
    assert together == pytest.approx(np.einsum("e,der->dr", weights, examples), rel=1e-12, abs=1e-15)
    for row in range(9):
        assert np.array_equal(weighted_mean(examples[:, :, row : row + 1], weights)[:, 0], together[:, row])
