"""Where the loop gets its gradients: a formula, a sample of a problem's examples, a network's session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from clipscape.numerics import weighted_mean
from clipscape.problems.base import Array, Examples, Problem
from clipscape.problems.training import IntArray, Session
from clipscape.transforms import SEED_BLOCK, RowContext, seeded_blocks

_SAMPLING_TAG = 1

WriteGradient = Callable[[Array, int, Array], None]
"""`write(params, step, out)`: the gradient at `params` `(dim, rows)` into `out`."""


def analytic_gradient(problem: Problem, rows: int) -> WriteGradient:
    """The full gradient of so many rows, as the problem prepared it or coordinate by coordinate."""
    if problem.prepared is not None:
        prepared = problem.prepared((problem.dim, rows))
        return lambda params, _step, out: prepared(params, out)
    grad = problem.grad

    def write(params: Array, _step: int, out: Array) -> None:
        for coordinate, component in enumerate(grad(params)):
            out[coordinate] = component

    def write_pair(params: Array, _step: int, out: Array) -> None:
        out[0], out[1] = grad(params)

    return write_pair if problem.dim == 2 else write


class SampledGradient:
    """Mean gradient of the examples drawn at each step; the draw depends on (seed, step) only.

    Keeps the gradients of the single examples of the present step, `(dim, batch, rows)`, for per-example clipping.
    """

    def __init__(self, examples: Examples, context: RowContext) -> None:
        self._examples = examples
        self._indices = _draw_indices(examples, context)
        count = examples.batch_size
        self.weights = np.full(count, 1.0 / count) if count else examples.weights
        self._current: Array = np.zeros((context.dim, len(self.weights), context.rows))

    def current(self) -> Array:
        """Gradients of the examples of the present step, `(dim, batch, rows)`."""
        return self._current

    def __call__(self, params: Array, step: int, out: Array) -> None:
        self._current = self._examples.grads(params, self._indices(step))
        np.copyto(out, weighted_mean(self._current, self.weights))


class TrainingGradient:
    """Gradient of a network's minibatch; keeps what the session measures on the way.

    `loss` and `accuracy` are `(n_steps + 1, rows)`. At the updates `columns` `(C,)`, `hidden` `(C, rows, T)` keeps
    ||dL/dh_t|| of every time step, and `cell` ||dL/dc_t|| (None where the cell has no memory). NaN: not computed yet.
    """

    def __init__(self, session: Session, n_steps: int, columns: IntArray) -> None:
        self._session = session
        self._column = {int(step): column for column, step in enumerate(columns)}
        length, rows = session.hidden_norms.shape
        self.loss = np.full((n_steps + 1, rows), np.nan)
        self.accuracy = self.loss.copy()
        self.hidden = np.full((len(columns), rows, length), np.nan)
        self.cell = None if session.cell_norms is None else self.hidden.copy()

    def __call__(self, params: Array, step: int, out: Array) -> None:
        session = self._session
        column = self._column.get(step)
        session.gradient(params, step, out, norms=column is not None)
        self.loss[step] = session.loss
        self.accuracy[step] = session.accuracy
        if column is not None:
            self.hidden[column] = session.hidden_norms.T
            if self.cell is not None and session.cell_norms is not None:
                self.cell[column] = session.cell_norms.T

    def measure(self, params: Array, step: int) -> None:
        """Measure the loss at a point `(dim, rows)` from which no update leaves, or not yet."""
        self.loss[step] = self._session.batch_loss(params, step)
        self.accuracy[step] = self._session.accuracy


def _draw_indices(examples: Examples, context: RowContext) -> Callable[[int], npt.NDArray[Any]]:
    if not examples.batch_size:
        everything = np.arange(len(examples.weights))[:, np.newaxis]
        indices = np.ascontiguousarray(np.broadcast_to(everything, (len(everything), context.rows)))
        return lambda _step: indices
    edges = np.cumsum(examples.weights)
    edges[-1] = 1.0

    def draw(rng: np.random.Generator) -> npt.NDArray[Any]:
        return np.searchsorted(edges, rng.random((SEED_BLOCK, examples.batch_size)), side="right")

    return seeded_blocks(context, _SAMPLING_TAG, draw)
