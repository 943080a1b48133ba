"""`Closing`: keeps of a run, while it is computed, what its end is judged by; and `statuses`, the verdicts as arrays.

A whole run of thousands of rows does not fit into the processor's cache; the last points and a few numbers do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipscape.analysis import PIECE, Chunk
from clipscape.metrics import window_diagonal
from clipscape.numerics import row_norm
from clipscape.outcomes.ending import THROWN, WAYS, Ending, Records, Setting, leaps_of, miss_of, tail_of
from clipscape.outcomes.kinds import STATUSES
from clipscape.outcomes.motion import POINTS_OF_A_CYCLE
from clipscape.problems.base import Problem
from clipscape.records import DIVERGED, Array, BoolArray, Run

_CODE_OF_WAY = np.array([STATUSES.index(status) for status in WAYS], dtype=np.uint8)
_CONVERGED = STATUSES.index("converged")
_NEARLY = 0.999
"""So much of a leap at least, whatever the rounding."""


@dataclass(frozen=True)
class Statuses:
    """How every row ended, `(rows,)` each."""

    status: npt.NDArray[np.uint8]
    """Index into `STATUSES`."""
    steps: npt.NDArray[np.int32]
    """From which step on it stays converged; -1 where it did not converge."""
    thrown: BoolArray
    """Whether one step led out of the window in one leap."""
    near: BoolArray
    """Whether it stays near a minimiser (or the optimum) to the end, as converged rows do, but perhaps never rests."""


class Closing:
    """Takes in the chunks of a run in their order."""

    def __init__(self, problem: Problem, n_steps: int, setting: Setting) -> None:
        rows = len(setting.threshold)
        points = min(n_steps + 1, max(POINTS_OF_A_CYCLE, tail_of(n_steps) + 1))
        losses = n_steps + 1 if setting.stochastic.any() else points
        self._problem, self._n_steps, self._setting = problem, n_steps, setting
        self._miss = np.empty((n_steps + 1, rows))
        self._points = np.empty((problem.dim, points, rows))
        self._loss = np.empty((losses, rows))
        self._thrown = np.zeros(rows, dtype=bool)
        self._shortest_leap = _NEARLY * THROWN * window_diagonal(problem)
        self._low, self._high = np.array(problem.window).T[:, :, np.newaxis]

    def absorb(self, chunk: Chunk) -> None:
        """Take in the next steps."""
        first, last = chunk.first_step, chunk.last_step
        points, loss = chunk.new_points, chunk.new_loss
        with np.errstate(all="ignore"):
            self._measure(points, loss, self._miss[first : last + 1])
            self._find_throws(points)
        _keep_last(self._points, points, first, self._n_steps)
        _keep_last(self._loss[np.newaxis], loss[np.newaxis], first, self._n_steps)

    def _measure(self, points: Array, loss: Array, out: Array) -> None:
        """Write how far off points are, some at a time: what fits into the processor's cache."""
        at_once = max(1, PIECE // loss.shape[1])
        for first in range(0, len(loss), at_once):
            piece = slice(first, first + at_once)
            out[piece] = miss_of(self._problem, points[:, piece], loss[piece])

    def _find_throws(self, points: Array) -> None:
        """Only rows that were out of the window, and went far, can have leapt out of it."""
        low, high = np.fmin.reduce(points, axis=1), np.fmax.reduce(points, axis=1)
        out = ((low < self._low) | (high > self._high)).any(axis=0)
        went_far = np.square(high - low).sum(axis=0) >= self._shortest_leap**2
        rows = np.flatnonzero(out & went_far & ~self._thrown)
        if len(rows):
            self._thrown[rows] = leaps_of(self._problem, points.take(rows, axis=2)).any(axis=0)

    def statuses(self, run: Run) -> Statuses:
        """Judge every row of the finished run, by the rules of `judge`."""
        records = Records(
            n_steps=self._n_steps,
            diverged=np.asarray(run.status == DIVERGED, dtype=bool),
            best_loss=run.best_loss,
            miss=self._miss,
            points=np.moveaxis(self._points, 0, -1),
            update_norm=row_norm(np.diff(self._points, axis=1)),
            loss=self._loss,
        )
        with np.errstate(all="ignore"):
            end = Ending(self._problem, records, self._setting)
            status = _CODE_OF_WAY[end.way]
            steps = np.where(status == _CONVERGED, end.near_since, -1).astype(np.int32)
            return Statuses(status, steps, self._thrown, end.stays & ~records.diverged)


def _keep_last(kept: Array, new: Array, first: int, n_steps: int) -> None:
    """Copy those of `new` `(..., points, rows)`, which begin at point `first`, that are among the last of the run."""
    offset = n_steps + 1 - kept.shape[1]
    begin = max(first, offset)
    if begin < first + new.shape[1]:
        kept[:, begin - offset : first + new.shape[1] - offset] = new[:, begin - first :]
