"""`Problem`: the one contract of everything that can be minimised.

Arrays are *coordinates first*: parameters have shape `(dim, ...)`, where `...` is any trailing shape: the rows of a
batch, a grid for a surface, or the steps and rows of a finished run. Values then have shape `(...)`. Coordinates first
keeps every operand of a two-dimensional landscape contiguous, which is what makes the batched loop fast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipscape.problems.training import Training

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


InPlaceGradient = Callable[[Array, Array], None]
"""`write(params, out)`: the gradient at `params` into `out`, with work space of its own."""


@dataclass(frozen=True)
class Examples:
    """A finite sum `f(x) = sum_i weight_i f_i(x)`, sampled with replacement.

    `grads(params, indices)` takes params `(dim, rows)` and indices `(batch, rows)` and returns `(dim, batch, rows)`:
    the gradient of each drawn example. `batch_size` 0 means the full, weighted sum (no sampling).
    """

    weights: Array
    batch_size: int
    grads: Callable[[Array, Indices], Array]


@dataclass(frozen=True)
class Problem:
    """Something to minimise.

    `value(params)` maps `(dim, ...)` to `(...)`; `grad(params)` returns `dim` arrays of shape `(...)` (a tuple or one
    stacked array). Both are analytic, both work elementwise over the trailing shape, and neither may raise or warn on
    overflow: they run under `np.errstate(all="ignore")` and may return Inf or NaN.

    `minimizers` lists known global minimisers (empty when they form a curve or are unknown; then `optimal_value` alone
    tells how good a point is). `window` is what the page shows: ((low, high), (low, high)). `start` is a good first
    start, never a whole multiple of learning_rate x threshold away from a minimiser along an axis.
    """

    kind: str
    dim: int
    value: Callable[[Array], Array]
    grad: Callable[[Array], Sequence[Array] | Array]
    axis_labels: tuple[str, ...]
    window: tuple[tuple[float, float], ...]
    start: tuple[float, ...]
    minimizers: tuple[tuple[float, ...], ...] = ()
    optimal_value: float | None = None
    examples: Examples | None = None
    training: Training | None = None
    """Set where the problem is a network: then the loop takes gradients and losses from its session, not from above."""
    prepared: Callable[[tuple[int, ...]], InPlaceGradient] | None = None
    """Where the loop should be faster than `grad` allows: makes a function for params of one shape, the same bits."""
    cost: float = 1.0
    """CPU time of one gradient of one row, relative to the cliff's; the cost estimate of a request uses it."""


def gradient_of(prepared: Callable[[tuple[int, ...]], InPlaceGradient]) -> Callable[[Array], Array]:
    """Return the `grad` of a problem whose gradient is `prepared` for a shape."""

    def grad(params: Array) -> Array:
        out = np.empty(params.shape)
        prepared(params.shape)(params, out)
        return out

    return grad
