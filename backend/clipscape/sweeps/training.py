"""Networks on a map: the numbers of every training, and how many trainings are computed at a time."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import numpy.typing as npt

from clipscape.outcomes import STATUSES
from clipscape.outcomes.training import judge_training
from clipscape.outcomes.training_kinds import TrainingOutcome
from clipscape.plan import Plan
from clipscape.problems.training import Training
from clipscape.training import train_chunks

MOST_ROWS = 24
"""Trainings in one batch: more are no faster, and need more memory."""
_VECTORS, _NUMBERS = 40, 2_500_000
"""Vectors of all weights that a row of a batch takes, roughly, and how many numbers they may be (20 MB)."""


def rows_at_once(training: Training, variants: int) -> int:
    """Return how many rows to train in one batch: at least one of every variant."""
    dim = sum(block.size for block in training.blocks)
    return max(variants, min(MOST_ROWS, _NUMBERS // (_VECTORS * dim)))


def training_numbers(plan: Plan) -> Generator[None, None, dict[str, npt.NDArray[Any]]]:
    """Train all rows of a plan and return what a map shows of them, `(rows,)` each; yields where it may be left.

    `final_loss` is that on held-out sequences at the last probe, NaN where the training diverged; `steps` is the number
    of updates after which the task counts as solved, and solved is what `near` means here.
    """
    assert plan.problem.training is not None
    n_steps, run = plan.experiment.n_steps, None
    for chunk in train_chunks(plan.problem, plan.chain, plan.start, n_steps, seeds=plan.seeds, verdict_only=True):
        run = chunk.run
        yield
    assert run is not None
    outcomes = judge_training(plan.problem.training, run)
    status = np.array([STATUSES.index(outcome.status) for outcome in outcomes], dtype=np.uint8)
    return {
        "status": status,
        "final_loss": np.array([_final_loss(outcome) for outcome in outcomes]),
        "steps": np.array([_steps(outcome) for outcome in outcomes], dtype=np.int32),
        "clip_fraction": run.clip_fraction,
        "max_grad_norm": run.max_grad_norm,
        "thrown": np.zeros(len(outcomes), dtype=bool),
        "near": status == STATUSES.index("converged"),
    }


def _final_loss(outcome: TrainingOutcome) -> float:
    return float("nan") if outcome.status == "diverged" else outcome.held_out.loss


def _steps(outcome: TrainingOutcome) -> int:
    return outcome.step if outcome.status == "converged" and outcome.step is not None else -1
