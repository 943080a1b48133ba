"""One sentence per trained row: how it ended and what the clip did, with numbers that were measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from clipscape.explain import NO_BREAK, number
from clipscape.outcomes.training import TrainingSummary, judge_training, summarize_training
from clipscape.outcomes.training_kinds import (
    BlewUp,
    HeldOut,
    Learning,
    Solved,
    Stuck,
    TrainingOutcome,
    Unsettled,
)
from clipscape.plan import Plan
from clipscape.problems.training import Task
from clipscape.records import GRADIENT_NOT_FINITE, LOSS_NOT_FINITE
from clipscape.training import TrainingRun

_UNSETTLED = {
    "lost": "Lost what it learned",
    "rising": "Held-out loss rising",
    "above_baseline": "Worse than guessing",
    "plateau": "No more progress",
}


@dataclass(frozen=True)
class TrainingVerdict:
    """What is reported about one trained row; read like an `explain.Verdict`."""

    outcome: TrainingOutcome
    summary: TrainingSummary
    headline: str
    sentence: str


def explain_training(plan: Plan, run: TrainingRun) -> list[TrainingVerdict]:
    """Judge, summarize and explain every row of a finished training."""
    training = plan.problem.training
    assert training is not None
    outcomes = judge_training(training, run)
    clips = [plan.layout.kind("clip", variant) for variant in plan.variant_of]
    return [
        TrainingVerdict(
            outcome, summary, headline(outcome, training.task), sentence(training.task, outcome, summary, clip)
        )
        for outcome, summary, clip in zip(outcomes, summarize_training(run, outcomes), clips, strict=True)
    ]


def sentence(task: Task, outcome: TrainingOutcome, summary: TrainingSummary, clip: str) -> str:
    """Put an outcome, and what the clip of kind `clip` did, into words."""
    parts, early = [_ending(outcome, task), _clipping(summary, clip)], ""
    if outcome.waited is not None:
        waited = f"{outcome.waited} evaluation{'s' if outcome.waited > 1 else ''} without a better held-out loss"
        early = f"Stopped early after {updates(summary.n_steps)}, {waited}. "
    if summary.n_steps:
        parts.append(f"largest gradient norm {number(summary.max_grad_norm)}")
    return early + "; ".join(part for part in parts if part) + "."


def updates(count: int) -> str:
    """Write a number of updates."""
    return "1 update" if count == 1 else f"{count} updates"


def _over(count: int) -> str:
    """Write over which part of the training, at its end, something holds."""
    return "in the last update" if count == 1 else f"over the last {count} updates"


def _between(low: float, high: float) -> str:
    """Write a range, or the number where three digits cannot tell its ends apart."""
    return f"at {number(low)}" if number(low) == number(high) else f"between {number(low)} and {number(high)}"


def percent(share: float) -> str:
    """Write a share in percent."""
    return f"{number(100.0 * share)}{NO_BREAK}%"


def _standing(held_out: HeldOut, task: Task) -> str:
    """What comes behind a held-out loss: what the best blind guess scores, and the accuracy where there is one."""
    guess = f"{task.baseline.label}: {number(task.baseline.loss)}"
    if held_out.accuracy is None:
        return f" ({guess})"
    chance = "" if task.baseline.accuracy is None else f" (guessing: {percent(task.baseline.accuracy)})"
    return f" ({guess}), accuracy {percent(held_out.accuracy)}{chance}"


@singledispatch
def _ending(outcome: TrainingOutcome, task: Task) -> str:
    raise TypeError(f"no sentence for {type(outcome).__name__}")


@_ending.register
def _(outcome: Solved, task: Task) -> str:
    since = f"from update {outcome.step} on" if outcome.step else "from the start"
    now = f"after {updates(outcome.held_out.step)} the held-out loss is {number(outcome.held_out.loss)}"
    return f"Solved {since} ({task.solved.label}): {now}{_standing(outcome.held_out, task)}"


@_ending.register
def _(outcome: Learning, task: Task) -> str:
    fall = f"fell from {number(outcome.loss_before)} to {number(outcome.held_out.loss)}"
    still = (
        "Still learning"
        if outcome.held_out.loss <= task.baseline.loss
        else "Still no better than guessing, but improving"
    )
    over = _over(outcome.over)
    return f"{still}: {over} the held-out loss {fall}{_standing(outcome.held_out, task)}"


@_ending.register
def _(outcome: Stuck, task: Task) -> str:
    since = f"since update {outcome.step}" if outcome.step else "from the start"
    stays = f"the held-out loss stays {_between(outcome.loss_low, outcome.loss_high)}"
    return f"Stuck at the baseline {since}: {stays}{_standing(outcome.held_out, task)}"


@_ending.register
def _(outcome: Unsettled, task: Task) -> str:
    standing, over = _standing(outcome.held_out, task), _over(outcome.over)
    if outcome.reason == "held_out_not_finite":
        return "Not solved: on held-out sequences the loss is no longer a finite number, on the minibatches it still is"
    held_out = outcome.held_out
    if outcome.reason == "lost":
        best = f"the held-out loss was {number(held_out.best_loss)} after {updates(held_out.best_step)}"
        now = f"after {updates(held_out.step)} it is {number(held_out.loss)}{standing}"
        return f"Not solved: it lost what it had learned, {best}, {now}"
    if outcome.reason == "rising":
        rise = f"rose from {number(outcome.loss_before)} to {number(outcome.held_out.loss)}"
        best = f"its best was {number(outcome.held_out.best_loss)} after {updates(outcome.held_out.best_step)}"
        return f"Not solved: {over} the held-out loss {rise}{standing}, {best}"
    span = f"{over} the held-out loss was {_between(outcome.loss_low, outcome.loss_high)}{standing}"
    worse = "it does worse than guessing" if outcome.reason == "above_baseline" else "it makes no more progress"
    return f"Not solved: {worse}, {span}"


@_ending.register
def _(outcome: BlewUp, task: Task) -> str:
    where = "" if outcome.tensor is None else f" in {outcome.tensor}"
    if outcome.reason == LOSS_NOT_FINITE:
        what = "the loss is no longer a finite number"
        what += f", nor is the gradient{where}" if where else ""
    elif outcome.reason == GRADIENT_NOT_FINITE:
        what = f"the gradient is no longer finite{where}"
    else:
        what = f"the weights are no longer finite{where}"
    held_out = outcome.held_out
    if not held_out.loss < float("inf"):
        return f"Diverged at update {outcome.step}: {what}"
    last = f"the held-out loss was {number(held_out.loss)} after {updates(held_out.step)}{_standing(held_out, task)}"
    return f"Diverged at update {outcome.step}: {what}; {last}"


def _clipping(summary: TrainingSummary, clip: str) -> str:
    """Say at how many updates the clip changed the gradient, and how far it turned it."""
    if clip == "none" or not summary.n_steps:
        return ""
    count = round(summary.clip_fraction * summary.n_steps)
    if count == 0:
        return "the clip never fired, so this is what no clipping gives"
    share = f"the clip fired at {count} of {updates(summary.n_steps)} ({percent(count / summary.n_steps)})"
    if not summary.max_angle > 1e-3:
        return share
    return f"{share} and turned the gradient by up to {number(summary.max_angle)}°"


@singledispatch
def headline(outcome: TrainingOutcome, task: Task) -> str:
    """Return the two to five words that a panel says first."""
    raise TypeError(f"no headline for {type(outcome).__name__}")


@headline.register
def _(outcome: Solved, _task: Task) -> str:
    return f"Solved by update {outcome.step}" if outcome.step else "Solved from the start"


@headline.register
def _(outcome: Learning, task: Task) -> str:
    return "Still learning" if outcome.held_out.loss <= task.baseline.loss else "No better than guessing yet"


@headline.register
def _(outcome: Stuck, _task: Task) -> str:
    return "Stuck at the baseline"


@headline.register
def _(outcome: Unsettled, _task: Task) -> str:
    return _UNSETTLED.get(outcome.reason or "", "Not solved")


@headline.register
def _(outcome: BlewUp, _task: Task) -> str:
    return f"Diverged at update {outcome.step}"
