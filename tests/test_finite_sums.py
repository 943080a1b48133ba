"""Means over examples: clipping each example's gradient moves the point where descent settles, by a known amount."""

import numpy as np
import pytest

from descent import clip_norm, descend, make
from facts import fact

EXAMPLES = ["chen", "symmetric", "two_point"]


def example_grads(problem, x):
    """Gradients of all examples at (x, 0): `(2, examples, len(x))`."""
    x = np.atleast_1d(np.asarray(x, dtype=float))
    count = len(problem.examples.weights)
    indices = np.repeat(np.arange(count)[:, None], len(x), axis=1)
    return problem.examples.grads(np.array([x, np.zeros_like(x)]), indices)


def clipped_mean(problem, x, threshold):
    """Expected gradient along x when every example is clipped by norm on its own."""
    clipped = clip_norm(threshold)(example_grads(problem, x))
    return problem.examples.weights @ clipped[0]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_loss_and_its_gradient_are_the_weighted_means_over_the_examples(example):
    problem = make("finite_sum", example=example, p=0.3, a=1.7)
    weights, x = problem.examples.weights, np.linspace(-3, 3, 13)
    params = np.array([x, 0.7 * x])
    indices = np.repeat(np.arange(len(weights))[:, None], len(x), axis=1)
    grads = problem.examples.grads(params, indices)
    assert grads.shape == (2, len(weights), len(x))
    assert weights.sum() == pytest.approx(1.0, rel=1e-15)
    assert np.einsum("e,der->dr", weights, grads) == pytest.approx(np.array(problem.grad(params)), abs=1e-14)
    losses = 0.5 * np.square(grads).sum(axis=0)
    assert weights @ losses == pytest.approx(problem.value(params), rel=1e-14)


def test_each_row_gets_the_examples_drawn_for_it():
    problem = make("finite_sum", example="chen")
    params = np.array([[0.0, 1.0], [5.0, 6.0]])
    grads = problem.examples.grads(params, np.array([[0, 2], [2, 2], [1, 0]]))
    assert grads[0].tolist() == [[3.0, -8.0], [-9.0, -8.0], [3.0, 4.0]]
    assert grads[1].tolist() == [[5.0, 6.0]] * 3


@pytest.mark.parametrize("batch_size", [0, 1, 64])
def test_the_batch_size_is_passed_on(batch_size):
    assert make("finite_sum", batch_size=batch_size).examples.batch_size == batch_size


class TestThreePoints:
    problem = make("finite_sum", example="chen")

    def test_clipping_each_example_pushes_away_from_the_optimum(self):
        assert self.problem.minimizers == ((1.0, 0.0),)
        zero = -2.5 + clipped_mean(self.problem, -2.5, 1.0)[0]
        assert [clipped_mean(self.problem, 1.0, 1.0)[0], zero] == fact("F10a")

    @pytest.mark.parametrize("threshold", [0.5, 1.0, 2.0, 5.0, 8.0])
    def test_the_clipped_mean_vanishes_at_minus_three_plus_half_the_threshold(self, threshold):
        zero = -3 + threshold / 2
        mean = clipped_mean(self.problem, [zero - 0.01, zero, zero + 0.01], threshold)
        assert mean[1] == pytest.approx(0.0, abs=1e-15)
        assert mean[0] < 0 < mean[2]

    @pytest.mark.parametrize("threshold", [8.0, 9.0, 100.0])
    def test_a_threshold_of_eight_or_more_does_no_harm(self, threshold):
        assert clipped_mean(self.problem, 1.0, threshold)[0] == pytest.approx(0.0, abs=1e-15)

    def test_clipping_the_full_gradient_has_no_bias(self):
        path = descend(self.problem, (7.23, 1.57), 0.1, 300, clip_norm(1.0))
        assert path[-1] == pytest.approx((1.0, 0.0), abs=1e-9)

    def test_stochastic_descent_settles_at_the_biased_point(self):
        settled = sampled_mean(self.problem, learning_rate=0.01, threshold=1.0)
        _, biased = fact("F10a").expected
        assert settled == pytest.approx(biased, abs=0.02)


def test_the_symmetric_pair_has_no_pull_at_all_between_minus_two_and_two():
    problem = make("finite_sum", example="symmetric")
    mean = clipped_mean(problem, [-2.1, -2.0, -1.0, 0.0, 0.5, 2.0, 2.1], 1.0)
    assert mean[1:6].tolist() == [0.0] * 5
    assert mean[0] < 0 < mean[6]


class TestTwoPointNoise:
    problem = make("finite_sum", example="two_point", p=0.2, a=2.0)

    def test_the_noise_has_mean_zero_and_the_stated_spread(self):
        grads, weights = example_grads(self.problem, 0.0)[0, :, 0], self.problem.examples.weights
        assert weights @ grads == pytest.approx(0.0, abs=1e-16)
        assert weights @ grads**2 == pytest.approx(1.0, rel=1e-12)
        assert self.problem.minimizers == ((0.0, 0.0),)
        assert self.problem.optimal_value == pytest.approx(0.5, rel=1e-12)

    def test_the_clipped_mean_vanishes_at_a_quarter(self):
        assert 0.25 + clipped_mean(self.problem, 0.25, 1.0)[0] == fact("F10b")
        assert clipped_mean(self.problem, 0.0, 1.0)[0] < 0

    @pytest.mark.parametrize(("p", "a", "threshold"), [(0.1, 3.0, 1.0), (0.3, 2.0, 1.5), (0.5, 1.1, 0.9)])
    def test_the_bias_is_p_times_the_excess_over_one_minus_p(self, p, a, threshold):
        problem = make("finite_sum", example="two_point", p=p, a=a)
        zero = p * (a - threshold) / (1 - p)
        mean = clipped_mean(problem, [zero - 1e-3, zero, zero + 1e-3], threshold)
        assert mean[1] == pytest.approx(0.0, abs=1e-15)
        assert mean[0] < 0 < mean[2]

    def test_stochastic_descent_settles_at_a_quarter_with_clipping_and_at_zero_without(self):
        assert sampled_mean(self.problem, learning_rate=0.01, threshold=1.0) == pytest.approx(0.249, abs=0.005)
        assert sampled_mean(self.problem, learning_rate=0.01, threshold=1e9) == pytest.approx(0.0, abs=0.005)


def sampled_mean(problem, learning_rate, threshold, rows=400, steps=3000, settle=1000):
    """Mean x of many stochastic descents that clip one example at a time, after `settle` steps."""
    rng, clip = np.random.default_rng(6), clip_norm(threshold)
    indices = rng.choice(len(problem.examples.weights), size=(steps, 1, rows), p=problem.examples.weights)
    params, total = np.zeros((2, rows)), 0.0
    for step in range(steps):
        params = params - learning_rate * clip(problem.examples.grads(params, indices[step])[:, 0])
        total += params[0].mean() if step >= settle else 0.0
    return total / (steps - settle)
