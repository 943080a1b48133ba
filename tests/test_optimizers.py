"""Optimizers against closed forms. LITERATURE: Polyak 1964, Kingma and Ba 2015; the limits are derived in the tests."""

from __future__ import annotations

import numpy as np
import pytest

from clipscape.catalog import Entry
from clipscape.clipping.fixed import clip_by_norm
from clipscape.optimizers import OPTIMIZERS, adagrad, adam, adamw, heavy_ball, nesterov, rmsprop
from clipscape.transforms import IDENTITY
from facts import fact
from stepping import defaults, drive, entry_problems, row, scalar_run, spread_parameters

EVERY = pytest.mark.parametrize("entry", OPTIMIZERS.values(), ids=lambda entry: entry.kind)
GRADS = [1.0, -2.0, 0.5, 3.0]


def test_the_catalogue_offers_the_seven_optimizers() -> None:
    assert list(OPTIMIZERS) == ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"]


@EVERY
def test_every_entry_describes_its_controls(entry: Entry) -> None:
    assert entry_problems(entry) == []
    learning_rate = entry.with_role("learning_rate")
    assert learning_rate is not None
    assert (learning_rate.low, learning_rate.high, learning_rate.scale) == (1e-6, 100.0, "log")


@EVERY
def test_a_row_alone_equals_the_row_in_a_batch_bit_for_bit(entry: Entry) -> None:
    rows = 13
    params = spread_parameters(entry, rows)
    grads = np.random.default_rng(1).standard_normal((40, 3, rows)) * 10.0
    points = np.random.default_rng(2).standard_normal((40, 3, rows))
    together = drive(entry.make(**params), grads, points)
    for index in (0, 5, 12):
        alone = entry.make(**{name: values[index : index + 1] for name, values in params.items()})
        cut = slice(index, index + 1)
        single = drive(alone, np.ascontiguousarray(grads[..., cut]), np.ascontiguousarray(points[..., cut]))
        assert np.array_equal(single[..., 0], together[..., index])


@EVERY
def test_a_second_run_of_the_same_transform_starts_afresh(entry: Entry) -> None:
    transform = entry.make(**defaults(entry))
    first, second = scalar_run(transform, GRADS), scalar_run(transform, GRADS)
    assert np.array_equal(first, second)


def test_gradient_descent_is_the_identity() -> None:
    assert OPTIMIZERS["sgd"].make(learning_rate=row(0.1)) is IDENTITY


def test_momentum_is_the_geometric_sum_of_past_gradients() -> None:
    expected = [sum(0.9**age * g for age, g in enumerate(reversed(GRADS[: t + 1]))) for t in range(len(GRADS))]
    assert scalar_run(heavy_ball(row(0.9)), GRADS) == pytest.approx(expected, rel=1e-14)


def test_momentum_under_a_unit_gradient_grows_tenfold() -> None:
    """Learning rate 0.1, threshold 1, momentum 0.9: steps 0.1, 0.19, ..., 0.65132156, limit 1."""
    step = 0.1 * scalar_run(heavy_ball(row(0.9)), [1.0] * 600)
    assert [*step[[0, 1, 9]], step[-1]] == fact("F15")


def test_nesterov_adds_the_present_gradient_once_more() -> None:
    """PyTorch's form: grad + momentum * trace, so a constant 1 gives (1 - momentum^(t + 1)) / (1 - momentum)."""
    direction = scalar_run(nesterov(row(0.9)), [1.0] * 5)
    assert direction == pytest.approx([(1 - 0.9 ** (t + 1)) / 0.1 for t in range(1, 6)], rel=1e-13)


def test_without_momentum_both_heavy_balls_are_gradient_descent() -> None:
    assert np.array_equal(scalar_run(heavy_ball(row(0.0)), GRADS), GRADS)
    assert np.array_equal(scalar_run(nesterov(row(0.0)), GRADS), GRADS)


def test_adagrad_divides_by_the_root_of_the_sum() -> None:
    """A constant gradient gives 1 / sqrt(t), whatever its size."""
    direction = scalar_run(adagrad(row(1e-10)), [7.0] * 100)
    assert direction == pytest.approx(1.0 / np.sqrt(np.arange(1, 101)), rel=1e-9)


def test_one_spike_shortens_all_later_adagrad_steps() -> None:
    direction = scalar_run(adagrad(row(1e-10)), [1.0, 1e6, 1.0, 1.0])
    assert direction[2:] == pytest.approx([1e-6, 1e-6], rel=1e-9)


def test_rmsprop_starts_from_a_zero_mean_without_correction() -> None:
    """A constant gradient gives 1 / sqrt(1 - decay^t): the first step is 1 / sqrt(0.1) times the learning rate."""
    direction = scalar_run(rmsprop(row(0.9), row(1e-12)), [5.0] * 200)
    assert direction == pytest.approx(1.0 / np.sqrt(1.0 - 0.9 ** np.arange(1, 201)), rel=1e-9)


def test_rmsprop_adds_epsilon_outside_the_root() -> None:
    """PyTorch: g / (sqrt(v) + eps). Keras adds it inside, which would give 0.5 / sqrt(0.025 + 0.5)."""
    assert scalar_run(rmsprop(row(0.9), row(0.5)), [0.5])[0] == pytest.approx(0.5 / (np.sqrt(0.025) + 0.5), rel=1e-14)


def test_adam_steps_by_one_under_a_constant_gradient_of_any_size() -> None:
    """Clipping a constant gradient changes nothing: 1000 and 1 give the same steps within 1e-8."""
    transform = adam(row(0.9), row(0.999), row(1e-8))
    small, large = scalar_run(transform, [1.0] * 500), scalar_run(transform, [1000.0] * 500)
    assert small == pytest.approx(np.ones(500), abs=1.1e-8)
    assert large == pytest.approx(small, rel=1.1e-8)


def test_adam_matches_the_published_algorithm_step_by_step() -> None:
    beta_1, beta_2, epsilon, mean, square, expected = 0.8, 0.95, 1e-3, 0.0, 0.0, []
    for t, g in enumerate(GRADS, start=1):
        mean, square = beta_1 * mean + (1 - beta_1) * g, beta_2 * square + (1 - beta_2) * g * g
        corrected = mean / (1 - beta_1**t), square / (1 - beta_2**t)
        expected.append(corrected[0] / (corrected[1] ** 0.5 + epsilon))
    assert scalar_run(adam(row(beta_1), row(beta_2), row(epsilon)), GRADS) == pytest.approx(expected, rel=1e-13)


def test_a_spike_moves_adam_by_the_known_limit() -> None:
    """(1 - beta_1) / sqrt(1 - beta_2) = 3.16227766 learning rates once the bias corrections have gone."""
    transform = adam(row(0.9), row(0.999), row(1e-8))
    direction = scalar_run(transform, [1.0] * 30_000 + [1e12])
    assert direction[-1] == pytest.approx(0.1 / np.sqrt(0.001), rel=1e-6)


def test_a_spike_after_1000_unit_gradients_freezes_adam() -> None:
    """One step of about 2.5 learning rates, then 1e-4 after 100 steps and still less than 1e-4 after 2000."""
    direction = scalar_run(adam(row(0.9), row(0.999), row(1e-8)), [1.0] * 1000 + [1e6] + [1.0] * 2000)
    assert direction[999] == pytest.approx(1.0, abs=1e-7)
    assert direction[1000] == pytest.approx(2.5, abs=0.02)
    assert abs(direction[1100]) == pytest.approx(1e-4, rel=0.2)
    assert abs(direction[3000]) < 1e-4


def test_clipping_that_spike_keeps_adam_going() -> None:
    clipped = scalar_run(clip_by_norm(row(1.0), row(0.0)), [1.0] * 1000 + [1e6] + [1.0] * 2000)
    direction = scalar_run(adam(row(0.9), row(0.999), row(1e-8)), clipped.tolist())
    assert direction == pytest.approx(np.ones(3001), abs=1e-7)


def test_adam_with_a_zero_gradient_stands_still() -> None:
    assert np.array_equal(scalar_run(adam(row(0.9), row(0.999), row(1e-8)), [0.0] * 5), np.zeros(5))


def test_adamw_adds_its_decay_after_the_division() -> None:
    """With no gradient the direction is weight_decay * params, where L2 inside Adam would give 1."""
    points = np.full((3, 1, 1), 4.0)
    direction = drive(adamw(row(0.9), row(0.999), row(1e-8), row(0.1)), np.zeros((3, 1, 1)), points)
    assert direction.ravel() == pytest.approx([0.4, 0.4, 0.4], rel=1e-15)


def test_adamw_without_decay_is_adam() -> None:
    common = row(0.9), row(0.999), row(1e-8)
    assert np.array_equal(scalar_run(adamw(*common, row(0.0)), GRADS), scalar_run(adam(*common), GRADS))
