"""Clipping rules whose threshold follows the run: the history of norms, or the size of the parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipscape.clipping.norms import ONE, Array, RowNorm
from clipscape.transforms import RowContext, Transform

BoolArray = npt.NDArray[np.bool_]


class SortedHistory:
    """The norms each row has seen, kept sorted, so that a percentile is a lookup.

    Inserting is two calls for all rows, without a branch: each place takes the smaller of what it holds and the larger
    of the place below it and the new number.
    """

    def __init__(self, context: RowContext) -> None:
        self._sorted = np.full((context.n_steps + 2, context.rows), np.inf)
        self._sorted[0] = -np.inf
        self._shifted = np.empty_like(self._sorted)
        self._columns = np.arange(context.rows)
        self._one_fraction: bool | None = None
        self.count = 0

    def insert(self, numbers: Array) -> None:
        """Add one number per row."""
        end = self.count + 1
        shifted = self._shifted[:end]
        np.fmax(self._sorted[:end], numbers, shifted)
        np.fmin(self._sorted[1 : end + 1], shifted, self._sorted[1 : end + 1])
        self.count = end

    def quantile(self, fraction: Array) -> Array:
        """Quantile of each row, linear between neighbours (numpy's default)."""
        if self._one_fraction is None:
            self._one_fraction = bool((fraction == fraction[0]).all())
        if self._one_fraction:
            return self._quantile_of_all(fraction[0])
        position = fraction * (self.count - 1)
        below = position.astype(np.intp)
        above = np.minimum(below + 1, self.count - 1)
        low = self._sorted[below + 1, self._columns]
        high = self._sorted[above + 1, self._columns]
        return np.asarray(low + (high - low) * (position - below))

    def _quantile_of_all(self, fraction: float) -> Array:
        """The same arithmetic where all rows ask for the same quantile: rows of the table instead of single places."""
        position = fraction * (self.count - 1)
        below = int(position)
        low, high = self._sorted[below + 1], self._sorted[min(below + 1, self.count - 1) + 1]
        between = high - low
        np.multiply(between, position - below, between)
        return np.add(low, between, between)


def autoclip(percentile: Array) -> Transform:
    """Norm clipping at the `percentile` of all norms seen so far, this one included.

    At the default of 10 about nine steps in ten are clipped. Seetharaman et al. 2020, Algorithm 1.
    """
    fraction = percentile / 100.0

    def init(context: RowContext) -> tuple[RowNorm, SortedHistory]:
        return RowNorm(context), SortedHistory(context)

    def update(updates: Array, state: tuple[RowNorm, SortedHistory], _params: Array, out: Array) -> None:
        norm_of, history = state
        norm = norm_of(updates)
        history.insert(norm)
        np.divide(history.quantile(fraction), norm, norm)
        np.fmin(norm, ONE, norm)
        np.multiply(updates, norm, out)

    return Transform(init, update)


@dataclass
class ZClipState:
    """Running mean and variance of the norms, `(rows,)` each; `count` steps seen."""

    norm: RowNorm
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
        return ZClipState(RowNorm(context), np.zeros(context.rows), np.zeros(context.rows), warmup)

    def update(updates: Array, state: ZClipState, _params: Array, out: Array) -> None:
        norm = state.norm(updates)
        kept = np.fmin(_zclip_kept(norm, state, z_threshold, state.count >= steps), cap)
        _zclip_learn(kept, state, alpha, steps)
        np.divide(kept, np.fmax(norm, 5e-324), norm)
        np.multiply(updates, norm, out)

    return Transform(init, update)


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


def adaptive_grad_clip(clipping: Array, eps: Array) -> Transform:
    """Keep |g| / max(|params|, eps) at most `clipping`. Brock et al. 2021, equation 3.

    Unit-wise in the paper; a landscape's point is one unit. At the origin of the parameters almost nothing is allowed.
    """

    def init(context: RowContext) -> tuple[RowNorm, RowNorm]:
        return RowNorm(context), RowNorm(context)

    def update(updates: Array, state: tuple[RowNorm, RowNorm], params: Array, out: Array) -> None:
        grad_norm, size = state[0](updates), state[1](params)
        np.fmax(size, eps, size)
        np.multiply(size, clipping, size)
        np.divide(size, grad_norm, grad_norm)
        np.fmin(grad_norm, ONE, grad_norm)
        np.multiply(updates, grad_norm, out)

    return Transform(init, update)


@dataclass
class AdaGCState:
    """Reference norm gamma, `(rows,)`; Inf before the first step."""

    norm: RowNorm
    reference: Array
    count: int = 0


def adagc(relative_threshold: Array, beta: Array, absolute_threshold: Array, warmup_steps: Array) -> Transform:
    """Norm clipping at `relative_threshold` times a running mean of the clipped norms. Wang et al. 2025.

    h = min(1, lambda gamma / |g|), then gamma <- beta gamma + (1 - beta) |h g|. During the warm-up the threshold is
    `absolute_threshold` and gamma the smallest clipped norm so far. A landscape's point is one tensor.
    """

    def init(context: RowContext) -> AdaGCState:
        return AdaGCState(RowNorm(context), np.full(context.rows, np.inf))

    def update(updates: Array, state: AdaGCState, _params: Array, out: Array) -> None:
        norm = state.norm(updates)
        warming = state.count < warmup_steps
        threshold = np.where(warming, absolute_threshold, relative_threshold * state.reference)
        kept = np.fmin(norm, threshold)
        followed = np.where(np.isinf(state.reference), kept, beta * state.reference + (1.0 - beta) * kept)
        state.reference = np.where(warming, np.fmin(state.reference, kept), followed)
        state.count += 1
        np.multiply(updates, kept / np.fmax(norm, 5e-324), out)

    return Transform(init, update)
