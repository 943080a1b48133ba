"""A session that computes nothing for rows that have stopped: what has exploded takes no more time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clipscape.problems.training import Array, Evaluation, IntArray, Session, Training
from clipscape.records import BoolArray

FEWER = 0.75
"""The work space is made anew when no more than this share of its rows still runs."""


class LivingSession:
    """See `problems.training.Session`; a row's numbers are the same bits with the others and without them.

    Of a row that is left out all measurements are NaN. Its gradient is 1, which nobody looks at either: a number whose
    norm needs no special care.
    """

    def __init__(self, training: Training, seeds: IntArray) -> None:
        self._training, self._seeds = training, seeds
        self._session: Session = training.open(seeds)
        self._rows: npt.NDArray[np.intp] | None = None

    def leave_out(self, stopped: BoolArray) -> None:
        """Compute nothing more for the rows that have `stopped` `(rows,)`, as soon as they are many."""
        rows = np.flatnonzero(~stopped)
        computed = len(self._seeds if self._rows is None else self._rows)
        if 0 < len(rows) <= FEWER * computed:
            self._rows = rows
            self._session = self._training.open(self._seeds[rows])

    def _some(self, params: Array) -> Array:
        return params if self._rows is None else np.ascontiguousarray(params[:, self._rows])

    def _spread(self, values: Array) -> Array:
        """Put numbers `(..., computed rows)` in their places `(..., rows)`."""
        if self._rows is None:
            return values
        spread = np.full((*values.shape[:-1], len(self._seeds)), np.nan)
        spread[..., self._rows] = values
        return spread

    @property
    def loss(self) -> Array:
        """See `Session`."""
        return self._spread(self._session.loss)

    @property
    def accuracy(self) -> Array:
        """See `Session`."""
        return self._spread(self._session.accuracy)

    @property
    def hidden_norms(self) -> Array:
        """See `Session`."""
        return self._spread(self._session.hidden_norms)

    @property
    def cell_norms(self) -> Array | None:
        """See `Session`."""
        norms = self._session.cell_norms
        return None if norms is None else self._spread(norms)

    def gradient(self, params: Array, step: int, out: Array, *, norms: bool = True) -> None:
        """See `Session`."""
        if self._rows is None:
            self._session.gradient(params, step, out, norms=norms)
            return
        some = np.empty((len(out), len(self._rows)))
        self._session.gradient(self._some(params), step, some, norms=norms)
        out.fill(1.0)
        out[:, self._rows] = some

    def batch_loss(self, params: Array, step: int) -> Array:
        """See `Session`."""
        return self._spread(self._session.batch_loss(self._some(params), step))

    def evaluate(self, params: Array) -> Evaluation:
        """See `Session`."""
        found = self._session.evaluate(self._some(params))
        outputs = np.moveaxis(self._spread(np.moveaxis(found.outputs, 0, -1)), -1, 0)
        return Evaluation(self._spread(found.loss), self._spread(found.accuracy), outputs)

    def recurrent_matrices(self, params: Array) -> Array:
        """See `Session`; of all rows."""
        return self._session.recurrent_matrices(params)
