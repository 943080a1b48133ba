"""A problem of your own: a Python function that returns loss and gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from clipscape.problems.base import Array, Problem

ValueAndGrad = Callable[[Array], tuple[float, npt.ArrayLike]]

MOST_COORDINATES = 16


def problem(
    value_and_grad: ValueAndGrad,
    window: Sequence[tuple[float, float]],
    start: Sequence[float],
    *,
    name: str = "your own problem",
    axis_labels: Sequence[str] | None = None,
    minimizers: Sequence[Sequence[float]] = (),
    optimal_value: float | None = None,
) -> Problem:
    """Make a problem for `run` of a function that takes one point `(dim,)` and returns `(loss, gradient)`.

    `window` holds one `(low, high)` per coordinate: what a figure shows, and the yardstick of the verdict (a run has
    diverged a million diagonals away). `start` is where it begins. Known `minimizers`, or only the `optimal_value`, let
    the verdict say "converged"; without them it can only say whether the loss still falls. The function may return Inf
    or NaN; what it raises comes through. It is called once for every step of every variant, and once more for the loss.

    Raises ValueError where sizes do not fit, or where the gradient has another shape than the point.

    >>> import clipscape
    >>> def bowl(point):
    ...     return float(point @ point), 2 * point
    >>> own = clipscape.problem(bowl, window=[(-2, 2), (-2, 2)], start=[1.5, 1.0], minimizers=[(0, 0)])
    >>> result = clipscape.run(own, clips=["none", "norm"], learning_rate=0.1, threshold=0.5)
    >>> result["Norm"].status
    'converged'
    """
    dim = len(start)
    limits = tuple((float(low), float(high)) for low, high in window)
    if not 1 <= dim <= MOST_COORDINATES or len(limits) != dim:
        raise ValueError(f"window and start must have one entry per coordinate, at most {MOST_COORDINATES}")
    if not all(low < high for low, high in limits):
        raise ValueError("every interval of the window must be (low, high) with low < high")
    if not np.isfinite(np.array([*limits, *zip(start, start, strict=True)], dtype=np.float64)).all():
        raise ValueError("window and start must be finite")
    calls = _Calls(value_and_grad, dim)
    calls.at(np.array(start, dtype=np.float64))
    return Problem(
        kind=name,
        dim=dim,
        value=calls.value,
        grad=calls.grad,
        axis_labels=tuple(axis_labels) if axis_labels else _labels(dim),
        window=limits,
        start=tuple(map(float, start)),
        minimizers=tuple(tuple(map(float, point)) for point in minimizers),
        optimal_value=_optimum(calls, minimizers) if optimal_value is None else float(optimal_value),
    )


def _labels(dim: int) -> tuple[str, ...]:
    return ("x", "y", "z")[:dim] if dim <= 3 else tuple(f"x{index}" for index in range(dim))


def _optimum(calls: _Calls, minimizers: Sequence[Sequence[float]]) -> float | None:
    values = [calls.at(np.array(point, dtype=np.float64))[0] for point in minimizers]
    return min(values) if values else None


class _Calls:
    """The function, called point by point: what the loop asks for has shape `(dim, ...)`."""

    def __init__(self, function: ValueAndGrad, dim: int) -> None:
        self._function, self._dim = function, dim

    def at(self, point: Array) -> tuple[float, Array]:
        """Loss and gradient at one point, their shapes checked."""
        loss, gradient = self._function(point)
        vector = np.asarray(gradient, dtype=np.float64)
        if vector.shape != (self._dim,) or np.ndim(loss) != 0:
            what = f"({np.shape(loss)}, {vector.shape})"
            raise ValueError(
                f"the function must return (a number, an array of shape ({self._dim},)), not shapes {what}"
            )
        return float(loss), vector

    def value(self, params: Array) -> Array:
        """Losses `(...)`."""
        points = params.reshape(self._dim, -1).T
        return np.array([self.at(point.copy())[0] for point in points]).reshape(params.shape[1:])

    def grad(self, params: Array) -> Array:
        """Gradients `(dim, ...)`."""
        points = params.reshape(self._dim, -1).T
        return np.stack([self.at(point.copy())[1] for point in points], axis=-1).reshape(params.shape)
