"""Noise: determined by (seed, step), the same for every row of a seed, and distributed as it says."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from clipscape.catalog import Entry
from clipscape.noise import NOISES, bad_batch, gaussian, student_t
from clipscape.transforms import IDENTITY, Transform
from stepping import drive, entry_problems, row, spread_parameters

Array = npt.NDArray[np.float64]
EVERY = pytest.mark.parametrize("entry", NOISES.values(), ids=lambda entry: entry.kind)
RANDOM = pytest.mark.parametrize("transform", [gaussian(row(1.0)), student_t(row(2.0), row(1.0))], ids=["normal", "t"])


def noise_of(transform: Transform, steps: int, seeds: list[int], dim: int = 2) -> Array:
    return drive(transform, np.zeros((steps, dim, len(seeds))), seeds=seeds)


def test_the_catalogue_offers_four_kinds_of_noise() -> None:
    assert list(NOISES) == ["none", "gaussian", "student_t", "bad_batch"]


@EVERY
def test_every_entry_describes_its_controls(entry: Entry) -> None:
    assert entry_problems(entry) == []


@EVERY
def test_a_row_alone_equals_the_row_in_a_batch_bit_for_bit(entry: Entry) -> None:
    params = spread_parameters(entry, 11)
    seeds = [3, 3, 8, 1, 2, 3, 8, 8, 0, 2**32 - 1, 5]
    grads = np.random.default_rng(1).standard_normal((150, 2, 11))
    together = drive(entry.make(**params), grads, seeds=seeds)
    for index in range(11):
        alone = entry.make(**{name: values[index : index + 1] for name, values in params.items()})
        single = drive(alone, np.ascontiguousarray(grads[..., index : index + 1]), seeds=[seeds[index]])
        assert np.array_equal(single[..., 0], together[..., index])


def test_no_noise_is_the_identity() -> None:
    assert NOISES["none"].make() is IDENTITY


@RANDOM
def test_rows_of_one_seed_have_the_same_luck_and_other_seeds_another(transform: Transform) -> None:
    drawn = noise_of(transform, 200, [4, 4, 5])
    assert np.array_equal(drawn[..., 0], drawn[..., 1])
    assert abs(np.corrcoef(drawn[:, 0, 0], np.sign(drawn[:, 0, 2]))[0, 1]) < 0.2


@RANDOM
def test_the_first_steps_do_not_depend_on_how_long_the_run_is(transform: Transform) -> None:
    assert np.array_equal(noise_of(transform, 70, [9]), noise_of(transform, 200, [9])[:70])


@RANDOM
def test_steps_and_coordinates_are_uncorrelated(transform: Transform) -> None:
    ranks = np.sign(noise_of(transform, 20_000, [2])[..., 0])
    assert abs(np.mean(ranks[:, 0] * ranks[:, 1])) < 0.025
    assert abs(np.mean(ranks[1:] * ranks[:-1])) < 0.02
    assert abs(np.mean(ranks[64:] * ranks[:-64])) < 0.02


def test_rows_that_differ_in_size_or_tail_share_their_luck() -> None:
    drawn = noise_of(gaussian(row(1.0, 3.0)), 50, [0, 0])
    assert drawn[..., 1] == pytest.approx(3.0 * drawn[..., 0], rel=1e-15)
    heavy = noise_of(student_t(row(1.0, 30.0), row(1.0, 1.0)), 50, [0, 0])
    assert np.array_equal(np.sign(heavy[..., 0]), np.sign(heavy[..., 1]))
    assert np.all(np.abs(heavy[..., 0]) >= np.abs(heavy[..., 1]))


def test_gaussian_noise_has_the_moments_and_the_tails_it_claims() -> None:
    drawn = noise_of(gaussian(row(2.0)), 50_000, [1]).ravel()
    assert drawn.mean() == pytest.approx(0.0, abs=0.03)
    assert drawn.std() == pytest.approx(2.0, rel=0.01)
    assert np.mean(np.abs(drawn) > 4.0) == pytest.approx(math.erfc(2 / math.sqrt(2)), rel=0.05)


def test_student_noise_follows_the_cauchy_law_at_one_degree_of_freedom() -> None:
    """Share beyond x: 1 - 2 atan(x) / pi."""
    drawn = np.abs(noise_of(student_t(row(1.0), row(1.0)), 50_000, [1])).ravel()
    for x in (0.5, 1.0, 3.0, 10.0, 100.0):
        assert np.mean(drawn > x) == pytest.approx(1 - 2 * math.atan(x) / math.pi, rel=0.07)


def test_student_noise_follows_its_closed_form_at_two_degrees_of_freedom() -> None:
    """Distribution function 1/2 + x / (2 sqrt(2 + x^2)); here also scaled by 3."""
    drawn = np.abs(noise_of(student_t(row(2.0), row(3.0)), 50_000, [1])).ravel() / 3.0
    for x in (0.5, 1.0, 3.0, 10.0):
        assert np.mean(drawn > x) == pytest.approx(1 - x / math.sqrt(2 + x * x), rel=0.05)


def test_student_noise_with_many_degrees_of_freedom_is_nearly_normal() -> None:
    drawn = noise_of(student_t(row(1000.0), row(1.0)), 50_000, [1]).ravel()
    assert drawn.std() == pytest.approx(math.sqrt(1000 / 998), rel=0.01)
    assert np.mean(drawn**4) / np.mean(drawn**2) ** 2 == pytest.approx(3.0, abs=0.1)


def test_noise_is_added_to_the_gradient() -> None:
    grads = np.full((30, 2, 1), 7.0)
    assert drive(gaussian(row(0.5)), grads) == pytest.approx(7.0 + noise_of(gaussian(row(0.5)), 30, [0]), rel=1e-14)


def test_one_bad_batch_scales_one_step_and_no_other() -> None:
    grads = np.ones((6, 1, 2))
    passed = drive(bad_batch(row(0, 3), row(100.0, -50.0)), grads)[:, 0]
    assert passed[:, 0].tolist() == [100, 1, 1, 1, 1, 1]
    assert passed[:, 1].tolist() == [1, 1, 1, -50, 1, 1]
