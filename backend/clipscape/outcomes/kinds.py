"""The five ways a row can end, each with the numbers that its sentence states. All distances are in parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

Status = Literal["converged", "bounded", "stalled", "descending", "diverged"]
STATUSES: tuple[Status, ...] = get_args(Status)
"""In the order in which a map numbers them."""
Point = tuple[float, ...]
Along = Literal["step", "coordinate"]


@dataclass(frozen=True)
class Throw:
    """The first step that led out of the window in one leap: the update that leaves `step`, and its length."""

    step: int
    length: float
    diagonals: float
    """The length in diagonals of the window."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a row ended. What `step` and `reason` mean is said by each kind."""

    status: ClassVar[Status]
    step: int | None = None
    reason: str | None = None
    thrown: Throw | None = None


@dataclass(frozen=True, kw_only=True)
class Diverged(Outcome):
    """Stopped by the loop after `step` steps; `reason` and `value` are the run's stop_reason and stop_value."""

    status: ClassVar[Status] = "diverged"
    value: float


@dataclass(frozen=True, kw_only=True)
class Converged(Outcome):
    """From `step` on it stays within `within` of `minimizer` (reason "minimizer").

    With reason "optimal_loss" `minimizer` is None and from `step` on the loss is at most `within` above the optimum.
    """

    status: ClassVar[Status] = "converged"
    minimizer: Point | None
    within: float


@dataclass(frozen=True, kw_only=True)
class Stalled(Outcome):
    """From `step` on the whole path is shorter than a ten-thousandth of the window's diagonal.

    Reason "flat": next to no gradient. "clip": what the clip lets through is too little. "learning_rate": the learning
    rate is too small, from the start or by its schedule. "optimizer": the optimizer's memory makes the steps tiny.
    """

    status: ClassVar[Status] = "stalled"
    point: Point
    loss: float
    grad_norm: float
    clipped_norm: float
    """What the clip let through in the last update."""
    update_norm: float
    """Length of the last update."""


@dataclass(frozen=True, kw_only=True)
class Descending(Outcome):
    """Over the last `over` steps the loss fell from `loss_before` to `loss_after`. `reason` is "steps_ran_out"."""

    status: ClassVar[Status] = "descending"
    over: int
    loss_before: float
    loss_after: float


@dataclass(frozen=True, kw_only=True)
class Bounded(Outcome):
    """Keeps moving: the last `over` steps stay within `radius` of `centre`, with losses from `loss_low` to `loss_high`.

    Reason "cycle": from `step` on it repeats every `period` steps. "floor": it jumps to and fro by `jump`, which is
    learning rate x threshold, so of two neighbouring points one is at least half of that, `floor`, from any minimiser;
    `along` says whether the whole step is that long or its largest coordinate (value clipping).
    "noise": random. "wandering": neither repeats nor settles. "rising": the loss was still growing.
    """

    status: ClassVar[Status] = "bounded"
    over: int
    centre: Point
    radius: float
    loss_before: float
    loss_after: float
    loss_low: float
    loss_high: float
    period: int | None = None
    jump: float | None = None
    floor: float | None = None
    along: Along | None = None
    distance: float | None = None
    """From the centre to the nearest known minimiser."""
