"""The five ways the training of a network can end, each with the numbers that its sentence states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from clipscape.outcomes.kinds import Outcome, Status


@dataclass(frozen=True)
class HeldOut:
    """What the probes on held-out sequences say. `step` is the last probe with a finite loss, `best_step` the best."""

    step: int
    loss: float
    accuracy: float | None
    best_step: int
    best_loss: float


@dataclass(frozen=True, kw_only=True)
class TrainingOutcome(Outcome):
    """How the training of a row ended. `waited` is the number of probes that early stopping waited for, else None."""

    held_out: HeldOut
    waited: int | None = None


@dataclass(frozen=True, kw_only=True)
class Solved(TrainingOutcome):
    """From the probe at `step` on every probe meets the task's criterion."""

    status: ClassVar[Status] = "converged"


@dataclass(frozen=True, kw_only=True)
class Learning(TrainingOutcome):
    """Over the last `over` updates the held-out loss fell from `loss_before` to `held_out.loss`."""

    status: ClassVar[Status] = "descending"
    over: int
    loss_before: float


@dataclass(frozen=True, kw_only=True)
class Stuck(TrainingOutcome):
    """From the probe at `step` on the held-out loss stays near the baseline, from `loss_low` to `loss_high`."""

    status: ClassVar[Status] = "stalled"
    loss_low: float
    loss_high: float


@dataclass(frozen=True, kw_only=True)
class Unsettled(TrainingOutcome):
    """Over the last `over` updates the held-out loss was `loss_low` to `loss_high` and made no progress.

    Reason "lost": it had been clearly below the baseline and is so no more. "plateau": below the baseline or around it.
    "above_baseline": worse than that. "rising": it rose from `loss_before` to `held_out.loss`. "held_out_not_finite":
    only on the minibatches is it still a finite number.
    """

    status: ClassVar[Status] = "bounded"
    over: int
    loss_before: float
    loss_low: float
    loss_high: float


@dataclass(frozen=True, kw_only=True)
class BlewUp(TrainingOutcome):
    """Stopped by the loop after `step` updates: `reason` and `tensor` are the run's stop_reason and stop_tensor.

    `last_loss` is the last finite loss of a minibatch (NaN where there was none).
    """

    status: ClassVar[Status] = "diverged"
    tensor: str | None
    last_loss: float
