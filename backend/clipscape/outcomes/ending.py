"""`Ending`: the rules by which rows are judged, for all rows at once. They are stated in the package's docstring."""

from __future__ import annotations

from collections.abc import Iterator
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


class Ending:
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
    def way(self) -> IntArray:
        """The first of `WAYS` that holds, `(rows,)`. What nobody is left to be asked is not worked out."""
        way = np.full(len(self.run.status), len(WAYS) - 1)
        left = np.ones(len(way), dtype=bool)
        for index, holds in enumerate(self._rules()):
            way[left & holds] = index
            left &= ~holds
            if not left.any():
                break
        return way

    def _rules(self) -> Iterator[BoolArray]:
        """Say of every way to end but the last for which rows it holds."""
        yield np.asarray(self.run.status == DIVERGED, dtype=bool)
        yield self.converged
        yield self.period > 0
        yield self.motionless
        yield self.falls

    @cached_property
    def leaps(self) -> BoolArray:
        """Steps that lead out of the window in one leap, `(steps, rows)`."""
        far = self.run.update_norm >= THROWN * self.diagonal
        return np.asarray(far & outside_window(self.problem, self.run.params[1:]))

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
