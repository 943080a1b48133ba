"""`simulate`: the only step loop. Everything is a row of one batch.

A row is a variant, a slider notch, a seed or a sweep cell. Inside the loop a record is `(steps, dim, rows)`: what one
step touches is contiguous, and whatever need not be known while stepping (loss, norms, angles, divergence) is computed
for a whole chunk of steps in a few calls afterwards. A row's numbers never depend on the other rows, bit for bit.

The rule for trouble: a row stops at the first step at which its loss or gradient is not finite (a gradient whose norm
overflows counts) or a coordinate is farther than `DIVERGENCE_LIMIT` window diagonals from the window's centre. Where
and why is kept, what follows is NaN, and the other rows go on.

Networks take their steps in the same `Loop`; see `training`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from clipscape.analysis import PIECE, Analysis, Chunk
from clipscape.chain import Chain
from clipscape.gradients import SampledGradient, WriteGradient, analytic_gradient
from clipscape.problems.base import Problem
from clipscape.records import Array, IntArray, Run, Tape
from clipscape.transforms import IDENTITY, RowContext, Transform

Record = Literal["series", "summary"]

CHUNK_NUMBERS, SHORTEST_CHUNK, LONGEST_CHUNK = PIECE, 20, 512
"""Steps times rows between two analyses: what its temporary arrays may hold and still stay in the processor's cache."""


def simulate(
    problem: Problem,
    chain: Chain,
    start: npt.ArrayLike,
    n_steps: int,
    *,
    seeds: IntArray | None = None,
    record: Record = "series",
) -> Run:
    """Run all rows to the end. `start` is `(rows, dim)`; `seeds` `(rows,)` defaults to zeros. See `simulate_chunks`."""
    chunks = _chunks(problem, chain, start, n_steps, seeds, record, None)
    return deque(chunks, maxlen=1)[0].run


def simulate_chunks(
    problem: Problem,
    chain: Chain,
    start: npt.ArrayLike,
    n_steps: int,
    *,
    seeds: IntArray | None = None,
    record: Record = "series",
    chunk_steps: int | None = None,
    watched: bool = True,
) -> Iterator[Chunk]:
    """Yield the growing run every `chunk_steps` steps (None: as many as suit the cache); to cancel, stop iterating.

    The numbers do not depend on `chunk_steps`; what is still to come is NaN, unless nobody reads a run before its end
    (`watched` False): a long run is blanked as often as it is yielded. Ends early when every row has stopped.
    Raises ValueError when `start` is not `(rows, dim)` or not finite.
    """
    for chunk in _chunks(problem, chain, start, n_steps, seeds, record, chunk_steps):
        if watched:
            chunk.blank_rest()
        yield chunk


def _chunks(
    problem: Problem,
    chain: Chain,
    start: npt.ArrayLike,
    n_steps: int,
    seeds: IntArray | None,
    record: Record,
    chunk_steps: int | None,
) -> Iterator[Chunk]:
    """Yield after every chunk; only the last run, or one whose rest has been blanked, may be read."""
    origin = np.atleast_2d(np.asarray(start, dtype=np.float64))
    if n_steps < 1:
        raise ValueError("n_steps must be at least 1")
    if origin.ndim != 2 or origin.shape[1] != problem.dim or not np.isfinite(origin).all():
        raise ValueError(f"start must be finite and of shape (rows, {problem.dim})")
    series = record == "series"
    length = min(chunk_steps or _chunk_length(len(origin)), n_steps)
    gradient, context = _gradient_of(problem, origin, n_steps, seeds)
    loop = Loop(gradient, context, chain, origin, length=n_steps if series else length)
    analysis = Analysis(problem, origin, loop.tape, series=series)
    with np.errstate(all="ignore"):
        for first in range(0, n_steps, length):
            last = min(first + length, n_steps)
            part = loop.advance(first, last, first if series else 0)
            analysis.absorb(first, part)
            over = not analysis.running.any()
            chunk = Chunk(first, last, loop.tape, analysis)
            if over:
                chunk.blank_rest()
            yield chunk
            if over:
                return
            if not series:
                loop.rewind(last - first)


def _chunk_length(rows: int) -> int:
    return min(max(CHUNK_NUMBERS // rows, SHORTEST_CHUNK), LONGEST_CHUNK)


class _Link(NamedTuple):
    """A transform in place: it writes into `record[step]`, or into `work` where nobody asks for its output later."""

    update: Callable[[Array, Any, Array, Array], None]
    state: Any
    record: Array | None
    work: Array


class Loop:
    """The compiled chain: identities left out, states and records for `length` steps allocated.

    `start` is `(rows, dim)`. Landscapes and networks differ in where the gradient comes from, and in nothing else.
    """

    def __init__(
        self, gradient: WriteGradient, context: RowContext, chain: Chain, start: Array, *, length: int
    ) -> None:
        rows, dim = start.shape
        self._shape = (length, dim, rows)
        self._work = np.zeros((dim, rows))
        self._gradient, self._context = gradient, context
        rates = np.asarray(chain.learning_rate, dtype=np.float64)
        self._rates = list(rates) if rates.ndim == 2 else [np.tile(rates, (dim, 1))] * context.n_steps
        self._noise = None if chain.noise is IDENTITY else self._link(chain.noise, None)
        self._params = np.empty((length + 1, dim, rows))
        self._params[0] = start.T
        self._grad = self._records()
        self._links: list[_Link] = []
        self._merge: Callable[[slice], None] | None = None
        self._norm: tuple[Array, Array] | None = None
        self.tape = self._compile(chain)

    def _records(self) -> Array:
        return np.empty(self._shape)

    def _link(self, transform: Transform, record: Array | None) -> _Link:
        return _Link(transform.update, transform.init(self._context), record, np.zeros_like(self._work))

    def _append(self, transform: Transform, source: Array) -> Array:
        """Add a link whose output is recorded; return the record, or `source` when the link changes nothing."""
        if transform is IDENTITY:
            return source
        record = self._records()
        self._links.append(self._link(transform, record))
        return record

    def _compile(self, chain: Chain) -> Tape:
        clip_input = self._append(chain.decay_before_clip, self._grad)
        clipped = self._append(chain.clip, clip_input)
        norms = self._record_norms(chain.clip)
        for transform in (chain.decay_after_clip, chain.optimizer):
            if transform is not IDENTITY:
                self._links.append(self._link(transform, None))
        if chain.clip_after is not IDENTITY and chain.clips_direction is not None:
            clip_input, clipped = self._compile_late(chain, clip_input, clipped, chain.clips_direction)
            norms = self._norm = None
        if chain.decoupled_decay is not IDENTITY:
            self._links.append(self._link(chain.decoupled_decay, None))
        return Tape.of(self._params, self._grad, clip_input, clipped, norms)

    def _record_norms(self, clip: Transform) -> Array | None:
        """Prepare to record the norms that the clip computes; return the record, or None when it computes none."""
        if clip.norm is None or self._context.blocks:
            return None
        length, _dim, rows = self._shape
        norms = np.empty((length, rows))
        self._norm = clip.norm(self._links[-1].state), norms
        return norms

    def _compile_late(
        self, chain: Chain, early_input: Array, early_clipped: Array, rows: npt.NDArray[np.bool_]
    ) -> tuple[Array, Array]:
        """Add the clip that stands after the optimizer, and prepare to merge its records with the early clip's."""
        direction = self._records()
        self._links.append(self._link(IDENTITY, direction))
        direction_clipped = self._append(chain.clip_after, direction)
        clip_input, clipped = self._records(), self._records()

        def merge(steps: slice) -> None:
            for target, first, second in (
                (clip_input, early_input, direction),
                (clipped, early_clipped, direction_clipped),
            ):
                target[steps] = np.where(rows, second[steps], first[steps])

        self._merge = merge
        return clip_input, clipped

    def advance(self, first: int, last: int, offset: int) -> Tape:
        """Take the steps first .. last - 1, recorded from position `offset` on; return their part of the tape."""
        params, grads, gradient = self._params, self._grad, self._gradient
        rates, noise, links, work = self._rates, self._noise, self._links, self._work
        norm, norms = self._norm or (None, None)
        multiply, subtract = np.multiply, np.subtract
        for position, step in enumerate(range(first, last), start=offset):
            point = params[position]
            value = grads[position]
            if noise is None:
                gradient(point, step, value)
            else:
                gradient(point, step, noise.work)
                noise.update(noise.work, noise.state, point, value)
            for update, state, record, scratch in links:
                out = scratch if record is None else record[position]
                update(value, state, point, out)
                value = out
            if norms is not None:
                norms[position] = norm
            multiply(value, rates[step], work)
            subtract(point, work, params[position + 1])
        if self._merge is not None:
            self._merge(slice(offset, offset + last - first))
        return self.tape.part(offset, offset + last - first)

    def rewind(self, position: int) -> None:
        """Go on recording at the beginning of the tape."""
        self._params[0] = self._params[position]


def _gradient_of(
    problem: Problem, start: Array, n_steps: int, seeds: IntArray | None
) -> tuple[WriteGradient, RowContext]:
    rows, dim = start.shape
    row_seeds = np.zeros(rows, dtype=np.int64) if seeds is None else np.asarray(seeds, dtype=np.int64)
    context = RowContext(dim, rows, n_steps, row_seeds)
    if problem.examples is None:
        return analytic_gradient(problem, rows), context
    sampled = SampledGradient(problem.examples, context)
    return sampled, replace(context, example_grads=sampled.current, example_weights=sampled.weights)
