"""Sequences by seed: how every task draws its minibatches and its held-out sequences.

The minibatch of an update depends on (seed, step) only, so every variant of a comparison sees the same sequences.
Several minibatches are drawn at once because making a generator costs more than drawing a small batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from clipscape.problems.training import Batch

Draw = Callable[[np.random.Generator, int], Batch]
"""`draw(generator, count)`: that many independent sequences."""

HELD_OUT = 200
"""Sequences kept for measuring: an accuracy then moves in steps of half a per cent."""

_TRAINING_TAG, _HELD_OUT_TAG = 201, 202
"""Streams of random numbers, kept apart from each other and from those of noise, sampling and clipping."""

_BLOCK_NUMBERS = 32_768
"""About this many input numbers are drawn at once: 256 kB for each seed in use."""

_SEEDS_KEPT = 256


class Sequences:
    """The sequences of one task: its `batch` and `held_out`.

    Arrays are read-only because they are kept: blocks of the seeds in use, so that `batch(seed, step)` is cheap when
    steps come in order, whatever other seeds are asked for in between.
    """

    def __init__(self, draw: Draw, batch_size: int, numbers_per_sequence: int) -> None:
        self._draw = draw
        self._batch_size = batch_size
        self._steps = max(1, _BLOCK_NUMBERS // (batch_size * numbers_per_sequence))
        self._blocks: dict[int, tuple[int, list[Batch]]] = {}
        self._held_out: dict[int, Batch] = {}

    def batch(self, seed: int, step: int) -> Batch:
        """Return the minibatch of update `step`."""
        index, offset = divmod(step, self._steps)
        kept = self._blocks.get(seed)
        if kept is None or kept[0] != index:
            kept = index, self._block(seed, index)
            self._blocks[seed] = kept
            _forget_oldest(self._blocks)
        return kept[1][offset]

    def held_out(self, seed: int) -> Batch:
        """Return the sequences on which a run of this seed is judged."""
        kept = self._held_out.get(seed)
        if kept is None:
            kept = _frozen(self._draw(np.random.default_rng([_HELD_OUT_TAG, seed]), HELD_OUT))
            self._held_out[seed] = kept
            _forget_oldest(self._held_out)
        return kept

    def _block(self, seed: int, index: int) -> list[Batch]:
        generator = np.random.default_rng([_TRAINING_TAG, seed, index])
        drawn = self._draw(generator, self._steps * self._batch_size)
        steps = range(0, self._steps * self._batch_size, self._batch_size)
        return [_frozen(_part(drawn, slice(first, first + self._batch_size))) for first in steps]


def _part(batch: Batch, sequences: slice) -> Batch:
    """Return some of the sequences, copied together."""
    per_step = batch.targets.shape[:2] == batch.inputs.shape[:2]
    targets = batch.targets[:, sequences] if per_step else batch.targets[sequences]
    return Batch(batch.inputs[:, sequences].copy(), targets.copy())


def _frozen(batch: Batch) -> Batch:
    batch.inputs.flags.writeable = batch.targets.flags.writeable = False
    return batch


def _forget_oldest(kept: dict[int, Any]) -> None:
    while len(kept) > _SEEDS_KEPT:
        del kept[next(iter(kept))]
