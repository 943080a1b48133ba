"""`judge`: from a finished run to one `Outcome` per row. The rules are stated in the package's docstring."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from clipscape.metrics import (
    largest_from,
    nearest_minimizer,
    outside_window,
    total_from,
    typical_gap,
    window_diagonal,
)
from clipscape.outcomes.kinds import Along, Bounded, Converged, Descending, Diverged, Outcome, Stalled, Throw
from clipscape.outcomes.motion import exact_period, falls, falls_through_noise, jumps_to_and_fro, repeats_since
from clipscape.problems.base import Problem
from clipscape.records import DIVERGED, Run

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

NEAR = 1e-3
"""Near a minimiser: within this share of the window's diagonal. Near the optimum: of the window's median loss gap."""
SETTLED = 1e-5
"""Motion has died down when no step is longer than this share of the diagonal."""
MOTIONLESS = 1e-4
"""Stalled: the whole path of the last tenth of the run is shorter than this share of the diagonal."""
THROWN = 0.5
"""Thrown: one step of at least this share of the diagonal leads out of the window."""
SAME_LENGTH = 1e-6
"""A jump is as long as learning rate x threshold when it differs by at most this share."""
FLAT = 0.05
"""Flat: a slope that would lower the loss by less than this share of the median loss gap across the whole window."""
SMALL_FALL, ZIGZAG_FALL = 1e-3, 0.1
"""Shares of the loss gap that count as descending: normally, and while jumping to and fro."""


@dataclass(frozen=True)
class Setting:
    """What the judge must know besides the run."""

    learning_rate: Array
    """(rows,) or (n_steps, rows): as given to the loop."""
    threshold: Array
    """(rows,): of a clip with a fixed threshold, else NaN."""
    stochastic: BoolArray
    """(rows,): whether anything random goes into the row."""


def judge(problem: Problem, run: Run, setting: Setting) -> list[Outcome]:
    """Judge every row of a run that was recorded as series."""
    if not len(run.grad_norm):
        raise ValueError("a run without series cannot be judged")
    with np.errstate(all="ignore"):
        throws = _throws(problem, run)
        end = _Ending(problem, run, setting)
        return [_judge_row(end, row, throws[row]) for row in range(len(run.status))]


def _judge_row(end: _Ending, row: int, thrown: Throw | None) -> Outcome:
    if end.run.status[row] == DIVERGED:
        reason, value = str(end.run.stop_reason[row]), float(end.run.stop_value[row])
        return Diverged(step=int(end.run.n_steps[row]), reason=reason, value=value, thrown=thrown)
    if end.converged[row]:
        return _converged(end, row, thrown)
    if end.period[row]:
        return _cycle(end, row, thrown)
    if end.motionless[row]:
        return _stalled(end, row, thrown)
    if end.falls[row]:
        return _descending(end, row, thrown)
    return _band(end, row, thrown)


class _Ending:
    """What all rows do at the end of the run, `(rows,)` each, computed for all of them at once when first asked for.

    Rows that diverged hold NaN, compare false everywhere, and are not asked about.
    """

    def __init__(self, problem: Problem, run: Run, setting: Setting) -> None:
        self.problem, self.run, self.setting = problem, run, setting
        self.n_steps = len(run.grad_norm)
        self.diagonal = window_diagonal(problem)
        self.tail = min(self.n_steps, max(10, self.n_steps // 10))
        self.band = min(self.n_steps, max(20, self.n_steps // 4))

    @cached_property
    def isolated(self) -> bool:
        """Whether the problem has known, isolated minimisers."""
        return bool(self.problem.minimizers)

    @cached_property
    def tolerance(self) -> float:
        """Largest distance (or loss gap) that is still near."""
        return NEAR * (self.diagonal if self.isolated else typical_gap(self.problem))

    @cached_property
    def miss(self) -> Array:
        """How far off every point is, `(points, rows)`: from the nearest minimiser, or in loss above the optimum."""
        if self.isolated:
            return nearest_minimizer(self.problem, self.run.params)[0]
        if self.problem.optimal_value is None:
            return np.full_like(self.run.loss, np.inf)
        return self.run.loss - self.problem.optimal_value

    @cached_property
    def near_since(self) -> IntArray:
        """First point from which on every point is near; one more than the last point where the last one is not."""
        far = ~(self.miss <= self.tolerance)
        return np.where(far.any(axis=0), len(far) - far[::-1].argmax(axis=0), 0)

    @cached_property
    def converged(self) -> BoolArray:
        """Near for the last twentieth of the run (three steps at least), and at rest or (without noise) approaching."""
        hold = min(self.n_steps, max(3, self.n_steps // 20))
        stays = self.n_steps - self.near_since >= hold
        settled = self.run.update_norm[-hold:].max(axis=0) <= SETTLED * self.diagonal
        return np.asarray(stays & (settled | self.motionless | self.approaching))

    @cached_property
    def approaching(self) -> BoolArray:
        """Without noise: in the last quarter of its time near the minimum it came clearly nearer than in the third."""
        since = self.near_since
        quarter, columns = (self.n_steps - since) // 4, np.arange(len(since))
        late, last = np.minimum(self.n_steps, [since + 2 * quarter, since + 3 * quarter])
        worst = largest_from(self.miss)
        return np.asarray(~self.setting.stochastic & (worst[last, columns] <= 0.9 * worst[late, columns]))

    @cached_property
    def _cycle(self) -> tuple[IntArray, Array]:
        return exact_period(self.run.params, self.diagonal)

    @property
    def period(self) -> IntArray:
        """Period of an exact cycle, or 0."""
        return self._cycle[0]

    @property
    def width(self) -> Array:
        """Width of that cycle."""
        return self._cycle[1]

    @cached_property
    def path_from(self) -> Array:
        """Length of the path from every step to the end, `(steps, rows)`."""
        return total_from(self.run.update_norm)

    @cached_property
    def motionless(self) -> BoolArray:
        """Whether the path of the last steps is next to nothing."""
        return np.asarray(self.path_from[-self.tail] <= MOTIONLESS * self.diagonal)

    def motionless_since(self, row: int) -> int:
        """First step from which on the path of every tenth of the run is as short as that of the last one must be."""
        path = np.append(self.path_from[:, row], 0.0)
        moving = path[: -self.tail] - path[self.tail :] > MOTIONLESS * self.diagonal
        return int(len(moving) - moving[::-1].argmax()) if moving.any() else 0

    @cached_property
    def zigzag(self) -> BoolArray:
        """Whether it jumps to and fro by steps of one length."""
        jumping = jumps_to_and_fro(self.run.params[-self.tail - 1 :])
        return np.asarray(jumping & ~self.setting.stochastic)

    @cached_property
    def _reference(self) -> Array:
        """The loss that falls are measured from: the optimum, or the least loss seen."""
        best = self.run.best_loss
        return best if self.problem.optimal_value is None else np.fmin(best, self.problem.optimal_value)

    def window(self, row: int) -> int:
        """Over how many last steps the trend of a row is judged: half of the run with noise, a tenth without."""
        return (self.n_steps + 1) // 2 if self.setting.stochastic[row] else self.tail

    @cached_property
    def falls(self) -> BoolArray:
        """Whether the loss was still falling."""
        calm = falls(self.run.loss[-self.tail - 1 :], self._reference, self._least_fall)
        return np.where(self.setting.stochastic, falls_through_noise(self.run.loss), calm)

    @cached_property
    def rises(self) -> BoolArray:
        """Whether the loss was still rising: read backwards it falls, or upside down through the noise."""
        calm = falls(self.run.loss[-self.tail - 1 :][::-1], self._reference, self._least_fall)
        return np.where(self.setting.stochastic, falls_through_noise(-self.run.loss), calm)

    @cached_property
    def _least_fall(self) -> Array:
        return np.where(self.zigzag, ZIGZAG_FALL, SMALL_FALL)

    def reach(self, row: int) -> float:
        """Learning rate of the last step times threshold; NaN where the clip has no fixed threshold."""
        rate = np.broadcast_to(self.setting.learning_rate, self.run.grad_norm.shape)[-1, row]
        return float(rate * self.setting.threshold[row])


def _throws(problem: Problem, run: Run) -> list[Throw | None]:
    """For every row the first leap out of the window, or None."""
    diagonal = window_diagonal(problem)
    leaps = (run.update_norm >= THROWN * diagonal) & outside_window(problem, run.params[1:])
    first = leaps.argmax(axis=0)
    lengths = run.update_norm[first, np.arange(len(first))]
    return [
        Throw(int(step), float(length), float(length) / diagonal) if thrown else None
        for step, length, thrown in zip(first, lengths, leaps.max(axis=0), strict=True)
    ]


def _converged(end: _Ending, row: int, thrown: Throw | None) -> Outcome:
    minimizer = None
    if end.isolated:
        index = int(nearest_minimizer(end.problem, end.run.final_params[row])[1])
        minimizer = tuple(map(float, end.problem.minimizers[index]))
    return Converged(
        step=int(end.near_since[row]),
        reason="minimizer" if end.isolated else "optimal_loss",
        thrown=thrown,
        minimizer=minimizer,
        within=end.tolerance,
    )


def _stalled(end: _Ending, row: int, thrown: Throw | None) -> Outcome:
    run, limit = end.run, MOTIONLESS * end.diagonal
    return Stalled(
        step=end.motionless_since(row),
        reason=_why_motionless(end, row, limit),
        thrown=thrown,
        point=tuple(run.final_params[row].tolist()),
        loss=float(run.final_loss[row]),
        grad_norm=float(run.grad_norm[-1, row]),
        clipped_norm=float(run.clipped_norm[-1, row]),
        update_norm=float(run.update_norm[-1, row]),
    )


def _why_motionless(end: _Ending, row: int, limit: float) -> str:
    """Name the first quantity on the way from gradient to step that is too small to move the row."""
    run, tail = end.run, slice(-end.tail, None)
    rates = np.broadcast_to(end.setting.learning_rate, run.grad_norm.shape)[:, row]
    grad_norm, clipped_norm = run.grad_norm[tail, row], run.clipped_norm[tail, row]
    slow = rates.max() * grad_norm.sum() <= limit
    if slow and grad_norm.max() * end.diagonal <= FLAT * typical_gap(end.problem):
        return "flat"
    if not slow and rates.max() * clipped_norm.sum() <= limit:
        return "clip"
    return "learning_rate" if float((rates[tail] * clipped_norm).sum()) <= limit else "optimizer"


def _descending(end: _Ending, row: int, thrown: Throw | None) -> Outcome:
    over, loss = end.window(row), end.run.loss[:, row]
    before, after = float(loss[-over - 1]), float(loss[-1])
    return Descending(reason="steps_ran_out", thrown=thrown, over=over, loss_before=before, loss_after=after)


def _cycle(end: _Ending, row: int, thrown: Throw | None) -> Outcome:
    period = int(end.period[row])
    step = repeats_since(end.run.params[:, row], period, float(end.width[row]))
    along = _floor_along(end, row) if period == 2 else None
    return _bounded(end, row, thrown, step=step, reason="floor" if along else "cycle", period=period, along=along)


def _band(end: _Ending, row: int, thrown: Throw | None) -> Outcome:
    if end.rises[row]:
        return _bounded(end, row, thrown, reason="rising", over=end.window(row))
    if end.setting.stochastic[row]:
        return _bounded(end, row, thrown, reason="noise")
    along = _floor_along(end, row) if end.zigzag[row] else None
    if along is not None:
        return _bounded(end, row, thrown, reason="floor", along=along, over=end.tail)
    return _bounded(end, row, thrown, reason="wandering")


def _floor_along(end: _Ending, row: int) -> Along | None:
    """Say how learning rate x threshold sets the length of the last two jumps, or None where it does not.

    The clip must have fired at both, and both must be as long as learning rate x threshold: in the Euclidean norm, or
    in the largest coordinate (value clipping).
    """
    steps = np.diff(end.run.params[-3:, row], axis=0)
    reach = end.reach(row)
    if not end.run.fired[-2:, row].all():
        return None
    if (np.abs(np.sqrt(np.square(steps).sum(axis=-1)) - reach) <= SAME_LENGTH * reach).all():
        return "step"
    return "coordinate" if (np.abs(np.abs(steps).max(axis=-1) - reach) <= SAME_LENGTH * reach).all() else None


def _bounded(
    end: _Ending,
    row: int,
    thrown: Throw | None,
    *,
    reason: str,
    over: int | None = None,
    step: int | None = None,
    period: int | None = None,
    along: Along | None = None,
) -> Outcome:
    over = end.band if over is None else over
    if period is not None and step is not None:
        over = min(over, end.n_steps - step)
    points, loss = end.run.params[-over - 1 :, row], end.run.loss[-over - 1 :, row]
    centre = points[-period:].mean(axis=0) if period else points.mean(axis=0)
    distance = float(nearest_minimizer(end.problem, centre)[0]) if end.isolated else None
    reach = end.reach(row) if along else None
    return Bounded(
        step=step,
        reason=reason,
        thrown=thrown,
        over=over,
        centre=tuple(centre.tolist()),
        radius=float(np.sqrt(np.square(points - centre).sum(axis=-1)).max()),
        loss_before=float(loss[0]),
        loss_after=float(loss[-1]),
        loss_low=float(loss.min()),
        loss_high=float(loss.max()),
        period=period,
        jump=reach,
        floor=None if reach is None else reach / 2.0,
        along=along,
        distance=distance,
    )
