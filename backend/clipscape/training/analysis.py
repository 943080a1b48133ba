"""What some updates mean, found out after taking them: which rows stop and why, and the numbers to keep."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clipscape.gradients import TrainingGradient
from clipscape.problems.training import Block
from clipscape.records import (
    COMPLETED,
    DIVERGED,
    GRADIENT_NOT_FINITE,
    LOSS_NOT_FINITE,
    Array,
    BoolArray,
    ObjectArray,
    Tape,
)
from clipscape.row_norms import part_norms
from clipscape.training.living import LivingSession
from clipscape.training.numbers import Numbers, measure
from clipscape.training.probing import Prober
from clipscape.training.records import EARLY_STOPPING, PARAMS_NOT_FINITE, Heat, TrainingRun

Indices = npt.NDArray[np.intp]


class TrainingAnalysis:
    """Takes in the tape piece by piece.

    A row stops at the first point at which its weights, its loss or its gradient are not finite (a norm that overflows
    counts), or when early stopping says so. The point at which it stops keeps its loss; what follows is NaN.
    """

    def __init__(
        self,
        start: Array,
        n_steps: int,
        blocks: tuple[Block, ...],
        source: TrainingGradient,
        prober: Prober,
        heat: Indices,
        session: LivingSession,
    ) -> None:
        rows = len(start)
        self._blocks, self._source, self._prober, self._heat_steps = blocks, source, prober, heat
        self._session = session
        self._starts = np.array([block.start for block in blocks], dtype=np.intp)
        self._total = n_steps
        self._numbers = Numbers.allocate(n_steps, rows, len(blocks))
        self._reason: ObjectArray = np.full(rows, None, dtype=object)
        self._tensor: ObjectArray = np.full(rows, None, dtype=object)
        self._value = np.full(rows, np.nan)
        self._steps = np.zeros(rows, dtype=np.int64)
        self._final_params = start.T.copy()
        self.running: BoolArray = np.ones(rows, dtype=bool)

    def absorb(self, first: int, tape: Tape) -> None:
        """Take in the updates first, first + 1, ..."""
        count, columns = tape.grad.shape[1], np.arange(len(self.running))
        numbers = measure(tape, self._starts)
        self._numbers.write(first, numbers)
        stop = np.where(self.running, self._find_stops(first, tape, numbers), 0)
        stop = self._probe(first, tape, stop)
        np.copyto(self._final_params, tape.params[:, stop, columns], where=self.running)
        self._steps += np.where(self.running, stop, 0)
        self.running = self.running & (self._reason == None)  # noqa: E711 (elementwise)
        self._blank(first + count)
        if first + count < self._total:  # the loss of the point at which a row stopped may still be to come
            self._session.leave_out(~self.running & (self._steps < first + count))

    def _find_stops(self, first: int, tape: Tape, numbers: Numbers) -> Indices:
        """Index of the first point of the piece at which each running row blows up, or the length of the piece."""
        count = len(numbers.grad_norm)
        is_end = first + count == self._total
        loss = self._source.loss[first : first + count + is_end]
        lost = np.zeros(numbers.param_norm.shape, dtype=bool)
        lost[: len(loss)] = ~np.isfinite(loss)
        away, steep = ~np.isfinite(numbers.param_norm), ~np.isfinite(numbers.grad_norm)
        bad = away | lost
        bad[:-1] |= steep
        stop: Indices = np.where(bad.any(axis=0), bad.argmax(axis=0), count)
        for row in np.flatnonzero(bad.any(axis=0) & self.running).tolist():
            at = int(stop[row])
            gradient = tape.grad[:, at, row] if at < count else None
            if away[at, row]:
                self._stop(row, PARAMS_NOT_FINITE, numbers.param_norm[at, row], tape.params[:, at, row])
            elif lost[at, row]:
                self._stop(row, LOSS_NOT_FINITE, loss[at, row], gradient)
            else:
                self._stop(row, GRADIENT_NOT_FINITE, numbers.grad_norm[at, row], gradient)
        return stop

    def _stop(self, row: int, reason: str, value: float, vector: Array | None) -> None:
        self._reason[row] = reason
        self._value[row] = np.inf if np.isnan(value) else value
        if vector is not None:
            lost = ~np.isfinite(part_norms(np.ascontiguousarray(vector), self._starts))
            self._tensor[row] = self._blocks[int(lost.argmax())].name if lost.any() else None

    def _probe(self, first: int, tape: Tape, stop: Indices) -> Indices:
        """Take the probes that fall into the piece; return where each row stops now that early stopping has spoken."""
        count = tape.grad.shape[1]
        for at in range(count + (first + count == self._total)):
            if self._prober.wants(first + at):
                alive = self.running & (stop >= at)
                tired = self._prober.probe(first + at, np.ascontiguousarray(tape.params[:, at]), alive)
                tired &= (stop > at) & (first + at < self._total)
                self._reason[tired], self._value[tired], self._tensor[tired] = EARLY_STOPPING, np.nan, None
                stop = np.where(tired, at, stop)
        return stop

    def _blank(self, last: int) -> None:
        """Overwrite what lies behind the stop of every row that has stopped, up to the point `last`."""
        for row in np.flatnonzero(~self.running).tolist():
            stop = int(self._steps[row])
            self._numbers.blank(row, stop, last)
            for series in (self._source.loss, self._source.accuracy):
                series[stop + 1 : last + 1, row] = np.nan
            late = self._heat_steps >= stop
            self._source.hidden[late, row] = np.nan
            if self._source.cell is not None:
                self._source.cell[late, row] = np.nan

    def measure_point(self, params: Array, step: int) -> None:
        """Measure the loss at a point from which no update leaves, or not yet; rows that stopped earlier stay NaN."""
        self._source.measure(params, step)
        gone = ~self.running & (self._steps < step)
        self._source.loss[step, gone] = self._source.accuracy[step, gone] = np.nan

    @property
    def run(self) -> TrainingRun:
        """Everything known so far, as views of the growing arrays."""
        source, numbers, rows = self._source, self._numbers, np.arange(len(self.running))
        failed = ~np.isnan(self._value)
        return TrainingRun(
            loss=source.loss,
            accuracy=source.accuracy,
            **vars(numbers),
            probes=self._prober.probes,
            heat=Heat(self._heat_steps, source.hidden, source.cell),
            status=np.where(failed, DIVERGED, COMPLETED).astype(object),
            stop_reason=self._reason,
            stop_value=self._value,
            stop_tensor=self._tensor,
            n_steps=self._steps,
            final_params=self._final_params.T,
            final_loss=source.loss[self._steps, rows],
            best_loss=np.fmin.reduce(source.loss, axis=0),
            max_grad_norm=np.fmax.reduce(numbers.grad_norm, axis=0, initial=0.0),
            clip_fraction=numbers.fired.sum(axis=0) / np.maximum(self._steps, 1),
        )
