"""What a chunk of steps means, found out after stepping through it: which rows stop, and the numbers to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipscape.numerics import row_norm
from clipscape.problems.base import Problem
from clipscape.records import (
    COMPLETED,
    DIVERGED,
    GRADIENT_NOT_FINITE,
    LEFT_LIMIT,
    LOSS_NOT_FINITE,
    Array,
    BoolArray,
    ObjectArray,
    Run,
    Tape,
)

Indices = npt.NDArray[np.intp]

DIVERGENCE_LIMIT = 1e6
"""A row has diverged when a coordinate is this many window diagonals away from the centre of the window."""


@dataclass(frozen=True)
class Series:
    """Per-step numbers of all rows, `(steps, rows)`, filled chunk by chunk.

    Where one array serves as two records of the tape, one serves for their norms as well.
    """

    loss: Array
    """One point longer than the others."""
    grad_norm: Array
    clip_input_norm: Array
    clipped_norm: Array
    fired: BoolArray

    @classmethod
    def beside(cls, tape: Tape) -> Series:
        """Allocate the numbers for all steps of `tape`; norms that the loop records are used where they are."""
        shape = steps, rows = tape.grad.shape[1:]
        input_norm = np.empty(shape) if tape.clip_input_norm is None else tape.clip_input_norm
        grad_norm = input_norm if tape.clip_input is tape.grad else np.empty(shape)
        clipped_norm = input_norm if tape.clipped is tape.clip_input else np.empty(shape)
        return cls(np.empty((steps + 1, rows)), grad_norm, input_norm, clipped_norm, np.zeros(shape, dtype=bool))

    def part(self, first: int, last: int) -> Series:
        """Return views of the steps first .. last - 1, and of the points first .. last."""
        steps = slice(first, last)
        norms = self.grad_norm[steps], self.clip_input_norm[steps], self.clipped_norm[steps]
        return Series(self.loss[first : last + 1], *norms, self.fired[steps])

    def measure(self, problem: Problem, tape: Tape) -> None:
        """Fill in the loss and the norms of the steps of `tape`, and where the clip changed anything."""
        in_pieces(problem.value, tape.params, self.loss)
        if tape.clip_input_norm is None or not np.isfinite(tape.clip_input_norm.sum()):
            in_pieces(row_norm, tape.clip_input, self.clip_input_norm)
        if tape.clip_input is not tape.grad:
            in_pieces(row_norm, tape.grad, self.grad_norm)
        if tape.clipped is not tape.clip_input:
            _find_changed(tape, self.fired)

    def blank(self, dead: BoolArray) -> None:
        """Overwrite the steps marked in `dead` `(steps, rows)`, and the points they lead to, with NaN."""
        self.loss[1:][dead] = np.nan
        for numbers in (self.grad_norm, self.clip_input_norm, self.clipped_norm):
            numbers[dead] = np.nan
        self.fired[dead] = False

    def blank_from(self, step: int) -> None:
        """Overwrite everything after the point `step` with NaN."""
        self.loss[step + 1 :] = np.nan
        for numbers in (self.grad_norm, self.clip_input_norm, self.clipped_norm):
            numbers[step:] = np.nan


class Analysis:
    """Takes in the tape chunk by chunk; keeps a summary of each row and, with `series`, every step.

    `tape` is the one that the loop writes: that of the whole run with `series`, else that of the present chunk.
    """

    def __init__(self, problem: Problem, start: Array, tape: Tape, *, series: bool) -> None:
        rows = len(start)
        self._problem = problem
        self._centre = np.array([(low + high) / 2 for low, high in problem.window])[:, np.newaxis]
        self._limit = DIVERGENCE_LIMIT * float(np.hypot.reduce([high - low for low, high in problem.window]))
        self._columns = np.arange(rows)
        self._keeps_series = series
        self._series = Series.beside(tape)
        self._stop_reason: ObjectArray = np.full(rows, None, dtype=object)
        self._stop_value = np.full(rows, np.nan)
        self._steps = np.zeros(rows, dtype=np.int64)
        self._fired = np.zeros(rows, dtype=np.int64)
        self._final_params = start.T.copy()
        self._final_loss = np.full(rows, np.nan)
        self._best_loss = np.full(rows, np.inf)
        self._max_grad_norm = np.zeros(rows)
        self.running: BoolArray = np.ones(rows, dtype=bool)

    def absorb(self, first: int, tape: Tape) -> None:
        """Take in the steps first, first + 1, ...; blank what lies behind a stop in `tape` itself."""
        steps, at = tape.grad.shape[1], self.place_of(first)
        series = self._series.part(at, at + steps)
        series.measure(self._problem, tape)
        if self._nothing_stops(tape, series.loss, series.grad_norm):
            self._final_params[:], self._final_loss[:] = tape.params[:, -1], series.loss[-1]
            self._steps += steps
        else:
            self._stop_rows(tape, series)
        if self._keeps_series and tape.clipped is not tape.clip_input:
            in_pieces(row_norm, tape.clipped, series.clipped_norm)
        self._fired += series.fired.view(np.uint8).sum(axis=0, dtype=np.uint16)
        np.fmin(self._best_loss, np.fmin.reduce(series.loss, axis=0), self._best_loss)
        np.fmax(self._max_grad_norm, np.fmax.reduce(series.grad_norm, axis=0), self._max_grad_norm)

    def place_of(self, step: int) -> int:
        """Where the records of a chunk that begins at `step` begin."""
        return step if self._keeps_series else 0

    @property
    def loss(self) -> Array:
        """Loss of every point that is kept, `(points, rows)`."""
        return self._series.loss

    def _nothing_stops(self, tape: Tape, loss: Array, grad_norm: Array) -> bool:
        """A quick, sufficient test: all rows run, all is finite and near (NaN and Inf survive sums and maxima)."""
        reach = max(float(tape.params.max()), -float(tape.params.min()))
        near = reach + float(np.abs(self._centre).max()) <= self._limit
        return near and bool(self.running.all()) and bool(np.isfinite(loss.sum() + grad_norm.sum()))

    def _stop_rows(self, tape: Tape, series: Series) -> None:
        """Find the rows that stop in this chunk, keep their last point, blank everything behind it."""
        stop = self._stops(tape, series.loss, series.grad_norm)
        np.copyto(self._final_params, tape.params[:, stop, self._columns], where=self.running)
        np.copyto(self._final_loss, series.loss[stop, self._columns], where=self.running)
        self._steps += np.where(self.running, stop, 0)
        dead = np.arange(len(series.grad_norm))[:, np.newaxis] >= stop
        tape.blank(dead)
        series.blank(dead)
        self.running = self.running & np.isnan(self._stop_value)

    def _stops(self, tape: Tape, loss: Array, grad_norm: Array) -> Indices:
        """Index of the first point of the chunk at which each row stops, or the length of the chunk."""
        far = ~(np.abs(tape.params - self._centre[:, np.newaxis]).max(axis=0) <= self._limit)
        lost = ~np.isfinite(loss)
        bad = far | lost
        bad[:-1] |= ~np.isfinite(grad_norm)
        bad[0] |= ~self.running
        stop: Indices = np.where(bad.any(axis=0), bad.argmax(axis=0), len(grad_norm))
        rows = np.flatnonzero(bad[stop, self._columns] & self.running)
        if len(rows):
            at = stop[rows]
            distance = row_norm(tape.params[:, at, rows] - self._centre)
            grad_size = grad_norm[np.minimum(at, len(grad_norm) - 1), rows]
            choices = [far[at, rows], lost[at, rows]]
            self._stop_reason[rows] = np.select(choices, [LEFT_LIMIT, LOSS_NOT_FINITE], GRADIENT_NOT_FINITE)
            value = np.select(choices, [distance, loss[at, rows]], grad_size)
            self._stop_value[rows] = np.where(np.isnan(value), np.inf, value)
        return stop

    def run(self, tape: Tape) -> Run:
        """Everything known so far, as views of the growing arrays; `tape` is the tape of the whole run."""
        series, whole = self._series, tape
        if not self._keeps_series:
            series, whole = series.part(0, 0), tape.part(0, 0)
        return Run(
            params=np.moveaxis(whole.params, 0, -1),
            grad=np.moveaxis(whole.grad, 0, -1),
            clip_input=np.moveaxis(whole.clip_input, 0, -1),
            clipped=np.moveaxis(whole.clipped, 0, -1),
            loss=series.loss,
            grad_norm=series.grad_norm,
            clip_input_norm=series.clip_input_norm,
            clipped_norm=series.clipped_norm,
            fired=series.fired,
            status=np.where(np.isnan(self._stop_value), COMPLETED, DIVERGED).astype(object),
            stop_reason=self._stop_reason,
            stop_value=self._stop_value,
            n_steps=self._steps,
            final_params=self._final_params.T,
            final_loss=self._final_loss,
            best_loss=self._best_loss,
            max_grad_norm=self._max_grad_norm,
            clip_fraction=self._fired / np.maximum(self._steps, 1),
        )

    def blank_from(self, step: int) -> None:
        """Overwrite the series after the point `step` with NaN."""
        self._series.blank_from(step)


@dataclass(frozen=True)
class Chunk:
    """Progress of a run: the steps first_step .. last_step - 1 are new in `run`."""

    first_step: int
    last_step: int
    tape: Tape
    analysis: Analysis

    @property
    def run(self) -> Run:
        """Everything known so far."""
        return self.analysis.run(self.tape)

    @property
    def new_points(self) -> Array:
        """The points first_step .. last_step, `(dim, points, rows)`; valid until the next chunk."""
        at = self.analysis.place_of(self.first_step)
        return self.tape.params[:, at : at + self.last_step - self.first_step + 1]

    @property
    def new_loss(self) -> Array:
        """Their losses, `(points, rows)`."""
        at = self.analysis.place_of(self.first_step)
        return self.analysis.loss[at : at + self.last_step - self.first_step + 1]

    def blank_rest(self) -> None:
        """Overwrite what has not been computed yet with NaN."""
        self.tape.blank_from(self.last_step)
        self.analysis.blank_from(self.last_step)


def _find_changed(tape: Tape, out: BoolArray) -> None:
    np.not_equal(tape.clipped[0], tape.clip_input[0], out)
    for clipped, clip_input in zip(tape.clipped[1:], tape.clip_input[1:], strict=True):
        np.logical_or(out, clipped != clip_input, out)


PIECE = 12000
"""Numbers per temporary array. Beyond about 16,000 each new array costs fresh memory pages: slower than the sums."""


def in_pieces(function: Callable[[Array], Array], records: Array, out: Array) -> None:
    """Write an elementwise `function`, `(dim, steps, rows) -> (steps, rows)`, into `out`, some steps at a time.

    On contiguous copies: numpy may use other instructions, which round differently, for strided numbers.
    """
    steps, rows = out.shape
    at_once = max(1, PIECE // rows)
    for first in range(0, steps, at_once):
        out[first : first + at_once] = function(np.ascontiguousarray(records[:, first : first + at_once]))
