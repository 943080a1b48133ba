"""Looking at some points of a run: held-out sequences, outputs, the recurrent matrix, the weights themselves."""

from __future__ import annotations

import numpy as np

from clipscape.problems.training import Evaluation, Session
from clipscape.records import Array, BoolArray, IntArray
from clipscape.training.records import Probes


class Prober:
    """Takes the probes of R rows one after the other; with `dim` 0 only held-out loss and accuracy.

    With `patience` > 0 it also says which rows have not improved their held-out loss for so many probes.
    """

    def __init__(self, session: Session, steps: IntArray, rows: int, dim: int, patience: int) -> None:
        self._session, self._steps, self._patience = session, steps, patience
        self._position = {int(step): position for position, step in enumerate(steps)}
        self._numbers = np.full((4, len(steps), rows), np.nan)
        self._params = np.full((len(steps), rows, dim), np.nan)
        self._outputs = np.empty((len(steps), rows, 0, 0))
        self._best = np.full(rows, np.inf)
        self._waited = np.zeros(rows, dtype=np.int64)

    def wants(self, step: int) -> bool:
        """Say whether this point is to be probed."""
        return step in self._position

    def probe(self, step: int, params: Array, alive: BoolArray) -> BoolArray:
        """Look at the point `step`, `(dim, rows)`, of the rows that are `alive`; return which of them may stop."""
        position = self._position[step]
        found = self._session.evaluate(params)
        for numbers, values in zip(self._numbers, (found.loss, found.accuracy), strict=False):
            numbers[position] = np.where(alive, values, np.nan)
        if self._params.size:
            self._numbers[2:, position] = recurrent_sizes(self._session.recurrent_matrices(params), alive)
            self._keep_vectors(position, params, found, alive)
        return self._is_tired(found.loss) & alive

    def _keep_vectors(self, position: int, params: Array, found: Evaluation, alive: BoolArray) -> None:
        if not self._outputs.size:
            self._outputs = np.full((len(self._steps), *found.outputs.shape), np.nan)
        self._params[position, alive] = params.T[alive]
        self._outputs[position, alive] = found.outputs[alive]

    def _is_tired(self, loss: Array) -> BoolArray:
        better = loss < self._best
        self._best = np.where(better, loss, self._best)
        self._waited = np.where(better, 0, self._waited + 1)
        return np.asarray((self._waited >= self._patience) & (self._patience > 0))

    def forget(self, row: int, stop: int) -> None:
        """Overwrite the probes of one row behind the point `stop`."""
        late = self._steps > stop
        self._numbers[:, late, row] = np.nan
        self._params[late, row] = np.nan
        self._outputs[late, row] = np.nan

    @property
    def probes(self) -> Probes:
        """Everything seen so far, as views."""
        loss, accuracy, radius, singular = self._numbers
        return Probes(self._steps, loss, accuracy, radius, singular, self._outputs, self._params)


def recurrent_sizes(matrices: Array, rows: BoolArray) -> tuple[Array, Array]:
    """Spectral radius and largest singular value of `(R, gates, H, H)`, the largest over the gates, `(R,)` each.

    NaN for rows that are not asked for, and where an entry is not finite.
    """
    radius, singular = np.full((2, len(matrices)), np.nan)
    known = rows & np.isfinite(matrices).all(axis=(1, 2, 3))
    if known.any():
        radius[known] = np.abs(np.linalg.eigvals(matrices[known])).max(axis=(1, 2))
        singular[known] = np.linalg.svd(matrices[known], compute_uv=False).max(axis=(1, 2))
    return radius, singular
