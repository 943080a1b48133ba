"""`judge`: from a finished run to one `Outcome` per row. The rules are stated in the package's docstring."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np

from clipscape.metrics import nearest_minimizer, typical_gap, window_diagonal
from clipscape.outcomes.ending import MOTIONLESS, Ending, Records, Setting, leaps_of
from clipscape.outcomes.kinds import Along, Bounded, Converged, Descending, Diverged, Outcome, Stalled, Throw
from clipscape.outcomes.motion import repeats_since
from clipscape.pausing import at_once
from clipscape.problems.base import Problem
from clipscape.records import Run

SAME_LENGTH = 1e-6
"""A jump is as long as learning rate x threshold when it differs by at most this share."""
FLAT = 0.05
"""Flat: a slope that would lower the loss by less than this share of the median loss gap across the whole window."""


def judge(problem: Problem, run: Run, setting: Setting) -> list[Outcome]:
    """Judge every row of a run that was recorded as series."""
    return at_once(judging(problem, run, setting))


def judging(problem: Problem, run: Run, setting: Setting) -> Generator[None, None, list[Outcome]]:
    """The same in steps: of many long rows, each takes as long as some hundred of theirs."""
    if not len(run.grad_norm):
        raise ValueError("a run without series cannot be judged")
    with np.errstate(all="ignore"):
        _ = run.update_norm
    yield
    with np.errstate(all="ignore"):
        end = Ending(problem, Records.of(problem, run), setting)
    yield
    with np.errstate(all="ignore"):
        throws = _throws(problem, run)
    yield
    with np.errstate(all="ignore"):
        return [_OUTCOMES[way](end, run, row, throws[row]) for row, way in enumerate(end.way)]


def _throws(problem: Problem, run: Run) -> list[Throw | None]:
    """For every row the first leap out of the window, or None."""
    leaps, diagonal = leaps_of(problem, np.moveaxis(run.params, -1, 0)), window_diagonal(problem)
    first = leaps.argmax(axis=0)
    lengths = run.update_norm[first, np.arange(len(first))]
    return [
        Throw(int(step), float(length), float(length) / diagonal) if thrown else None
        for step, length, thrown in zip(first, lengths, leaps.max(axis=0), strict=True)
    ]


def _diverged(end: Ending, run: Run, row: int, thrown: Throw | None) -> Outcome:
    reason, value = str(run.stop_reason[row]), float(run.stop_value[row])
    return Diverged(step=int(run.n_steps[row]), reason=reason, value=value, thrown=thrown)


def _converged(end: Ending, run: Run, row: int, thrown: Throw | None) -> Outcome:
    minimizer = None
    if end.isolated:
        index = int(nearest_minimizer(end.problem, run.final_params[row])[1])
        minimizer = tuple(map(float, end.problem.minimizers[index]))
    return Converged(
        step=int(end.near_since[row]),
        reason="minimizer" if end.isolated else "optimal_loss",
        thrown=thrown,
        minimizer=minimizer,
        within=end.tolerance,
    )


def _stalled(end: Ending, run: Run, row: int, thrown: Throw | None) -> Outcome:
    limit = MOTIONLESS * end.diagonal
    return Stalled(
        step=end.motionless_since(row),
        reason=_why_motionless(end, run, row, limit),
        thrown=thrown,
        point=tuple(run.final_params[row].tolist()),
        loss=float(run.final_loss[row]),
        grad_norm=float(run.grad_norm[-1, row]),
        clipped_norm=float(run.clipped_norm[-1, row]),
        update_norm=float(run.update_norm[-1, row]),
    )


def _why_motionless(end: Ending, run: Run, row: int, limit: float) -> str:
    """Name the first quantity on the way from gradient to step that is too small to move the row."""
    tail = slice(-end.tail, None)
    rates = np.broadcast_to(end.setting.learning_rate, run.grad_norm.shape)[:, row]
    grad_norm, clipped_norm = run.grad_norm[tail, row], run.clipped_norm[tail, row]
    slow = rates.max() * grad_norm.sum() <= limit
    if slow and grad_norm.max() * end.diagonal <= FLAT * typical_gap(end.problem):
        return "flat"
    if not slow and rates.max() * clipped_norm.sum() <= limit:
        return "clip"
    return "learning_rate" if float((rates[tail] * clipped_norm).sum()) <= limit else "optimizer"


def _descending(end: Ending, run: Run, row: int, thrown: Throw | None) -> Outcome:
    over, loss = end.window(row), run.loss[:, row]
    before, after = float(loss[-over - 1]), float(loss[-1])
    return Descending(reason="steps_ran_out", thrown=thrown, over=over, loss_before=before, loss_after=after)


def _cycle(end: Ending, run: Run, row: int, thrown: Throw | None) -> Outcome:
    period = int(end.period[row])
    step = repeats_since(run.params[:, row], period, float(end.width[row]))
    along = _floor_along(end, run, row) if period == 2 else None
    return _bounded(end, run, row, thrown, step=step, reason="floor" if along else "cycle", period=period, along=along)


def _band(end: Ending, run: Run, row: int, thrown: Throw | None) -> Outcome:
    if end.rises[row]:
        return _bounded(end, run, row, thrown, reason="rising", over=end.window(row))
    if end.setting.stochastic[row]:
        return _bounded(end, run, row, thrown, reason="noise")
    along = _floor_along(end, run, row) if end.zigzag[row] else None
    if along is not None:
        return _bounded(end, run, row, thrown, reason="floor", along=along, over=end.tail)
    return _bounded(end, run, row, thrown, reason="wandering")


def _floor_along(end: Ending, run: Run, row: int) -> Along | None:
    """Say how learning rate x threshold sets the length of the last two jumps, or None where it does not.

    The clip must have fired at both, and both must be as long as learning rate x threshold: in the Euclidean norm, or
    in the largest coordinate (value clipping).
    """
    steps = np.diff(run.params[-3:, row], axis=0)
    reach = end.reach(row)
    if not run.fired[-2:, row].all():
        return None
    if (np.abs(np.sqrt(np.square(steps).sum(axis=-1)) - reach) <= SAME_LENGTH * reach).all():
        return "step"
    return "coordinate" if (np.abs(np.abs(steps).max(axis=-1) - reach) <= SAME_LENGTH * reach).all() else None


def _bounded(
    end: Ending,
    run: Run,
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
    points, loss = run.params[-over - 1 :, row], run.loss[-over - 1 :, row]
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


_OUTCOMES: tuple[Callable[[Ending, Run, int, Throw | None], Outcome], ...] = (
    _diverged,
    _converged,
    _cycle,
    _stalled,
    _descending,
    _band,
)
"""What describes each of `WAYS`."""
