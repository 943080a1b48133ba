"""Data of some rows: drawn once for each seed that occurs, whatever the number of rows that share it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipscape.problems.training import Array, Batch, IntArray, Targets, Task

DROPOUT_TAG = 21
"""Separates the random numbers of dropout from everybody else's."""


@dataclass(frozen=True)
class Data:
    """One minibatch per seed: `inputs` `(seeds, T, batch, I)`, `targets` `(seeds, ...)`, `of_row` says whose is whose.

    `dropout` `(seeds, steps, batch, H)` multiplies the states that the readout sees; None where nothing is dropped.
    """

    inputs: Array
    targets: npt.NDArray[np.generic]
    of_row: IntArray
    dropout: Array | None = None

    def for_rows(self, rows: slice) -> tuple[Array, npt.NDArray[np.generic], Array | None]:
        """Return inputs, targets and dropout of some rows; the first axis is 1 where all share one seed."""
        which = slice(0, 1) if len(self.inputs) == 1 else self.of_row[rows]
        return self.inputs[which], self.targets[which], None if self.dropout is None else self.dropout[which]


class Feed:
    """Where the sequences of some rows come from: minibatches by (seed, step), held-out ones by seed."""

    def __init__(self, task: Task, seeds: IntArray, hidden: int, dropout: float) -> None:
        self._task, self._hidden, self._dropout = task, hidden, dropout
        unique, inverse = np.unique(np.asarray(seeds, dtype=np.int64), return_inverse=True)
        self._seeds, self._of_row = [int(seed) for seed in unique], inverse.reshape(-1).astype(np.int64)

    def minibatch(self, step: int) -> Data:
        """Return the minibatches of one update with their dropout."""
        data = self._stack([self._task.batch(seed, step) for seed in self._seeds])
        if not self._dropout:
            return data
        return Data(data.inputs, data.targets, data.of_row, np.stack([self._mask(seed, step) for seed in self._seeds]))

    def held_out(self) -> Data:
        """Return all held-out sequences."""
        return self._stack([self._task.held_out(seed) for seed in self._seeds])

    def _stack(self, batches: list[Batch]) -> Data:
        if len(batches) == 1:
            return Data(batches[0].inputs[np.newaxis], batches[0].targets[np.newaxis], self._of_row)
        targets: list[Targets] = [batch.targets for batch in batches]
        return Data(np.stack([batch.inputs for batch in batches]), np.stack(targets), self._of_row)

    def _mask(self, seed: int, step: int) -> Array:
        steps = self._task.sequence_length if self._task.readout == "every" else 1
        draws = np.random.default_rng([DROPOUT_TAG, seed, step]).random((steps, self._task.batch_size, self._hidden))
        return np.asarray((draws >= self._dropout) / (1.0 - self._dropout))
