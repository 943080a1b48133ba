"""One sentence per row: how it ended, and what the clip did, with numbers. Nothing is said that was not measured."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
import numpy.typing as npt

from clipscape.analysis import DIVERGENCE_LIMIT
from clipscape.headlines import headline
from clipscape.metrics import Summary, summarize, window_diagonal
from clipscape.outcomes import (
    Bounded,
    Converged,
    Descending,
    Diverged,
    Outcome,
    Setting,
    Stalled,
    Throw,
    judging,
)
from clipscape.pausing import at_once
from clipscape.plan import Plan
from clipscape.problems.base import Problem
from clipscape.records import GRADIENT_NOT_FINITE, LEFT_LIMIT, LOSS_NOT_FINITE, Run

Array = npt.NDArray[np.float64]

NO_BREAK = "\u00a0"
"""A space at which no line may end, so that a number stays in one piece."""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Verdict:
    """What is reported about one row."""

    outcome: Outcome
    summary: Summary
    headline: str
    sentence: str


def explain(plan: Plan, run: Run) -> list[Verdict]:
    """Judge, summarize and explain every row of a run that was recorded as series."""
    return at_once(explaining(plan, run))


def explaining(plan: Plan, run: Run) -> Generator[None, None, list[Verdict]]:
    """The same in steps."""
    outcomes = yield from judging(plan.problem, run, setting_of(plan))
    yield
    summaries = summarize(run)
    yield
    clips = [plan.layout.kind("clip", variant) for variant in plan.variant_of]
    return [
        Verdict(outcome, summary, headline(outcome), sentence(plan.problem, outcome, summary, clip))
        for outcome, summary, clip in zip(outcomes, summaries, clips, strict=True)
    ]


def sentence(problem: Problem, outcome: Outcome, summary: Summary, clip: str) -> str:
    """Put an outcome, and what the clip of kind `clip` did, into words."""
    ending = _ending(outcome, problem, summary)
    if outcome.thrown is not None:
        ending = f"{_throw(outcome.thrown)}; {ending[0].lower()}{ending[1:]}"
    clipping = _clipping(summary, clip)
    return f"{ending}; {clipping}." if clipping else f"{ending}."


def number(value: float) -> str:
    """Write a number with three significant digits: 0.00123, 12.3, 4.56 × 10⁷."""
    if value == 0 or 1e-3 <= abs(value) < 9995:
        rounded = float(f"{value:.3g}")
        text = f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:.10f}".rstrip("0")
    else:
        mantissa, exponent = f"{value:.2e}".split("e")
        shown = mantissa.rstrip("0").rstrip(".")
        text = f"{shown}{NO_BREAK}×{NO_BREAK}10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    return text.replace("-", "−")


def point(coordinates: tuple[float, ...], problem: Problem) -> str:
    """Write a point, (1.2, −0.5). What is below a hundred-thousandth of the window's diagonal is written as 0."""
    smallest = 1e-5 * window_diagonal(problem)
    return f"({', '.join(number(x if abs(x) > smallest else 0.0) for x in coordinates)})"


def steps(count: int) -> str:
    """Write a number of steps."""
    return "1 step" if count == 1 else f"{count} steps"


def _ran_out(n_steps: int) -> str:
    """Write when a run ended because it had no steps left."""
    return "when its only step was done" if n_steps == 1 else f"when the {n_steps} steps ran out"


def _over(over: int, n_steps: int) -> str:
    """Write over which part of the run, at its end, something holds."""
    if over > 1:
        return f"over the last {over} steps"
    return "in that step" if n_steps == 1 else "in the last step"


def _change(before: float, after: float) -> str:
    """Write how a loss changed; what three digits cannot tell apart is written as a difference."""
    if number(before) == number(after):
        return f"by {number(abs(after - before))} to {number(after)}"
    return f"from {number(before)} to {number(after)}"


def _above(loss: float, optimum: float | None) -> str:
    """Write how a loss compares with the best possible one."""
    if optimum is None:
        return ""
    if number(loss) == number(optimum):
        return f", {number(loss - optimum)} above the optimum"
    return f" instead of {number(optimum)}"


def _throw(thrown: Throw) -> str:
    return (
        f"Thrown out of the window at step {thrown.step} by one step of length {number(thrown.length)} "
        f"({number(thrown.diagonals)} window diagonals)"
    )


@singledispatch
def _ending(outcome: Outcome, _problem: Problem, _summary: Summary) -> str:
    raise TypeError(f"no sentence for {type(outcome).__name__}")


@_ending.register
def _(outcome: Converged, problem: Problem, summary: Summary) -> str:
    if outcome.minimizer is not None:
        where = f"within {number(outcome.within)} of the minimum at {point(outcome.minimizer, problem)}"
        return f"Converged: from step {outcome.step} on it stays {where}"
    optimum = f"within {number(outcome.within)} of the optimum {number(problem.optimal_value or 0.0)}"
    return f"Converged: from step {outcome.step} on the loss stays {optimum}"


@_ending.register
def _(outcome: Diverged, problem: Problem, summary: Summary) -> str:
    limit = number(DIVERGENCE_LIMIT * window_diagonal(problem))
    reasons = {
        LEFT_LIMIT: (
            f"it is {number(outcome.value)} from the window's centre, beyond the limit of {limit}"
            if np.isfinite(outcome.value)
            else "its position is no longer a finite number"
        ),
        LOSS_NOT_FINITE: "the loss is no longer a finite number",
        GRADIENT_NOT_FINITE: "the gradient is no longer a finite number",
    }
    largest = f", largest gradient norm {number(summary.max_grad_norm)}" if np.isfinite(summary.max_grad_norm) else ""
    return f"Diverged at step {outcome.step}: {reasons[outcome.reason or '']}{largest}"


@_ending.register
def _(outcome: Stalled, problem: Problem, summary: Summary) -> str:
    gradient, update = f"the gradient norm is {number(outcome.grad_norm)}", number(outcome.update_norm)
    reasons = {
        "flat": f"the ground is flat there, {gradient}",
        "clip": f"{gradient}, but the clip lets only {number(outcome.clipped_norm)} through",
        "learning_rate": f"{gradient}, but the learning rate makes steps of {update}",
        "optimizer": f"{gradient}, but the optimizer makes steps of {update}",
    }
    loss = f"loss {number(outcome.loss)}{_above(outcome.loss, problem.optimal_value)}"
    where = f"at {point(outcome.point, problem)} with {loss}"
    return f"Stalled since step {outcome.step} {where}: {reasons[outcome.reason or '']}"


@_ending.register
def _(outcome: Descending, problem: Problem, summary: Summary) -> str:
    fall = f"{_change(outcome.loss_before, outcome.loss_after)} {_over(outcome.over, summary.n_steps)}"
    return f"Still descending {_ran_out(summary.n_steps)}: the loss fell {fall}"


@_ending.register
def _(outcome: Bounded, problem: Problem, summary: Summary) -> str:
    losses = f"loss {number(outcome.loss_low)} to {number(outcome.loss_high)}"
    over = _over(outcome.over, summary.n_steps)
    radius, centre = number(outcome.radius), point(outcome.centre, problem)
    off = "" if outcome.distance is None else f", which is {number(outcome.distance)} from the minimum"
    if outcome.reason == "floor" and outcome.floor is not None and outcome.jump is not None:
        size = "by" if outcome.along == "step" else "in a coordinate by"
        jump = f"jumps to and fro {size} learning rate × threshold = {number(outcome.jump)}"
        since = f"from step {outcome.step} on it" if outcome.period else f"{over} it"
        floor = f"so one of two neighbouring points is always at least {number(outcome.floor)} from any minimum"
        return f"Bounded, not converged: {since} {jump}, {floor}"
    if outcome.reason == "cycle":
        repeats = f"from step {outcome.step} on it repeats every {outcome.period} steps"
        return f"Bounded, not converged: {repeats} within {radius} of {centre}{off}, {losses}"
    if outcome.reason == "rising":
        rise = f"{_change(outcome.loss_before, outcome.loss_after)} {over}"
        return f"Not settled: the loss was rising {_ran_out(summary.n_steps)}, {rise}"
    how = "the noise keeps it moving" if outcome.reason == "noise" else "it neither settles nor repeats"
    return f"Bounded, not converged: {how}; {over} within {radius} of {centre}{off}, {losses}"


def _clipping(summary: Summary, clip: str) -> str:
    """Say at how many steps the clip changed the gradient, and how far it turned it; nothing where there is no clip."""
    if clip == "none":
        return ""
    count = round(summary.clip_fraction * summary.n_steps)
    if count == 0:
        return "the clip never fired"
    share = (
        f"the clip fired at {count} of {steps(summary.n_steps)} ({number(100 * count / summary.n_steps)}{NO_BREAK}%)"
    )
    if not summary.max_angle > 1e-3:
        return share
    return f"{share} and turned the gradient by up to {number(summary.max_angle)}°"


def setting_of(plan: Plan) -> Setting:
    """Collect what the judge must know besides the run."""
    return Setting(
        learning_rate=plan.chain.learning_rate,
        threshold=plan.threshold,
        stochastic=plan.is_random,
    )
