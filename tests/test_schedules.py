"""Learning-rate factors against their closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from clipscape.catalog import Entry
from clipscape.schedules import (
    SCHEDULES,
    constant,
    cosine_decay,
    exponential_decay,
    inverse_time_decay,
    step_decay,
)
from stepping import entry_problems, row, spread_parameters

EVERY = pytest.mark.parametrize("entry", SCHEDULES.values(), ids=lambda entry: entry.kind)
NO_WARMUP = row(0)
STEPS = np.arange(300)


def test_the_catalogue_offers_the_five_schedules_each_with_a_warmup() -> None:
    assert list(SCHEDULES) == ["constant", "step", "exponential", "inverse_time", "cosine"]
    assert all(entry.parameter("warmup_steps") for entry in SCHEDULES.values())


@EVERY
def test_every_entry_describes_its_controls(entry: Entry) -> None:
    assert entry_problems(entry) == []


@EVERY
def test_a_row_alone_equals_the_row_in_a_batch_bit_for_bit(entry: Entry) -> None:
    params = spread_parameters(entry, 9)
    together = entry.make(**params)(STEPS, 300)
    assert together.shape == (300, 9)
    for index in range(9):
        alone = entry.make(**{name: values[index : index + 1] for name, values in params.items()})(STEPS, 300)
        assert np.array_equal(alone[:, 0], together[:, index])


@EVERY
def test_a_chunk_of_steps_equals_the_same_steps_of_the_whole(entry: Entry) -> None:
    factor = entry.make(**spread_parameters(entry, 3))
    assert np.array_equal(factor(np.arange(100, 164), 300), factor(STEPS, 300)[100:164])


@EVERY
def test_factors_stay_between_zero_and_one(entry: Entry) -> None:
    factor = entry.make(**spread_parameters(entry, 30))(STEPS, 300)
    assert factor.min() >= 0.0
    assert factor.max() <= 1.0


def test_constant_is_one() -> None:
    assert np.array_equal(constant(NO_WARMUP)(STEPS, 300), np.ones((300, 1)))


def test_step_decay_halves_at_every_drop() -> None:
    factor = step_decay(row(0.5), row(100), NO_WARMUP)(STEPS, 300)[:, 0]
    assert np.array_equal(factor, np.repeat([1.0, 0.5, 0.25], 100))


def test_exponential_decay_is_a_power() -> None:
    factor = exponential_decay(row(0.99), NO_WARMUP)(STEPS, 300)[:, 0]
    assert factor == pytest.approx([0.99**t for t in range(300)], rel=1e-13)


def test_inverse_time_decay_is_half_after_one_over_decay() -> None:
    factor = inverse_time_decay(row(0.01), NO_WARMUP)(STEPS, 300)[:, 0]
    assert factor[[0, 100, 200]] == pytest.approx([1.0, 1 / 2, 1 / 3], rel=1e-14)


def test_cosine_decay_goes_from_one_through_the_middle_to_the_final_factor() -> None:
    factor = cosine_decay(row(0.2), NO_WARMUP)(np.array([0, 150, 300]), 300)[:, 0]
    assert factor == pytest.approx([1.0, 0.6, 0.2], rel=1e-14)


def test_warmup_climbs_linearly_and_the_decay_counts_from_its_end() -> None:
    factor = exponential_decay(row(0.9), row(4))(np.arange(7), 300)[:, 0]
    assert factor == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 0.9, 0.81], rel=1e-14)


def test_cosine_after_a_warmup_still_ends_at_the_final_factor() -> None:
    factor = cosine_decay(row(0.0), row(100))(np.array([99, 100, 200, 300]), 300)[:, 0]
    assert factor == pytest.approx([1.0, 1.0, 0.5, 0.0], abs=1e-15)


def test_a_warmup_longer_than_the_run_only_climbs() -> None:
    factor = cosine_decay(row(0.0), row(600))(STEPS, 300)[:, 0]
    assert factor == pytest.approx(np.arange(1, 301) / 600, rel=1e-14)
