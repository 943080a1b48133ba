"""`train`: the loop of `simulation` with minibatch gradients, in pieces short enough for the processor's cache."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipscape.chain import Chain
from clipscape.gradients import TrainingGradient
from clipscape.problems.base import Problem
from clipscape.records import IntArray
from clipscape.simulation import Loop
from clipscape.training.analysis import TrainingAnalysis
from clipscape.training.living import LivingSession
from clipscape.training.moments import heat_steps, probe_steps
from clipscape.training.probing import Prober
from clipscape.training.records import TrainingRun
from clipscape.transforms import RowContext

PIECE_NUMBERS, LONGEST_PIECE = 60_000, 32
"""Steps x weights x rows between two analyses (half a megabyte a record), and most steps."""
CHUNK_SECONDS, PIECE_SECONDS = 0.06, 0.02
"""How long a chunk and a piece should take, about."""


@dataclass(frozen=True)
class TrainingChunk:
    """Progress: the updates first_step .. last_step - 1, and these columns and probes, are new in `run`.

    `columns` are places in `run.heat`, `probes` places in `run.probes`. Rows that have stopped are NaN from there on:
    `run.n_steps` says where, and `run.probes` of a row end at its last probe at or before that point.
    """

    first_step: int
    last_step: int
    run: TrainingRun
    columns: slice
    probes: slice


def train(
    problem: Problem, chain: Chain, start: npt.ArrayLike, n_steps: int, *, seeds: IntArray | None = None
) -> TrainingRun:
    """Train all rows to the end. `start` is `(rows, dim)`; `seeds` `(rows,)` defaults to zeros. See `train_chunks`."""
    return deque(train_chunks(problem, chain, start, n_steps, seeds=seeds, chunk_steps=n_steps), maxlen=1)[0].run


def train_chunks(
    problem: Problem,
    chain: Chain,
    start: npt.ArrayLike,
    n_steps: int,
    *,
    seeds: IntArray | None = None,
    chunk_steps: int | None = None,
    verdict_only: bool = False,
) -> Iterator[TrainingChunk]:
    """Yield the growing run every `chunk_steps` updates, or about every `CHUNK_SECONDS` (None).

    To cancel, stop iterating. The numbers do not depend on the chunks. Ends early when every row has stopped. With
    `verdict_only` the heat map has no columns, probes hold nothing but held-out loss and accuracy, and the loss of the
    point at which a growing run stands is not measured: that is all the verdict needs, in less time and memory. Raises
    ValueError where the problem is no network, or `start` is not `(rows, dim)` or not finite.
    """
    training = problem.training
    origin = np.atleast_2d(np.asarray(start, dtype=np.float64))
    if training is None or n_steps < 1:
        raise ValueError("only networks are trained, and for at least one step")
    if origin.ndim != 2 or origin.shape[1] != problem.dim or not np.isfinite(origin).all():
        raise ValueError(f"start must be finite and of shape (rows, {problem.dim})")
    rows = len(origin)
    row_seeds = np.zeros(rows, dtype=np.int64) if seeds is None else np.asarray(seeds, dtype=np.int64)
    session = LivingSession(training, row_seeds)
    context = RowContext(problem.dim, rows, n_steps, row_seeds, blocks=training.blocks)
    heat = heat_steps(0 if verdict_only else n_steps)
    source = TrainingGradient(session, n_steps, heat)
    kept = 0 if verdict_only else problem.dim
    prober = Prober(session, probe_steps(n_steps), rows, kept, training.early_stopping)
    longest = min(LONGEST_PIECE, n_steps, max(1, PIECE_NUMBERS // origin.size))
    with np.errstate(all="ignore"):
        loop = Loop(source, context, chain, origin, length=longest)
        analysis = TrainingAnalysis(origin, n_steps, training.blocks, source, prober, heat, session)
        pace = _Pace(longest, chunk_steps)
        yield from _advance(loop, analysis, n_steps, pace, heat)


def _advance(
    loop: Loop, analysis: TrainingAnalysis, n_steps: int, pace: _Pace, heat: IntArray
) -> Iterator[TrainingChunk]:
    sent = at = 0
    while at < n_steps and analysis.running.any():
        pace.begin(at - sent)
        last = min(n_steps, at + pace.length)
        tape = loop.advance(at, last, 0)
        end = tape.params[:, -1]
        if last == n_steps:
            analysis.measure_point(end, last)
        analysis.absorb(at, tape)
        pace.end(last - at)
        over = last == n_steps or not analysis.running.any()
        if over or pace.is_due(last - sent):
            if last < n_steps and len(heat):
                analysis.measure_point(end, last)
            yield _chunk(analysis, n_steps, sent, last, heat)
            sent = last
            pace.restart()
        loop.rewind(last - at)
        at = last


def _chunk(analysis: TrainingAnalysis, n_steps: int, first: int, last: int, heat: IntArray) -> TrainingChunk:
    columns = np.searchsorted(heat, (first, last))
    probes = np.searchsorted(probe_steps(n_steps), (first, last + (last == n_steps)))
    return TrainingChunk(first, last, analysis.run, slice(*columns.tolist()), slice(*probes.tolist()))


class _Pace:
    """How many steps to take at once, and when to show them: so many steps, or by the clock.

    By the clock the first step is taken and shown by itself: the first picture should not wait, and nobody knows yet
    how long a step takes.
    """

    def __init__(self, longest: int, chunk_steps: int | None) -> None:
        self._longest, self._chunk_steps = longest, chunk_steps
        self._seconds, self._since, self._begun = np.inf, -np.inf, 0.0
        self.length = 1

    def begin(self, waiting: int) -> None:
        """Choose the length of the next piece; `waiting` steps have not been shown yet."""
        self._begun = time.perf_counter()
        if self._chunk_steps is None:
            self.length = int(min(self._longest, max(1.0, PIECE_SECONDS / max(self._seconds, 1e-9))))
        else:
            self.length = min(self._longest, self._chunk_steps - waiting)

    def end(self, steps: int) -> None:
        """Learn from the piece that has just been computed."""
        self._seconds = (time.perf_counter() - self._begun) / steps

    def is_due(self, waiting: int) -> bool:
        """Say whether it is time to show the steps that are waiting."""
        if self._chunk_steps is not None:
            return waiting >= self._chunk_steps
        return time.perf_counter() - self._since >= CHUNK_SECONDS

    def restart(self) -> None:
        """A chunk has been shown."""
        self._since = time.perf_counter()
