"""Sentences say only what happened: hundreds of random scenarios, every claim recomputed from the recorded run."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import claims
from clipscape.axes import read_axis
from clipscape.explain import Verdict, explain, number
from clipscape.plan import make_plan
from clipscape.simulation import simulate
from clipscape.understanding import read_scenario
from scenarios import clip, document, documents, reach, run_document

SEEN: Counter[str] = Counter()


@settings(
    max_examples=1000, derandomize=True, deadline=None, database=None, phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(drawn=documents())
def test_every_claim_of_every_sentence_holds_in_the_recorded_run(drawn: dict[str, Any]) -> None:
    plan, run, verdicts = run_document(drawn)
    for index, verdict in enumerate(verdicts):
        row = claims.Row(plan.problem, run, index, reach(plan, index))
        SEEN[claims.check(verdict.sentence, row)] += 1
        check_status(verdict, row)


def check_status(verdict: Verdict, row: claims.Row) -> None:
    """What the sentence does not say: nothing else is called by the wrong name either."""
    stopped = row.run.status[row.index] == "diverged"
    assert (verdict.outcome.status == "diverged") == stopped
    if stopped or verdict.outcome.status == "converged" or not row.problem.minimizers:
        return
    points = row.series("params")[-max(4, len(row.series("loss")) // 20 + 1) :]
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    close = row.misses(points).max() <= 0.9e-3 * row.diagonal
    assert not (close and steps.max() <= 1e-6 * row.diagonal), "it rests at a minimum but is not called converged"


def test_the_random_scenarios_reach_every_kind_of_ending() -> None:
    """Runs after the property test: a claim that never occurred has not been tested."""
    if not SEEN:
        pytest.skip("the property test has not run")
    assert set(SEEN) >= {checker.__name__.removeprefix("check_") for checker in claims.CHECKS.values()}
    assert sum(SEEN.values()) > 400


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (-0.5, "−0.5"),
        (0.25, "0.25"),
        (12.345, "12.3"),
        (1234.5, "1230"),
        (0.00123, "0.00123"),
        (9.87e-4, "9.87\u00a0×\u00a010⁻⁴"),
        (1e-17, "1\u00a0×\u00a010⁻¹⁷"),
        (10_000.0, "1\u00a0×\u00a010⁴"),
        (9_996.0, "1\u00a0×\u00a010⁴"),
        (-4.5678e45, "−4.57\u00a0×\u00a010⁴⁵"),
        (0.99999, "1"),
    ],
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_the_sentence_of_a_slider_notch_uses_the_threshold_of_that_notch() -> None:
    """Two notches, two floors: 0.5 x 0.4 / 2 and 0.5 x 0.8 / 2."""
    experiment = read_scenario(ravine_with("norm", max_norm=0.4)).experiment
    plan = make_plan(experiment, read_axis(experiment, "variants.0.threshold", (0.4, 0.8)))
    run = simulate(plan.problem, plan.chain, plan.start, experiment.n_steps, seeds=plan.seeds)
    floors = [verdict.outcome.floor for verdict in explain(plan, run)]  # type: ignore[attr-defined]
    assert floors == pytest.approx([0.1, 0.2])


def ravine_with(kind: str, learning_rate: float = 0.5, **params: float) -> dict[str, Any]:
    """A bowl of curvature 50 across, where steps of 0.5 x gradient overshoot and only the clip bounds them."""
    curvatures = {"curvature_x": 1.0, "curvature_y": 50.0}
    return document(
        "quadratic", clip(kind, **params), learning_rate=learning_rate, params=curvatures, start=[3.0, 2.03]
    )


def test_a_clip_that_never_fires_and_no_clip_are_told_apart() -> None:
    calm = run_document(ravine_with("norm", learning_rate=0.03, max_norm=1e6))[2][0].sentence
    assert calm.endswith("; the clip never fired.")
    assert "clip" not in run_document(ravine_with("none", learning_rate=0.03))[2][0].sentence


@pytest.mark.parametrize(
    ("n_steps", "words"),
    [(1, "when its only step was done: the loss fell "), (2, "when the 2 steps ran out: the loss fell ")],
)
def test_one_step_is_told_in_the_singular(n_steps: int, words: str) -> None:
    drawn = {**ravine_with("norm", learning_rate=0.01, max_norm=10.0)}
    drawn["experiment"] = {**drawn["experiment"], "n_steps": n_steps}
    plan, run, (verdict,) = run_document(drawn)
    claims.check(verdict.sentence, claims.Row(plan.problem, run, 0, reach(plan, 0)))
    assert words in verdict.sentence
    over = "in that step;" if n_steps == 1 else "over the last 2 steps;"
    assert over in verdict.sentence
    assert "1 steps" not in verdict.sentence
    assert "last 1" not in verdict.sentence
