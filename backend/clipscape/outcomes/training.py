"""How the training of each row ended, judged by the probes on held-out sequences. The first that holds:

- *diverged*: the loop stopped the row.
- *converged*: the task is solved by its own criterion at the last probe.
- *stalled*: the last half of the probes stays near the baseline, and they do not get better below it.
- *descending*: the held-out loss was still falling when the updates ran out.
- *bounded* otherwise: it lost what it had learned (told before it is called stalled), it was rising, worse than the
  baseline, or without progress below or around it.

Trends compare the last two quarters of the probes, and the ends must agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from clipscape.outcomes.training_kinds import BlewUp, HeldOut, Learning, Solved, Stuck, TrainingOutcome, Unsettled
from clipscape.problems.training import Task, Training
from clipscape.records import DIVERGED, Array, BoolArray, IntArray
from clipscape.training import EARLY_STOPPING, TrainingRun

NEAR = 0.05
"""Near the baseline: within this share of it."""
LEARNED = 0.8
"""Clearly below the baseline: at most this share of it."""
TREND = 0.02
"""The held-out loss falls (rises) when this share is lost (gained) over the last two quarters, by medians and ends."""


@dataclass(frozen=True)
class TrainingSummary:
    """One row in a few numbers; NaN where the task has no accuracy. `max_angle` is in degrees."""

    n_steps: int
    final_loss: float
    """Of the minibatch."""
    best_loss: float
    held_out_loss: float
    """At the last probe, like the accuracy."""
    held_out_accuracy: float
    best_held_out_loss: float
    best_held_out_step: int
    clip_fraction: float
    max_grad_norm: float
    max_angle: float
    param_norm: float
    """Of the last weights."""
    stop_tensor: str | None


def judge_training(training: Training, run: TrainingRun) -> list[TrainingOutcome]:
    """Judge every row of a finished run."""
    return [_judge_row(_Row(training.task, run, row), training) for row in range(len(run.status))]


def summarize_training(run: TrainingRun, outcomes: list[TrainingOutcome]) -> list[TrainingSummary]:
    """Summarize every row of a finished run."""
    angles = np.fmax.reduce(run.angle, axis=0, initial=0.0)
    return [
        TrainingSummary(
            n_steps=int(run.n_steps[row]),
            final_loss=float(run.final_loss[row]),
            best_loss=float(run.best_loss[row]),
            held_out_loss=outcome.held_out.loss,
            held_out_accuracy=float("nan") if outcome.held_out.accuracy is None else outcome.held_out.accuracy,
            best_held_out_loss=outcome.held_out.best_loss,
            best_held_out_step=outcome.held_out.best_step,
            clip_fraction=float(run.clip_fraction[row]),
            max_grad_norm=float(run.max_grad_norm[row]),
            max_angle=float(angles[row]),
            param_norm=float(run.param_norm[run.n_steps[row], row]),
            stop_tensor=run.stop_tensor[row],
        )
        for row, outcome in enumerate(outcomes)
    ]


class _Row:
    """The probes of one row up to where it stopped."""

    def __init__(self, task: Task, run: TrainingRun, row: int) -> None:
        self.task, self.run, self.row = task, run, row
        reached = run.probes.steps <= run.n_steps[row]
        self.steps: IntArray = run.probes.steps[reached]
        self.loss: Array = run.probes.held_out_loss[reached, row]
        self.accuracy: Array = run.probes.held_out_accuracy[reached, row]
        self.quarter = ceil(len(self.steps) / 4)
        self.since = max(0, len(self.steps) - 2 * self.quarter)

    @property
    def held_out(self) -> HeldOut:
        """Loss and accuracy at the last finite probe, and the best loss; NaN where no probe is finite."""
        known = np.flatnonzero(np.isfinite(self.loss))
        if not len(known):
            return HeldOut(0, float("nan"), None, 0, float("nan"))
        last, best = int(known[-1]), int(known[self.loss[known].argmin()])
        accuracy = float(self.accuracy[last])
        return HeldOut(
            step=int(self.steps[last]),
            loss=float(self.loss[last]),
            accuracy=None if np.isnan(accuracy) else accuracy,
            best_step=int(self.steps[best]),
            best_loss=float(self.loss[best]),
        )

    @property
    def meets(self) -> BoolArray:
        """At which probes the task's criterion is met."""
        solved = self.task.solved
        if solved.measure == "loss":
            return np.asarray(self.loss <= solved.limit)
        return np.asarray(self.accuracy >= solved.limit)

    @property
    def near_baseline(self) -> BoolArray:
        """At which probes the loss is near the baseline."""
        baseline = self.task.baseline.loss
        return np.asarray(np.abs(self.loss - baseline) <= NEAR * baseline)

    def has_lost(self, held_out: HeldOut) -> bool:
        """Whether the best loss was clearly below the baseline and the last one is near it or above."""
        baseline = self.task.baseline.loss
        return held_out.best_loss <= LEARNED * baseline and held_out.loss >= (1.0 - NEAR) * baseline

    @property
    def falls(self) -> bool:
        """Whether the loss was still falling: from one quarter's median to the next, and from first to last."""
        before, after = self._quarters
        fall = np.median(after) <= (1.0 - TREND) * np.median(before)
        return bool(fall and self.loss[-1] <= (1.0 - TREND) * self.loss[self.since])

    @property
    def rises(self) -> bool:
        """Whether the loss was rising, and not just unsteady: the whole last quarter is higher than the one before."""
        before, after = self._quarters
        rise = after.min() >= (1.0 + TREND) * np.median(before)
        return bool(rise and self.loss[-1] >= (1.0 + TREND) * self.loss[self.since])

    @property
    def _quarters(self) -> tuple[Array, Array]:
        """The last two quarters of the probes."""
        middle = len(self.loss) - self.quarter
        return self.loss[self.since : middle], self.loss[middle:]


def _judge_row(row: _Row, training: Training) -> TrainingOutcome:
    run, index, held_out = row.run, row.row, row.held_out
    waited = training.early_stopping if run.stop_reason[index] == EARLY_STOPPING else None
    if run.status[index] == DIVERGED:
        return _blew_up(row)
    if row.meets[-1]:
        since = int(row.steps[_true_since(row.meets)])
        return Solved(step=since, reason="solved", held_out=held_out, waited=waited)
    window = row.loss[row.since :]
    over = int(row.steps[-1] - row.steps[row.since])
    if not np.isfinite(window).all():
        return _unsettled(row, "held_out_not_finite", held_out, waited, over)
    if row.has_lost(held_out) and not row.falls:
        return _unsettled(row, "lost", held_out, waited, over)
    if row.near_baseline[row.since :].all() and not (row.falls and held_out.loss < row.task.baseline.loss):
        first = _true_since(row.near_baseline)
        low, high = float(row.loss[first:].min()), float(row.loss[first:].max())
        return Stuck(
            step=int(row.steps[first]),
            reason="baseline",
            held_out=held_out,
            waited=waited,
            loss_low=low,
            loss_high=high,
        )
    if row.falls:
        before = float(window[0])
        return Learning(reason="steps_ran_out", held_out=held_out, waited=waited, over=over, loss_before=before)
    reason = "rising" if row.rises else "plateau"
    if reason == "plateau" and window.min() > row.task.baseline.loss:
        reason = "above_baseline"
    return _unsettled(row, reason, held_out, waited, over)


def _true_since(marks: BoolArray) -> int:
    """Return the index from which on all marks are true; the last one must be."""
    return int(len(marks) - marks[::-1].argmin()) if not marks.all() else 0


def _unsettled(row: _Row, reason: str, held_out: HeldOut, waited: int | None, over: int) -> Unsettled:
    window = row.loss[row.since :]
    return Unsettled(
        reason=reason,
        held_out=held_out,
        waited=waited,
        over=over,
        loss_before=float(window[0]),
        loss_low=float(window.min()),
        loss_high=float(window.max()),
    )


def _blew_up(row: _Row) -> BlewUp:
    run, index = row.run, row.row
    losses = run.loss[:, index]
    finite = losses[np.isfinite(losses)]
    return BlewUp(
        step=int(run.n_steps[index]),
        reason=str(run.stop_reason[index]),
        held_out=row.held_out,
        tensor=run.stop_tensor[index],
        last_loss=float(finite[-1]) if len(finite) else float("nan"),
    )
