"""Every preset claims one thing, and here it is checked; the files are complete and ordinary scenarios.

Those of networks are in `test_network_presets.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

import claims
from clipscape.explain import Verdict
from clipscape.outcomes import Outcome
from clipscape.plan import Plan
from clipscape.presets import Preset, list_presets, load_preset
from clipscape.records import Run
from clipscape.understanding import read_scenario
from scenarios import reach, run_document

LANDSCAPES = [preset for preset in list_presets() if not preset.is_network]
NAMES = [preset.name for preset in LANDSCAPES]
EVERY = pytest.mark.parametrize("preset", LANDSCAPES, ids=NAMES)


@dataclass(frozen=True)
class Shown:
    """A preset after it has run: outcomes and the recorded run, one row per variant."""

    plan: Plan
    run: Run
    verdicts: list[Verdict]

    @property
    def outcomes(self) -> list[Any]:
        return [verdict.outcome for verdict in self.verdicts]

    @property
    def statuses(self) -> list[str]:
        return [outcome.status for outcome in self.outcomes]

    def centre(self, row: int, last: int) -> float:
        """Mean of the first coordinate over the last steps."""
        return float(self.run.params[-last:, row, 0].mean())


@cache
def show(name: str) -> Shown:
    return Shown(*run_document(load_preset(name).scenario))


IDEAS: dict[str, Callable[[], None]] = {}


def idea(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register the test of a preset's idea."""

    def register(test: Callable[[], None]) -> Callable[[], None]:
        IDEAS[name] = test
        return test

    return register


@pytest.mark.parametrize("name", NAMES)
def test_the_idea_of_the_preset_is_true(name: str) -> None:
    assert name in IDEAS, "a preset needs a test of its idea"
    IDEAS[name]()


def test_there_are_at_least_twelve_presets_and_no_idea_without_one() -> None:
    assert len(NAMES) == len(set(NAMES)) >= 12
    assert set(IDEAS) == set(NAMES)
    assert NAMES[0] == "leash-or-cap"


@EVERY
def test_a_preset_is_a_complete_document_in_words_a_visitor_understands(preset: Preset) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", preset.name)
    assert 5 <= len(preset.title) <= 40
    assert preset.idea.endswith(".")
    assert len(preset.idea) <= 200
    assert read_scenario(preset.scenario).as_data() == preset.scenario, "every parameter is spelled out"
    assert 2 <= len(preset.scenario["experiment"]["variants"]) <= 4


@EVERY
def test_every_sentence_of_a_preset_is_true(preset: Preset) -> None:
    shown = show(preset.name)
    for row, verdict in enumerate(shown.verdicts):
        claims.check(verdict.sentence, claims.Row(shown.plan.problem, shown.run, row, reach(shown.plan, row)))


def test_an_unknown_preset_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load_preset("nothing")


def thrown(outcome: Outcome) -> bool:
    return outcome.thrown is not None


@idea("leash-or-cap")
def _() -> None:
    shown = show("leash-or-cap")
    assert [thrown(outcome) for outcome in shown.outcomes] == [True, False, False]
    assert shown.statuses[1:] == ["converged", "converged"]
    assert shown.run.max_angle[1] < 1e-6
    assert shown.run.max_angle[2] > 20


@idea("pascanu-wall")
def _() -> None:
    shown = show("pascanu-wall")
    plain = shown.outcomes[0]
    assert (plain.status, plain.reason, plain.grad_norm) == ("stalled", "flat", 0.0)
    assert thrown(plain)
    assert plain.loss == pytest.approx(0.09)
    assert (shown.run.params[9:, 0] == shown.run.params[9, 0]).all(), "for good"
    assert "below 0.00001" in load_preset("pascanu-wall").idea
    assert (shown.run.best_loss[1:] < 1e-5).all()
    assert shown.statuses[1:] == ["bounded", "bounded"]
    assert not any(thrown(outcome) for outcome in shown.outcomes[1:])
    assert np.nanmax(shown.run.update_norm[:, 1:]) < 0.15


@idea("canyon-bends")
def _() -> None:
    shown = show("canyon-bends")
    assert thrown(shown.outcomes[0])
    assert shown.run.final_loss[0] > 10.0
    assert shown.statuses[1:] == ["converged", "converged"]


@idea("too-tight-too-loose")
def _() -> None:
    shown = show("too-tight-too-loose")
    tight, right, loose = shown.outcomes
    assert (tight.status, right.status) == ("descending", "converged")
    assert shown.run.clip_fraction[0] == 1.0
    assert shown.run.final_loss[0] > 1.0
    assert thrown(loose)
    assert shown.run.clip_fraction[2] == 0.0


@idea("clipping-is-not-convergence")
def _() -> None:
    shown = show("clipping-is-not-convergence")
    assert shown.statuses == ["diverged", "bounded", "bounded"]
    assert [outcome.reason for outcome in shown.outcomes[1:]] == ["floor", "floor"]
    assert [outcome.jump for outcome in shown.outcomes[1:]] == pytest.approx([0.2 * 8.0, 0.2 * 2.0])


@idea("decay-closes-the-gap")
def _() -> None:
    shown = show("decay-closes-the-gap")
    assert shown.statuses == ["bounded", "converged", "diverged"]
    constant, decaying = shown.plan.experiment.variants[:2]
    assert constant.clip == decaying.clip
    assert shown.outcomes[0].reason == "floor"


@idea("ravine-turn")
def _() -> None:
    shown = show("ravine-turn")
    assert shown.statuses == ["converged"] * 3
    assert shown.run.max_angle[[0, 2]] == pytest.approx([0.0, 0.0], abs=1e-6)
    assert "up to 40.5°" in load_preset("ravine-turn").idea
    assert round(float(shown.run.max_angle[1]), 1) == 40.5
    assert (shown.run.clip_fraction > 0).all()


@idea("diverges-on-purpose")
def _() -> None:
    shown = show("diverges-on-purpose")
    assert shown.statuses[0] == "diverged"
    assert shown.outcomes[0].step <= 5
    assert (shown.run.final_loss[1:] < 1e-4 * shown.run.loss[0, 1:]).all()


@idea("clipping-is-faster")
def _() -> None:
    shown = show("clipping-is-faster")
    assert shown.statuses == ["converged", "diverged", "converged"]
    assert (
        f"at step {shown.outcomes[2].step} instead of {shown.outcomes[0].step}"
        in load_preset("clipping-is-faster").idea
    )
    assert shown.plan.chain.learning_rate[2] == 25 * shown.plan.chain.learning_rate[0]


@idea("before-or-after-momentum")
def _() -> None:
    shown = show("before-or-after-momentum")
    longest = np.nanmax(shown.run.update_norm, axis=0)
    assert longest[0] == pytest.approx(7.0 * 0.1, rel=0.03)
    assert longest[1] <= 0.1 * (1 + 1e-12)
    assert shown.statuses == ["converged", "converged", "diverged"]


@idea("one-bad-batch-and-adam")
def _() -> None:
    shown = show("one-bad-batch-and-adam")
    plain = shown.outcomes[0]
    assert (plain.status, plain.reason) == ("stalled", "optimizer")
    assert shown.run.update_norm[20, 0] < 5 * 0.05, "the bad step itself is short"
    assert shown.run.update_norm[200:, 0].max() < 1e-4 * 0.05
    assert shown.statuses[1:] == ["converged", "converged"]
    assert (shown.run.fired[:, 1:].sum(axis=0) == 1).all()


@idea("bias-of-clipping-noise")
def _() -> None:
    """Clipped one by one at c the examples -3, -3, 9 balance at -3 + c / 2."""
    shown = show("bias-of-clipping-noise")
    assert shown.plan.start[:, 0].tolist() == [1.0, 1.0, 1.0]
    assert shown.centre(0, 1000) == pytest.approx(1.0, abs=0.3)
    assert shown.centre(1, 1000) == pytest.approx(-1.0, abs=0.3)
    assert shown.centre(2, 700) == pytest.approx(-2.5, abs=0.1)


@idea("private-gradients")
def _() -> None:
    shown = show("private-gradients")
    assert shown.statuses == ["converged", "stalled", "bounded"]
    assert shown.outcomes[1].reason == "clip"
    assert shown.run.final_params[1, 0] == pytest.approx(1.0 - 3.5, abs=1e-6)
    assert shown.centre(2, 500) == pytest.approx(-2.5, abs=0.1)


@idea("heavy-tails")
def _() -> None:
    shown = show("heavy-tails")
    settled = np.linalg.norm(shown.run.params[200:], axis=-1)
    assert thrown(shown.outcomes[0])
    assert settled[:, 0].max() > 10.0
    assert settled[:, 1:].max() < 1.0


@idea("thresholds-that-adapt")
def _() -> None:
    shown = show("thresholds-that-adapt")
    assert shown.statuses[:3] == ["converged"] * 3
    assert (shown.run.clip_fraction[1:3] > 0).all()
    late = shown.outcomes[3]
    assert thrown(late)
    assert late.thrown.step < 25
    assert not shown.run.fired[:25, 3].any()


@idea("exploding-echo-chamber")
def _() -> None:
    shown = show("exploding-echo-chamber")
    assert shown.run.grad_norm[0, 0] > 1e9
    assert shown.statuses == ["diverged", "converged", "converged"]
    assert shown.outcomes[0].step == 1
    x, y = shown.run.final_params[1:].T
    assert (x * y) ** 25 == pytest.approx([1.0, 1.0], abs=0.05)


@idea("what-clipping-cannot-do")
def _() -> None:
    shown = show("what-clipping-cannot-do")
    assert shown.statuses[:2] == ["stalled", "stalled"]
    assert np.array_equal(shown.run.params[:, 0], shown.run.params[:, 1])
    assert not shown.run.fired[:, 1].any()
    assert np.linalg.norm(shown.run.final_params[2] - shown.plan.start[2]) > 0.4
    assert shown.run.final_loss[2] < 0.5 * shown.run.loss[0, 2]
