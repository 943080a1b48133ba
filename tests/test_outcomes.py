"""How runs end, on problems whose motion is known in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import claims
from clipscape.explain import setting_of
from clipscape.outcomes import Bounded, Converged, Descending, Diverged, Outcome, Stalled, judge
from clipscape.plan import make_plan
from clipscape.simulation import simulate
from clipscape.understanding import read_scenario
from scenarios import clip, document, reach, run_document

BOWL = {"curvature_x": 1.0, "curvature_y": 1.0}


def outcomes_of(scenario: dict[str, Any]) -> list[Outcome]:
    return [verdict.outcome for verdict in run_document(scenario)[2]]


def outcome_of(problem: str, rule: dict[str, Any], **experiment: Any) -> Any:
    return outcomes_of(document(problem, rule, **experiment))[0]


def test_descent_into_a_bowl_converges_at_the_step_of_the_closed_form() -> None:
    """x_k = 5 x 0.9^k reaches a thousandth of the window's diagonal, 0.015, at k = 56."""
    outcome = outcome_of("quadratic", clip("none"), learning_rate=0.1, params=BOWL, start=[5.0, 0.0], n_steps=200)
    assert isinstance(outcome, Converged)
    assert outcome.step == int(np.ceil(np.log(0.015 / 5.0) / np.log(0.9)))
    assert outcome.minimizer == (0.0, 0.0)
    assert outcome.within == pytest.approx(0.015)


def test_a_run_that_only_just_arrives_is_still_descending() -> None:
    outcome = outcome_of("quadratic", clip("none"), learning_rate=0.1, params=BOWL, start=[5.0, 0.0], n_steps=57)
    assert isinstance(outcome, Descending)
    assert outcome.loss_after < outcome.loss_before


def test_clipping_bounds_an_unstable_run_but_does_not_make_it_converge() -> None:
    """f = x^2 / 2, learning rate 2.5, threshold 1, from 10.3: the two-cycle -1.0125, 1.4875."""
    bowl = document("quadratic", clip("norm", max_norm=1.0), learning_rate=2.5, params=BOWL, start=[10.3, 0.0])
    _plan, run, verdicts = run_document(bowl)
    outcome = verdicts[0].outcome
    assert sorted(run.params[-2:, 0, 0].tolist()) == pytest.approx([-1.0125, 1.4875], abs=1e-9)
    assert isinstance(outcome, Bounded)
    assert (outcome.reason, outcome.period, outcome.along) == ("floor", 2, "step")
    assert outcome.jump == pytest.approx(2.5)
    assert outcome.floor == pytest.approx(1.25)


def test_normalised_descent_ends_in_a_two_cycle() -> None:
    """Learning rate 0.1 from 1.05: +-0.05 for ever. The rule has no threshold, so no floor is named after one."""
    rule = clip("normalized", beta=0.0)
    outcome = outcome_of("quadratic", rule, learning_rate=0.1, params=BOWL, start=[1.05, 0.0])
    assert (outcome.status, outcome.reason, outcome.period) == ("bounded", "cycle", 2)
    assert outcome.radius == pytest.approx(0.05)
    assert outcome.distance == pytest.approx(0.0, abs=1e-9)


def test_an_unclipped_overshoot_of_factor_minus_one_is_a_cycle_without_a_floor() -> None:
    """Learning rate 2 on curvature 1: x -> -x. The threshold of 100 is never reached and not blamed."""
    rule = clip("norm", max_norm=100.0)
    outcome = outcome_of("quadratic", rule, learning_rate=2.0, params=BOWL, start=[3.0, 0.0])
    assert (outcome.status, outcome.reason, outcome.period, outcome.floor) == ("bounded", "cycle", 2, None)


def test_a_jump_that_happens_to_be_as_long_as_the_threshold_allows_is_not_put_down_to_it() -> None:
    """The same jump of 6 with a threshold of exactly 3: learning rate x threshold is 6, but the clip never fires."""
    rule = clip("norm", max_norm=3.0)
    outcome = outcome_of("quadratic", rule, learning_rate=2.0, params=BOWL, start=[3.0, 0.0])
    assert (outcome.reason, outcome.radius, outcome.floor) == ("cycle", pytest.approx(3.0), None)


def test_jumping_is_claimed_only_for_the_steps_that_jumped() -> None:
    """79 steps of 0.5 down to the floor leave twenty-odd of 100 for jumping, fewer than a quarter of the run."""
    steep = {"curvature_x": 1.0, "curvature_y": 50.0}
    rule = clip("norm", max_norm=5.0)
    late = document("quadratic", rule, learning_rate=0.1, params=steep, start=[0.3, 40.03], n_steps=100)
    plan, run, verdicts = run_document(late)
    assert verdicts[0].outcome.reason == "floor"
    assert claims.check(verdicts[0].sentence, claims.Row(plan.problem, run, 0, reach(plan, 0))) == "floor"


def test_value_clipping_jumps_along_a_coordinate() -> None:
    """Curvature 50, learning rate 0.1: y jumps by 0.5 while x has converged."""
    rule = clip("value", clip_value=5.0)
    steep = {"curvature_x": 1.0, "curvature_y": 50.0}
    outcome = outcome_of("quadratic", rule, learning_rate=0.1, params=steep, start=[3.0, 4.03])
    assert (outcome.reason, outcome.jump, outcome.floor) == ("floor", pytest.approx(0.5), pytest.approx(0.25))


RAVINE = {"learning_rate": 0.1, "params": {"curvature_x": 1.0, "curvature_y": 50.0}}


def test_what_creeps_at_one_speed_all_the_time_is_stalled_from_its_start() -> None:
    """Steps of 3e-6: the whole path is too long to be called no motion, every tenth of it is not."""
    outcome = outcome_of("quadratic", clip("none"), learning_rate=1e-6, start=[3.0, 0.0], n_steps=4000)
    assert (outcome.status, outcome.reason, outcome.step) == ("stalled", "learning_rate", 0)


class TestReplayedErrors:
    """What another simulator's page says wrongly about f = x^2 / 2 + 25 y^2 from (9, 4) at learning rate 0.1."""

    @pytest.mark.parametrize("n_steps", [100, 300])
    def test_norm_clipping_at_5_is_bounded_at_a_quarter_not_converged(self, n_steps: int) -> None:
        """It jumps between y = +0.25 and -0.25, half of learning rate x threshold, at a loss of about 1.56."""
        ravine = document("quadratic", clip("norm", max_norm=5.0), start=[9.0, 4.0], n_steps=n_steps, **RAVINE)
        _plan, run, verdicts = run_document(ravine)
        outcome = verdicts[0].outcome
        assert isinstance(outcome, Bounded)
        assert outcome.reason == "floor"
        assert outcome.floor == pytest.approx(0.25)
        assert np.abs(run.params[-2:, 0, 1]) == pytest.approx(0.25, abs=1e-3)
        assert run.final_loss[0] == pytest.approx(1.5625 if n_steps == 300 else 1.58, abs=0.01)

    def test_value_clipping_converges_there_only_from_a_lucky_start(self) -> None:
        """From y = 4, a multiple of 0.5, it lands on the floor; from 4.03 it jumps to and fro at a loss of 3.6."""
        rule = clip("value", clip_value=5.0)
        lucky = outcome_of("quadratic", rule, start=[9.0, 4.0], n_steps=300, **RAVINE)
        assert lucky.status == "converged"
        _plan, run, verdicts = run_document(document("quadratic", rule, start=[9.0, 4.03], n_steps=100, **RAVINE))
        assert verdicts[0].outcome.reason == "floor"
        assert run.final_loss[0] == pytest.approx(3.61, abs=0.01)

    def test_a_larger_learning_rate_makes_the_stuck_run_worse(self) -> None:
        """Threshold 20: stuck at 37.4; at learning rate 0.2 at 208.5, at 0.03 it comes down to 0.12."""
        expected = [(0.1, 37.4), (0.2, 208.5), (0.03, 0.12)]
        for learning_rate, loss in expected:
            ravine = {**RAVINE, "learning_rate": learning_rate}
            stuck = document("quadratic", clip("norm", max_norm=20.0), start=[9.0, 4.0], n_steps=100, **ravine)
            _plan, run, verdicts = run_document(stuck)
            assert run.final_loss[0] == pytest.approx(loss, rel=0.05)
            assert verdicts[0].outcome.status == ("descending" if learning_rate == 0.03 else "bounded")


def test_a_run_thrown_onto_a_plateau_is_stalled_and_says_how_it_got_there() -> None:
    """One step off the wall at w = 5, learning rate 0.1: to (46.187063, 63.555983), where the gradient is exactly 0."""
    on_the_wall = [5.0, 0.5 - 5.0 * 0.6224593312]
    outcome = outcome_of("recurrent_unit", clip("none"), learning_rate=0.1, start=on_the_wall, n_steps=100)
    assert isinstance(outcome, Stalled)
    assert (outcome.reason, outcome.step, outcome.grad_norm) == ("flat", 1, 0.0)
    assert outcome.point == pytest.approx((46.187063, 63.555983), rel=1e-6)
    assert outcome.loss == pytest.approx(0.09)
    assert outcome.thrown is not None
    assert (outcome.thrown.step, outcome.thrown.length) == (0, pytest.approx(77.94, abs=0.01))


def test_a_run_stalls_where_the_clipped_examples_cancel() -> None:
    """Examples -3, -3, 9, clipped one by one at 1: it rests at -2.5 although the gradient there is 3.5 long."""
    rule, params = clip("per_example", max_norm=1.0), {"example": "chen", "batch_size": 0}
    outcome = outcome_of("finite_sum", rule, learning_rate=0.1, params=params, start=[4.0, 0.0], n_steps=1000)
    assert isinstance(outcome, Stalled)
    assert (outcome.reason, outcome.grad_norm) == ("clip", pytest.approx(3.5))
    assert outcome.point[0] == pytest.approx(-2.5)
    assert outcome.clipped_norm < 1e-6


def test_a_tiny_threshold_is_named_as_the_cause_of_a_stall() -> None:
    outcome = outcome_of("quadratic", clip("norm", max_norm=1e-6), learning_rate=0.1)
    assert (outcome.status, outcome.reason, outcome.step) == ("stalled", "clip", 0)


def test_a_learning_rate_that_has_faded_is_named_as_the_cause_of_a_stall() -> None:
    schedule = {"kind": "exponential", "params": {"decay": 0.5}}
    outcome = outcome_of("quadratic", clip("none"), learning_rate=0.1, schedule=schedule)
    assert (outcome.status, outcome.reason) == ("stalled", "learning_rate")


def test_a_clip_that_fires_is_not_blamed_where_the_learning_rate_is_the_cause() -> None:
    outcome = outcome_of("quadratic", clip("norm", max_norm=1.0), learning_rate=1e-6)
    assert (outcome.status, outcome.reason) == ("stalled", "learning_rate")


def test_a_spike_in_adams_memory_is_named_as_the_cause_of_a_stall() -> None:
    frozen = document(
        "quadratic",
        clip("none"),
        clip("norm", max_norm=1.0),
        learning_rate=0.01,
        noise={"kind": "bad_batch", "params": {"step": 20, "factor": 1e7}},
        optimizer={"kind": "adam", "params": {"learning_rate": 0.01}},
        n_steps=300,
    )
    plain, clipped = outcomes_of(frozen)
    assert (plain.status, plain.reason) == ("stalled", "optimizer")
    assert clipped.status == "descending"


def test_noise_gives_a_band_not_a_cycle() -> None:
    """Descent with noise of standard deviation 0.5 at learning rate 0.1: sd sqrt(0.1 / 1.9) x 0.5 = 0.115."""
    noise = {"kind": "gaussian", "params": {"std": 0.5}}
    scenario = document("quadratic", clip("none"), learning_rate=0.1, params=BOWL, noise=noise, n_steps=2000)
    _plan, run, verdicts = run_document(scenario)
    outcome = verdicts[0].outcome
    assert isinstance(outcome, Bounded)
    assert (outcome.reason, outcome.period) == ("noise", None)
    assert outcome.distance is not None
    assert outcome.distance < 0.1 < outcome.radius < 0.7
    assert run.params[500:, 0].std() == pytest.approx(0.115, rel=0.15)


@pytest.mark.parametrize("seed", range(12))
def test_noise_that_stays_near_the_minimum_is_still_a_band(seed: int) -> None:
    """A band of a third of the tolerance: whether it happens to shrink towards the end is luck, not convergence."""
    noise = {"kind": "gaussian", "params": {"std": 0.01}}
    rule = clip("none")
    outcome = outcome_of(
        "quadratic", rule, learning_rate=0.1, params=BOWL, noise=noise, start=[0.0, 0.0], n_steps=120, seed=seed
    )
    assert outcome.status == "bounded"


def test_sampling_counts_as_noise_and_the_full_sum_does_not() -> None:
    for batch_size, random in ((1, True), (0, False)):
        scenario = document("finite_sum", clip("none"), learning_rate=0.1, params={"batch_size": batch_size})
        plan = make_plan(read_scenario(scenario).experiment)
        assert setting_of(plan).stochastic.tolist() == [random]


def test_divergence_tells_step_reason_and_value() -> None:
    """x -> (1 - 3) x = -2 x from 1: beyond 1.5e7 from the centre after 24 steps, 2^24 = 16777216."""
    outcome = outcome_of("quadratic", clip("none"), learning_rate=3.0, params=BOWL, start=[1.0, 0.0])
    assert isinstance(outcome, Diverged)
    assert (outcome.step, outcome.reason, outcome.value) == (24, "left_limit", 2.0**24)


def test_a_rising_loss_is_not_called_anything_better() -> None:
    """x -> -1.001 x grows by a tenth of a percent each step: it has neither diverged nor settled."""
    outcome = outcome_of("quadratic", clip("none"), learning_rate=2.001, params=BOWL, start=[1.0, 0.0])
    assert (outcome.status, outcome.reason) == ("bounded", "rising")


def test_a_curve_of_minima_is_reached_in_loss() -> None:
    rule = clip("norm", max_norm=1.0)
    outcome = outcome_of("deep_chain", rule, learning_rate=0.01, params={"depth": 4}, start=[1.3, 1.1], n_steps=500)
    assert isinstance(outcome, Converged)
    assert (outcome.reason, outcome.minimizer) == ("optimal_loss", None)


def test_a_start_in_the_minimum_has_converged_at_step_0() -> None:
    outcome = outcome_of("quadratic", clip("none"), learning_rate=0.1, params=BOWL, start=[0.0, 0.0], n_steps=1)
    assert (outcome.status, outcome.step) == ("converged", 0)


def test_a_row_is_judged_the_same_alone_and_in_company() -> None:
    rules = [clip("none"), clip("norm", max_norm=0.5), clip("value", clip_value=2.0), clip("autoclip", percentile=10.0)]
    together = outcomes_of(document("cliff", *rules, learning_rate=0.2))
    alone = [outcomes_of(document("cliff", rule, learning_rate=0.2))[0] for rule in rules]
    assert together == alone


def test_a_run_without_series_is_refused() -> None:
    plan = make_plan(read_scenario(document("cliff", clip("none"), learning_rate=0.1)).experiment)
    run = simulate(plan.problem, plan.chain, plan.start, 50, record="summary")
    with pytest.raises(ValueError, match="series"):
        judge(plan.problem, run, setting_of(plan))
