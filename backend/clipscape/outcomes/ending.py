"""`Ending`: the rules by which rows are judged, for all rows at once. They are stated in the package's docstring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from clipscape.metrics import (
    distance_to_nearest,
    largest_from,
    outside_window,
    total_from,
    typical_gap,
    window_diagonal,
)
from clipscape.numerics import row_norm
from clipscape.outcomes.kinds import Status
from clipscape.outcomes.motion import exact_period, falls, falls_through_noise, jumps_to_and_fro
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
SMALL_FALL, ZIGZAG_FALL = 1e-3, 0.1
"""Shares of the loss gap that count as descending: normally, and while jumping to and fro."""

WAYS: tuple[Status, ...] = ("diverged", "converged", "bounded", "stalled", "descending", "bounded")
"""The status of every way to end, in the order in which they are asked about; *bounded* is a cycle, or all the rest."""


@dataclass(frozen=True)
class Setting:
    """What the judge must know besides the run."""

    learning_rate: Array
    """(rows,) or (n_steps, rows): as given to the loop."""
    threshold: Array
    """(rows,): of a clip with a fixed threshold, else NaN."""
    stochastic: BoolArray
    """(rows,): whether anything random goes into the row."""


@dataclass(frozen=True)
class Records:
    """What a run is judged by. Where it says "the last", a whole run has them all, and a map just enough of them."""

    n_steps: int
    diverged: BoolArray
    """(rows,)."""
    best_loss: Array
    """(rows,)."""
    miss: Array
    """(n_steps + 1, rows): how far off every point is; see `miss_of`."""
    points: Array
    """(P, rows, dim): the last points."""
    update_norm: Array
    """(P - 1, rows): lengths of the steps between them."""
    loss: Array
    """(L, rows): the last losses; all of them where something is random."""

    @classmethod
    def of(cls, problem: Problem, run: Run) -> Records:
        """Take everything from a run that was recorded as series."""
        return cls(
            n_steps=len(run.grad_norm),
            diverged=np.asarray(run.status == DIVERGED, dtype=bool),
            best_loss=run.best_loss,
            miss=miss_of(problem, np.moveaxis(run.params, -1, 0), run.loss),
            points=run.params,
            update_norm=run.update_norm,
            loss=run.loss,
        )


def miss_of(problem: Problem, points: Array, loss: Array) -> Array:
    """How far off points `(dim, ...)` are: from the nearest minimiser, or where none is isolated, above the optimum."""
    if problem.minimizers:
        return distance_to_nearest(problem, points)
    return np.full_like(loss, np.inf) if problem.optimal_value is None else loss - problem.optimal_value


def leaps_of(problem: Problem, points: Array) -> BoolArray:
    """Steps between points `(dim, points, rows)` that lead out of the window in one leap, `(points - 1, rows)`."""
    far = row_norm(points[:, 1:] - points[:, :-1]) >= THROWN * window_diagonal(problem)
    return np.asarray(far & outside_window(problem, np.moveaxis(points[:, 1:], 0, -1)))


def tail_of(n_steps: int) -> int:
    """Over how many last steps the motion is judged."""
    return min(n_steps, max(10, n_steps // 10))


class Ending:
    """What all rows do at the end of the run, `(rows,)` each, computed for all of them at once when first asked for.

    Rows that diverged hold NaN, compare false everywhere, and are not asked about.
    """

    def __init__(self, problem: Problem, records: Records, setting: Setting) -> None:
        self.problem, self.records, self.setting = problem, records, setting
        self.n_steps = records.n_steps
        self.diagonal = window_diagonal(problem)
        self.tail = tail_of(self.n_steps)
        self.band = min(self.n_steps, max(20, self.n_steps // 4))

    @cached_property
    def way(self) -> IntArray:
        """The first of `WAYS` that holds, `(rows,)`. What nobody is left to be asked is not worked out."""
        way = np.full(len(self.records.diverged), len(WAYS) - 1)
        left = np.ones(len(way), dtype=bool)
        for index, holds in enumerate(self._rules()):
            way[left & holds] = index
            left &= ~holds
            if not left.any():
                break
        return way

    def _rules(self) -> Iterator[BoolArray]:
        """Say of every way to end but the last for which rows it holds."""
        yield self.records.diverged
        yield self.converged
        yield self.period > 0
        yield self.motionless
        yield self.falls

    @cached_property
    def isolated(self) -> bool:
        """Whether the problem has known, isolated minimisers."""
        return bool(self.problem.minimizers)

    @cached_property
    def tolerance(self) -> float:
        """Largest distance (or loss gap) that is still near."""
        return NEAR * (self.diagonal if self.isolated else typical_gap(self.problem))

    @cached_property
    def near_since(self) -> IntArray:
        """First point from which on every point is near; one more than the last point where the last one is not."""
        far = ~(self.records.miss <= self.tolerance)
        return np.where(far.any(axis=0), len(far) - far[::-1].argmax(axis=0), 0)

    @cached_property
    def hold(self) -> int:
        """How many last steps must be near: a twentieth of the run, three at least."""
        return min(self.n_steps, max(3, self.n_steps // 20))

    @cached_property
    def stays(self) -> BoolArray:
        """Near at all of these last steps."""
        return np.asarray(self.n_steps - self.near_since >= self.hold)

    @cached_property
    def converged(self) -> BoolArray:
        """Stays near, and is at rest there or (without noise) approaching."""
        settled = self.records.update_norm[-self.hold :].max(axis=0) <= SETTLED * self.diagonal
        rest = settled | self.motionless
        doubtful = np.flatnonzero(self.stays & ~rest & ~self.setting.stochastic)
        rest[doubtful] = self._approach(doubtful)
        return np.asarray(self.stays & rest)

    def _approach(self, rows: IntArray) -> BoolArray:
        """In the last quarter of its time near the minimum it came clearly nearer than in the third, of some rows."""
        since, columns = self.near_since[rows], np.arange(len(rows))
        quarter = (self.n_steps - since) // 4
        late, last = np.minimum(self.n_steps, [since + 2 * quarter, since + 3 * quarter])
        worst = largest_from(self.records.miss.take(rows, axis=1))
        return np.asarray(worst[last, columns] <= 0.9 * worst[late, columns])

    @cached_property
    def _cycle(self) -> tuple[IntArray, Array]:
        asked = ~(self.records.diverged | self.converged)
        return exact_period(self.records.points, self.diagonal, asked)

    @property
    def period(self) -> IntArray:
        """Period of an exact cycle, or 0; 0 also where it has converged."""
        return self._cycle[0]

    @property
    def width(self) -> Array:
        """Width of that cycle."""
        return self._cycle[1]

    @cached_property
    def motionless(self) -> BoolArray:
        """Whether the path of the last steps is next to nothing."""
        return np.asarray(total_from(self.records.update_norm[-self.tail :])[0] <= MOTIONLESS * self.diagonal)

    def motionless_since(self, row: int) -> int:
        """First step from which on the path of every tenth of the run is as short as that of the last one must be.

        Only of a whole run.
        """
        path = np.append(total_from(self.records.update_norm[:, row]), 0.0)
        moving = path[: -self.tail] - path[self.tail :] > MOTIONLESS * self.diagonal
        return int(len(moving) - moving[::-1].argmax()) if moving.any() else 0

    @cached_property
    def zigzag(self) -> BoolArray:
        """Whether it jumps to and fro by steps of one length."""
        jumping = jumps_to_and_fro(self.records.points[-self.tail - 1 :])
        return np.asarray(jumping & ~self.setting.stochastic)

    @cached_property
    def _reference(self) -> Array:
        """The loss that falls are measured from: the optimum, or the least loss seen."""
        best = self.records.best_loss
        return best if self.problem.optimal_value is None else np.fmin(best, self.problem.optimal_value)

    def window(self, row: int) -> int:
        """Over how many last steps the trend of a row is judged: half of the run with noise, a tenth without."""
        return (self.n_steps + 1) // 2 if self.setting.stochastic[row] else self.tail

    @cached_property
    def falls(self) -> BoolArray:
        """Whether the loss was still falling."""
        calm = falls(self.records.loss[-self.tail - 1 :], self._reference, self._least_fall)
        return self._unless_random(calm, 1.0)

    @cached_property
    def rises(self) -> BoolArray:
        """Whether the loss was still rising: read backwards it falls, or upside down through the noise."""
        calm = falls(self.records.loss[-self.tail - 1 :][::-1], self._reference, self._least_fall)
        return self._unless_random(calm, -1.0)

    def _unless_random(self, calm: BoolArray, sign: float) -> BoolArray:
        """What holds without noise, and for random rows whether the loss, or its opposite, falls through the noise."""
        random = np.flatnonzero(self.setting.stochastic)
        if len(random):
            calm[random] = falls_through_noise(sign * self.records.loss.take(random, axis=1))
        return calm

    @cached_property
    def _least_fall(self) -> Array:
        return np.where(self.zigzag, ZIGZAG_FALL, SMALL_FALL)

    def reach(self, row: int) -> float:
        """Learning rate of the last step times threshold; NaN where the clip has no fixed threshold."""
        rate = np.broadcast_to(self.setting.learning_rate, (self.n_steps, len(self.records.diverged)))[-1, row]
        return float(rate * self.setting.threshold[row])
