"""Clipping rules whose threshold follows the run: the history of norms, or the size of the parameters."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clipscape.row_norms import ONE, TINY, Array
from clipscape.transforms import Cap, RowContext, Transform, capped, scaled_by

BoolArray = npt.NDArray[np.bool_]


FEW_ROWS = 16
"""Up to this many rows a Python list per row is faster than a table of all rows."""

_WIDE = 1024
"""So many numbers in one go hide what starting a line of the table costs."""

_READS = 8192
"""For about so many numbers, rows times steps, it is found out at once where in the table they are read."""


class ListHistory:
    """The norms each of a few rows has seen, kept sorted, so that a quantile is a lookup."""

    def __init__(self, rows: int) -> None:
        self._sorted: list[list[float]] = [[] for _ in range(rows)]

    def quantile_with(self, norms: Array, fractions: list[float], out: Array) -> None:
        """Add one norm per row and write the quantile of each row, linear between neighbours (numpy's default)."""
        for row, norm in enumerate(norms.tolist()):
            history = self._sorted[row]
            insort(history, norm)
            last = len(history) - 1
            position = fractions[row] * last
            below = int(position)
            low = history[below]
            out[row] = low + (history[min(below + 1, last)] - low) * (position - below)


class TableHistory:
    """The same for many rows at once, in a table of which only the part that can ever be asked for is kept.

    No quantile up to the last step lies above position `highest * (n_steps - 1)`, so that many of the smallest norms
    are enough. Inserting is two calls for all rows, without a branch: each place takes the smaller of what it holds
    and the larger of the place below it and the new number. What does not depend on the norms (which part of the table
    is in use, where in it each row reads) is prepared for several steps at once.
    """

    def __init__(self, rows: int, n_steps: int, fractions: list[float]) -> None:
        self._block = max(1, _WIDE // rows)
        self._ahead = self._block * max(1, _READS // (self._block * rows))
        self._size = min(n_steps, int(max(fractions) * (n_steps - 1)) + 2)
        self._sorted = np.full((1 + self._size + self._block, rows), np.inf)
        self._sorted[0] = -np.inf
        self._shifted = np.empty_like(self._sorted[1:])
        self._repeated = np.empty((self._block, rows))
        self._as_line = self._repeated.reshape(-1)
        self._fractions = np.array(fractions)
        self._neighbours = np.empty((2, rows))
        self._low, self._high = self._neighbours
        self._count = 0
        self._open_places()
        self._look_ahead()

    def quantile_with(self, norms: Array, _fractions: list[float], out: Array) -> None:
        """See `ListHistory.quantile_with`; the same arithmetic, so the same bits."""
        low, high = self._low, self._high
        places, weights = next(self._reads)
        self._repeated[:] = norms
        np.fmax(self._below, self._as_line, self._larger)
        np.fmin(self._held, self._larger, self._held)
        self._sorted.take(places, None, self._neighbours, "clip")
        np.subtract(high, low, high)
        np.multiply(high, weights, high)
        np.add(low, high, out)
        self._count += 1
        if self._count % self._block == 0:
            self._open_places()
            if self._count % self._ahead == 0:
                self._look_ahead()

    def _open_places(self) -> None:
        """Find the places that may be filled at the end of the next block of steps.

        The parts of the table are seen as lines of `_block * rows` numbers: few long lines are faster than many short.
        """
        rows = self._sorted.shape[1]
        lines = -(-min(self._count + self._block, self._size) // self._block)
        shape, end = (lines, self._block * rows), lines * self._block
        self._below = self._sorted[:end].reshape(shape)
        self._held = self._sorted[1 : end + 1].reshape(shape)
        self._larger = self._shifted[:end].reshape(shape)

    def _look_ahead(self) -> None:
        """Find where each row reads at each of the next steps, and how much the upper neighbour weighs."""
        rows = self._sorted.shape[1]
        last = np.arange(self._count, self._count + self._ahead)[:, np.newaxis]
        position = self._fractions * last
        below = position.astype(np.intp)
        neighbours = np.stack([below, np.minimum(below + 1, last)], axis=1)
        self._reads = zip((neighbours + 1) * rows + np.arange(rows), position - below, strict=True)


def autoclip(percentile: Array) -> Transform:
    """Norm clipping at the `percentile` of all norms seen so far, this one included.

    At the default of 10 about nine steps in ten are clipped. Seetharaman et al. 2020, Algorithm 1.
    """
    fractions = (percentile / 100.0).tolist()

    def init(context: RowContext) -> ListHistory | TableHistory:
        few = context.rows <= FEW_ROWS
        return ListHistory(context.rows) if few else TableHistory(context.rows, context.n_steps, fractions)

    def follow(norm: Array, history: ListHistory | TableHistory, out: Array) -> None:
        history.quantile_with(norm, fractions, out)

    return capped(Cap(np.empty_like(percentile), follow=follow), init)


@dataclass
class ZClipState:
    """Running mean and variance of the norms, `(rows,)` each; `count` steps seen."""

    mean: Array
    variance: Array
    warmup: Array
    count: int = 0


def zclip(alpha: Array, z_threshold: Array, warmup_steps: Array, max_norm: Array) -> Transform:
    """Pull outliers of the norm back towards its running mean. Kumar et al. 2025.

    z = (|g| - mean) / (sd + 1e-6). If z > z0 the kept norm is mean + z0^2 sd / z: the larger the spike, the stronger
    the cut. Then mean and variance follow the kept norm with factor alpha (the variance uses the *updated* mean). The
    first `warmup_steps` steps are not clipped and give the first mean and population variance. `max_norm` also caps
    every norm; 0 means no cap.
    """
    cap = np.where(max_norm > 0, max_norm, np.inf)
    steps = warmup_steps.astype(np.intp)

    def init(context: RowContext) -> ZClipState:
        warmup = np.zeros((int(steps.max(initial=0)), context.rows))
        return ZClipState(np.zeros(context.rows), np.zeros(context.rows), warmup)

    def coefficient(norm: Array, state: ZClipState, _params: Array, out: Array) -> None:
        kept = np.fmin(_zclip_kept(norm, state, z_threshold, state.count >= steps), cap)
        _zclip_learn(kept, state, alpha, steps)
        np.divide(kept, np.fmax(norm, TINY), out)

    return scaled_by(coefficient, init)


def _zclip_kept(norm: Array, state: ZClipState, z_threshold: Array, ready: BoolArray) -> Array:
    deviation = np.sqrt(state.variance)
    z = (norm - state.mean) / (deviation + 1e-6)
    return np.where(ready & (z > z_threshold), state.mean + z_threshold**2 * deviation / z, norm)


def _zclip_learn(kept: Array, state: ZClipState, alpha: Array, steps: npt.NDArray[np.intp]) -> None:
    following = state.count >= steps
    if state.count < len(state.warmup):
        state.warmup[state.count] = kept
    mean = np.where(following, alpha * state.mean + (1.0 - alpha) * kept, state.mean)
    variance = alpha * state.variance + (1.0 - alpha) * np.square(kept - mean)
    state.variance = np.where(following, variance, state.variance)
    state.mean = mean
    state.count += 1
    for row in np.flatnonzero(steps == state.count):
        seen = state.warmup[: state.count, row]
        state.mean[row], state.variance[row] = seen.mean(), seen.var()


class AGCState(NamedTuple):
    """What measures the parameters unit by unit, and which units are left alone, `(units, 1)` (None: none)."""

    size_of: Callable[[Array], Array]
    exempt: BoolArray | None


def adaptive_grad_clip(clipping: Array, eps: Array) -> Transform:
    """Keep |g| / max(|params|, eps) at most `clipping`. Brock et al. 2021, equation 3.

    A landscape's point is one unit. In a network all inputs of one output unit are one, and so is a vector; the readout
    is left alone, as the paper leaves the last layer. Where the parameters are zero almost nothing is allowed.
    """

    def init(context: RowContext) -> AGCState:
        starts, readout = context.starts("units"), [b.start for b in context.blocks if b.name.startswith("readout")]
        exempt = np.isin(starts, [start for start in starts if start >= readout[0]]) if readout else None
        return AGCState(context.norms_of("units"), None if exempt is None else exempt[:, np.newaxis])

    def coefficient(norm: Array, state: AGCState, params: Array, out: Array) -> None:
        size_of, exempt = state
        allowed = np.fmax(size_of(params), eps) * clipping
        np.fmin(allowed / norm, ONE, out)
        if exempt is not None:
            np.copyto(out, ONE, where=exempt)

    return scaled_by(coefficient, init, uses_params=True, parts="units")


@dataclass
class AdaGCState:
    """Reference norm gamma of each tensor, `(rows,)` or `(tensors, rows)`; Inf before the first step."""

    reference: Array
    count: int = 0


def adagc(relative_threshold: Array, beta: Array, absolute_threshold: Array, warmup_steps: Array) -> Transform:
    """Norm clipping at `relative_threshold` times a running mean of the clipped norms. Wang et al. 2025.

    h = min(1, lambda gamma / |g|), then gamma <- beta gamma + (1 - beta) |h g|. During the warm-up the threshold is
    `absolute_threshold` for the norm of the whole gradient, and gamma the smallest clipped norm so far. A landscape's
    point is one tensor.
    """

    def init(context: RowContext) -> AdaGCState:
        return AdaGCState(np.full(context.numbers_shape("tensors"), np.inf))

    def coefficient(norm: Array, state: AdaGCState, _params: Array, out: Array) -> None:
        warming = state.count < warmup_steps
        share = norm / np.fmax(np.hypot.reduce(norm, axis=0), TINY) if norm.ndim > 1 else ONE
        threshold = np.where(warming, absolute_threshold * share, relative_threshold * state.reference)
        kept = np.fmin(norm, threshold)
        followed = np.where(np.isinf(state.reference), kept, beta * state.reference + (1.0 - beta) * kept)
        state.reference = np.where(warming, np.fmin(state.reference, kept), followed)
        state.count += 1
        np.divide(kept, np.fmax(norm, TINY), out)

    return scaled_by(coefficient, init, parts="tensors")
