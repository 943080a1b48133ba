"""Facts of the literature that only a whole run can show, at their stated tolerances, through the engine itself.

Sources: Pascanu, Mikolov, Bengio (2013) for the wall; Zhang, He, Sra, Jadbabaie (2020) for the exponential cliff and
x^4; Chen, Wu, Hong (2020) and Koloskova, Hendrikx, Stich (2023) for the bias of clipped noise; the numbers themselves
come from closed forms or were computed once by independent scripts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from clipscape.chain import Chain
from clipscape.clipping import CLIPPERS
from clipscape.optimizers import OPTIMIZERS
from clipscape.problems import PROBLEMS
from clipscape.problems.base import Problem
from clipscape.records import Run
from clipscape.simulation import simulate
from clipscape.transforms import IDENTITY, Transform
from facts import fact, stated

Array = npt.NDArray[np.float64]


def problem(kind: str, **params: Any) -> Problem:
    made = PROBLEMS[kind].make(**{**PROBLEMS[kind].defaults(), **params})
    assert isinstance(made, Problem)
    return made


def norm_clip(threshold: float, rows: int = 1) -> Transform:
    made = CLIPPERS["norm"].make(max_norm=np.full(rows, threshold), epsilon=np.zeros(rows))
    assert isinstance(made, Transform)
    return made


def value_clip(threshold: float) -> Transform:
    made = CLIPPERS["value"].make(clip_value=np.array([threshold]))
    assert isinstance(made, Transform)
    return made


def run(
    landscape: Problem,
    start: npt.ArrayLike,
    learning_rate: float,
    n_steps: int,
    clip: Transform = IDENTITY,
    **options: Any,
) -> Run:
    origin = np.atleast_2d(np.asarray(start, dtype=np.float64))
    chain = Chain(learning_rate=np.full(len(origin), learning_rate), clip=clip)
    return simulate(landscape, chain, origin, n_steps, **options)


def iterations(
    landscape: Problem, x: float, learning_rate: float, limit: int, clip: Transform = IDENTITY
) -> int | None:
    """Steps until |df/dx| <= 1e-3 on the line y = 0, or None."""
    finished = run(landscape, [x, 0.0], learning_rate, limit, clip)
    small = np.abs(finished.grad[:, 0, 0]) <= 1e-3
    return int(small.argmax()) if small.any() else None


class TestOneStepOffTheWall:
    """w = 5 on the wall b = 0.5 - 0.6224593312 w, learning rate 0.1."""

    START = (5.0, 0.5 - 5.0 / (1.0 + np.exp(-0.5)))

    @pytest.mark.parametrize(
        ("clip", "point", "loss"),
        [
            (IDENTITY, (46.187063, 63.555983), 0.09),
            (norm_clip(1.0), (5.0528447, -2.5274000), 0.0258701),
            (value_clip(1.0), (5.1, -2.5122967), 0.0309948),
        ],
        ids=["plain", "norm", "value"],
    )
    def test_lands_where_it_should(self, clip: Transform, point: tuple[float, float], loss: float) -> None:
        finished = run(problem("recurrent_unit"), self.START, 0.1, 1, clip)
        where = "one step off the wall, by the engine's loop: where it lands" + (
            "" if clip is IDENTITY else ", clipped"
        )
        assert finished.params[1, 0] == stated(where, point, abs=6e-7 if clip is IDENTITY else 6e-8)
        assert finished.loss[1, 0] == stated("one step off the wall: the loss there", loss, abs=6e-8)

    def test_the_plain_run_is_stuck_there_for_good(self) -> None:
        finished = run(problem("recurrent_unit"), self.START, 0.1, 200)
        assert (finished.grad[1:] == 0.0).all()
        assert np.array_equal(finished.params[1], finished.params[-1])


def wall_starts() -> Array:
    """441 starts around the wall, `(441, 2)`."""
    weight, bias = np.meshgrid(np.linspace(5.0, 6.0, 21), np.linspace(-3.4, -2.4, 21))
    return np.stack([weight.ravel(), bias.ravel()], axis=1)


def lost(finished: Run) -> int:
    """Runs that took a step longer than 1, or ended with a loss above 0.05."""
    leaps = np.nanmax(finished.update_norm, axis=0) > 1.0
    return int((leaps | ~(finished.final_loss <= 0.05)).sum())


class TestEnsembleOnTheWall:
    """441 starts, 1000 steps; single runs are chaotic, counts are not."""

    @pytest.mark.parametrize(("learning_rate", "count"), [(0.1, 419), (0.2, 393)])
    def test_most_plain_runs_are_lost(self, learning_rate: float, count: int) -> None:
        finished = run(problem("recurrent_unit"), wall_starts(), learning_rate, 1000)
        assert lost(finished) == stated(f"441 starts at the wall, lr {learning_rate:g}: {count} are lost", count, abs=5)

    @pytest.mark.parametrize(
        ("learning_rate", "threshold", "low", "high"),
        [(0.1, 0.5, 4.34, 4.36), (0.1, 1.0, 4.34, 4.36), (0.1, 2.0, 4.34, 4.36), (0.2, 1.0, 4.20, 4.22)],
    )
    def test_no_clipped_run_is_lost(self, learning_rate: float, threshold: float, low: float, high: float) -> None:
        finished = run(problem("recurrent_unit"), wall_starts(), learning_rate, 1000, norm_clip(threshold, 441))
        assert lost(finished) == stated("441 starts at the wall, clipped at 0.5 to 2: none is lost", 0)
        assert np.median(finished.loss[-100:]) < 1e-4
        weight = finished.final_params[:, 0]
        assert np.mean((weight >= low) & (weight <= high)) >= 0.9

    def test_too_small_a_threshold_is_slow_but_throws_nobody(self) -> None:
        finished = run(problem("recurrent_unit"), wall_starts(), 0.05, 1000, norm_clip(0.1, 441))
        assert finished.update_norm.max() <= 0.05 * 0.1 * (1 + 1e-12)
        assert lost(finished) == stated("441 starts at the wall, clipped at 0.1, lr 0.05: 112 are slow", 112, abs=5)


class TestExponentialCliff:
    """L0 = L1 = 1 from x = 10, where f = f' = e^9 = 8103.08; stop at |f'| <= 1e-3."""

    LARGEST_STEP = 20.0 / np.exp(9.0)

    def test_clipped_descent_needs_156_iterations(self) -> None:
        needed = iterations(problem("exponential_cliff"), 10.0, 0.1, 400, norm_clip(1.0))
        assert needed == stated("exponential cliff from 10, clipped: 156 iterations", 156, abs=1)

    def test_the_largest_fixed_step_is_20_over_m(self) -> None:
        """0.0024682: one percent above diverges, one percent below needs 3231."""
        cliff = problem("exponential_cliff")
        assert (
            stated("exponential cliff: largest fixed step 20/M = 0.0024682", 0.0024682, abs=5e-8) == self.LARGEST_STEP
        )
        assert run(cliff, [10.0, 0.0], 1.01 * self.LARGEST_STEP, 100).status[0] == "diverged"
        needed = iterations(cliff, 10.0, 0.99 * self.LARGEST_STEP, 4000)
        assert needed == stated("exponential cliff, 1 % below the largest step: 3231 iterations", 3231, abs=1)

    def test_the_step_of_the_theorem_needs_a_hundred_and_twenty_thousand(self) -> None:
        """1 / (2 (M + 1)): 128,161 iterations."""
        step = 1.0 / (2.0 * (np.exp(9.0) + 1.0))
        needed = iterations(problem("exponential_cliff"), 10.0, step, 130_000)
        assert needed == stated("exponential cliff, step of the theorem: 128,161 iterations", 128_161, abs=1)


class TestQuartic:
    """x^4 from 10: plain descent diverges exactly when learning_rate * x0^2 > 1/2."""

    def test_a_step_below_the_limit_crawls_and_one_above_it_diverges(self) -> None:
        needed = iterations(problem("quartic"), 10.0, 0.004, 9000)
        assert needed == stated("x⁴ from 10, plain descent just below the limit: 7867 iterations", 7867, abs=1)
        assert run(problem("quartic"), [10.0, 0.0], 0.006, 200).status[0] == "diverged"

    def test_clipping_allows_a_step_25_times_as_large(self) -> None:
        needed = iterations(problem("quartic"), 10.0, 0.1, 1000, norm_clip(1.0))
        assert needed == stated("x⁴ from 10, clipped, a step 25 times as large: 403 iterations", 403, abs=1)


class TestQuadratic:
    """f = x^2 / 2."""

    BOWL = problem("quadratic", curvature_x=1.0, curvature_y=1.0)

    def test_ninety_equal_steps_and_then_the_geometric_series(self) -> None:
        finished = run(self.BOWL, [10.0, 0.0], 0.1, 100, norm_clip(1.0))
        x = finished.params[:, 0, 0]
        assert x[:91] == pytest.approx(10.0 - 0.1 * np.arange(91), abs=1e-12)
        assert x[100] == pytest.approx(0.3486784401, rel=1e-9)

    def test_a_learning_rate_of_two_and_a_half_ends_in_a_two_cycle(self) -> None:
        x = run(self.BOWL, [10.3, 0.0], 2.5, 300, norm_clip(1.0)).params[-2:, 0, 0]
        assert sorted(x.tolist()) == pytest.approx([-1.0125, 1.4875], rel=1e-9)
        assert np.abs(x).max() <= 2.5 * 1.0

    def test_normalised_descent_jumps_over_the_minimum_for_ever(self) -> None:
        clip = CLIPPERS["normalized"].make(beta=np.zeros(1))
        x = run(self.BOWL, [1.05, 0.0], 0.1, 101, clip).params[-2:, 0, 0]
        assert sorted(x.tolist()) == stated("normalised descent: two-cycle at ∓ lr / 2", [-0.05, 0.05], rel=1e-9)


class TestBiasOfClippedExamples:
    """Examples -3, -3, 9: the mean is 1, clipped one by one at c they balance at -3 + c/2 (up to c = 8)."""

    def sampled(self, threshold: float | None, n_steps: int = 40_000, **params: Any) -> float:
        """Mean position after a tenth of the run, over eight seeds, one example per step, learning rate 0.01."""
        clip = IDENTITY if threshold is None else norm_clip(threshold, 8)
        start = np.tile([0.0, 0.0], (8, 1))
        landscape = problem("finite_sum", batch_size=1, **params)
        finished = run(landscape, start, 0.01, n_steps, clip, seeds=np.arange(8))
        return float(finished.params[n_steps // 10 :, :, 0].mean())

    def test_simulated_descent_settles_at_minus_two_and_a_half(self) -> None:
        ends = self.sampled(1.0, example="chen")
        assert ends == stated("Chen's three examples, sampled and clipped at 1: settles at -2.5", -2.5, abs=0.02)

    @pytest.mark.parametrize("threshold", [1.0, 4.0, 8.0, 12.0])
    def test_per_example_clipping_rests_where_the_formula_says(self, threshold: float) -> None:
        clip = CLIPPERS["per_example"].make(max_norm=np.array([threshold]), noise_multiplier=np.zeros(1))
        finished = run(problem("finite_sum", example="chen", batch_size=0), [0.7, 0.0], 0.1, 3000, clip)
        rests = stated(
            "the same, clipped per example at c: rests at min(-3 + c/2, 1)", min(-3 + threshold / 2, 1), rel=1e-9
        )
        assert finished.final_params[0, 0] == rests

    def test_the_clipped_mean_at_the_optimum_is_one_third(self) -> None:
        clip = CLIPPERS["per_example"].make(max_norm=np.ones(1), noise_multiplier=np.zeros(1))
        finished = run(problem("finite_sum", example="chen", batch_size=0), [1.0, 0.0], 0.1, 1, clip)
        assert finished.clipped[0, 0, 0] == pytest.approx(1.0 / 3.0, rel=1e-12)

    def test_clipping_the_full_mean_has_no_bias(self) -> None:
        finished = run(problem("finite_sum", example="chen", batch_size=0), [7.0, 0.0], 0.1, 1000, norm_clip(1.0))
        assert finished.final_params[0, 0] == pytest.approx(1.0, rel=1e-9)

    def test_two_opposite_examples_leave_a_whole_interval_without_gradient(self) -> None:
        """a = (-3, 3), c = 1: nothing moves on [-2, 2]."""
        clip = CLIPPERS["per_example"].make(max_norm=np.ones(5), noise_multiplier=np.zeros(5))
        start = np.stack([np.linspace(-1.99, 1.99, 5), np.zeros(5)], axis=1)
        finished = run(problem("finite_sum", example="symmetric", batch_size=0), start, 0.1, 100, clip)
        assert finished.final_params == pytest.approx(start, abs=1e-12)

    def test_two_point_noise_shifts_the_answer_by_a_quarter(self) -> None:
        """p = 0.2, a = 2, c = 1: x* = p (a - c) / (1 - p) = 0.25; without clipping 0."""
        noise = {"example": "two_point", "p": 0.2, "a": 2.0}
        clipped, plain = self.sampled(1.0, 60_000, **noise), self.sampled(None, 200_000, **noise)
        assert clipped == stated("two-point noise, sampled and clipped: settles at 0.249", 0.249, abs=0.005)
        assert plain == stated("two-point noise, sampled, without a clip: settles at 0", 0.0, abs=0.005)


class TestMomentumAndAdam:
    """A slope of 1: learning rate 0.1 and threshold 1, by the loop."""

    def steps(self, optimizer: Transform, start: float, n_steps: int, clip: Transform) -> Array:
        chain = Chain(learning_rate=np.array([0.1]), clip=clip, optimizer=optimizer)
        bowl = problem("quadratic", curvature_x=1.0, curvature_y=1.0)
        return simulate(bowl, chain, [[start, 0.0]], n_steps).update_norm[:, 0]

    def test_momentum_adds_clipped_gradients_up_to_ten_times_the_step(self) -> None:
        momentum = OPTIMIZERS["momentum"].make(learning_rate=np.array([0.1]), momentum=np.array([0.9]))
        steps = self.steps(momentum, 1000.0, 600, norm_clip(1.0))
        assert [*steps[[0, 1, 9]], steps[-1]] == fact("F15")

    def test_adam_takes_the_same_step_whatever_the_threshold(self) -> None:
        """A constant gradient of 1000 or of 1: the same step within 1e-8."""
        made = {name: np.array([float(value)]) for name, value in OPTIMIZERS["adam"].defaults().items()}
        small = self.steps(OPTIMIZERS["adam"].make(**made), 1e6, 200, norm_clip(1.0))
        large = self.steps(OPTIMIZERS["adam"].make(**made), 1e6, 200, norm_clip(1000.0))
        assert small == stated("Adam under a constant gradient: every step is lr", np.full(200, 0.1), rel=2e-8)
        assert large == pytest.approx(small, rel=2e-8)
