"""How the training of a network ended, in one sentence per row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clipscape.explain import Verdict, number, steps
from clipscape.metrics import Summary
from clipscape.outcomes import Outcome
from clipscape.plan import Plan
from clipscape.problems.training import Task
from clipscape.records import DIVERGED
from clipscape.training import TrainingRun


@dataclass(frozen=True)
class _Ending:
    """An outcome without any number of its own; those are in the sentence."""

    status: str
    step: int | None
    reason: str | None


def explain_training(plan: Plan, run: TrainingRun) -> list[Verdict]:
    """Judge, summarize and explain every row of a training."""
    assert plan.problem.training is not None
    return [_verdict(plan.problem.training.task, run, row) for row in range(plan.rows)]


def _verdict(task: Task, run: TrainingRun, row: int) -> Verdict:
    made = int(run.n_steps[row])
    summary = Summary(
        n_steps=made,
        final_loss=float(run.final_loss[row]),
        best_loss=float(run.best_loss[row]),
        clip_fraction=float(run.clip_fraction[row]),
        max_grad_norm=float(run.max_grad_norm[row]),
        max_angle=float(np.fmax.reduce(run.angle[:, row], initial=0.0)),
        final_params=(),
    )
    if run.status[row] == DIVERGED:
        where = "" if run.stop_tensor[row] is None else f", first in {run.stop_tensor[row]}"
        sentence = f"Diverged at update {made}: {run.stop_reason[row]}{where}.".replace("_", " ")
        return _made(_Ending("diverged", made, run.stop_reason[row]), summary, "Diverged", sentence)
    reached = run.probes.steps <= made
    held_out, accuracy = run.probes.held_out_loss[reached, row], run.probes.held_out_accuracy[reached, row]
    measured = accuracy >= task.solved.limit if task.solved.measure == "accuracy" else held_out <= task.solved.limit
    against = (
        f"{number(held_out[-1])} after {steps(made)}, the baseline ({task.baseline.label}) {number(task.baseline.loss)}"
    )
    if measured[-1]:
        first = int(run.probes.steps[reached][int(np.argmax(measured))])
        sentence = f"Solved: {task.solved.label}, first at update {first}; the held-out loss is {against}."
        return _made(_Ending("converged", first, None), summary, "Solved", sentence)
    status = "descending" if held_out[-1] < task.baseline.loss else "stalled"
    words = {"descending": "Below the baseline", "stalled": "Not better than the baseline"}[status]
    return _made(_Ending(status, None, None), summary, words, f"{words}: the held-out loss is {against}.")


def _made(ending: _Ending, summary: Summary, headline: str, sentence: str) -> Verdict:
    outcome: Outcome = ending  # type: ignore[assignment]
    return Verdict(outcome, summary, headline, sentence)
