"""Training of some rows: gradients of minibatches, measurements, held-out evaluation.

Rows are taken in tiles whose work space stays within `TILE_NUMBERS`. A row's numbers do not depend on the other rows,
bit for bit, because every product and every sum is one row's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from math import ceil

import numpy as np
import numpy.typing as npt

from clipscape.problems.networks.cell import Cell, Sizes
from clipscape.problems.networks.feed import Data, Feed
from clipscape.problems.networks.gathering import positions
from clipscape.problems.networks.layout import GATES, Tensors
from clipscape.problems.networks.network import Network
from clipscape.problems.networks.norms import step_norms
from clipscape.problems.networks.readout import Readout, Scores
from clipscape.problems.training import Array, Block, Evaluation, IntArray, Task

TILE_NUMBERS = 2_500_000
"""How many numbers the work space of one tile may hold (20 MB), unless a single row needs more."""
LARGEST_TILE = 24
SHOWN = {"last": 24, "every": 3}
"""How many held-out sequences' outputs an evaluation returns."""
FEW_INPUTS = 4
"""Up to this many inputs are copied one after the other or in pairs: blocks of so few numbers are slow to copy."""
LARGEST_PIECE = 256
"""Held-out sequences are taken this many at a time, fewer where the states would not fit."""


def even_share(count: int, most: int) -> int:
    """Return how many to take at a time when at most `most` fit and all turns are to be about as long."""
    return ceil(count / ceil(count / most))


class Tile:
    """Cell and readout for a fixed number of rows and sequences."""

    def __init__(self, network: Network, task: Task, sizes: Sizes, blocks: Mapping[str, Block]) -> None:
        self.sizes = sizes
        dim = sum(block.size for block in blocks.values())
        self.cell: Cell = network.cell(sizes, Tensors(blocks, positions((dim, sizes.rows))))
        self.readout = Readout(task, sizes)
        hidden = sizes.hidden
        self._places = self.cell.augmented[:, :-1, :, hidden:-1]

    def load(self, weights: Tensors) -> None:
        """Take the weights of all rows."""
        self.cell.load(weights)
        self.readout.load(weights)

    def forward(self, inputs: Array, dropout: Array | None) -> None:
        """Run the network on `inputs` `(1 or rows, T, batch, I)`."""
        _write_inputs(inputs, self._places)
        self.cell.forward()
        self.readout.forward(self.cell.augmented, dropout)

    def backward(self, *, norms: bool) -> None:
        """Propagate the loss of the last score back; see `Cell.backward`."""
        self.readout.backward(self.cell.hidden_grad)
        self.cell.backward(norms=norms)

    def collect(self, gradient: Tensors) -> None:
        """Write the gradients of all tensors."""
        self.cell.collect(gradient)
        self.readout.collect(gradient)


def _write_inputs(inputs: Array, places: Array) -> None:
    """Copy along the last axis, two numbers at a time if they are few: copying many short blocks is slow."""
    few = inputs.shape[-1] <= FEW_INPUTS
    if not few:
        places[...] = inputs
    elif inputs.shape[-1] % 2:
        for column in range(inputs.shape[-1]):
            places[..., column] = inputs[..., column]
    else:
        pairs, targets = np.ascontiguousarray(inputs).view(np.complex128), places.view(np.complex128)
        for column in range(pairs.shape[-1]):
            targets[..., column] = pairs[..., column]


class NetworkSession:
    """Work space and measurements of some rows; see `training.Session`."""

    def __init__(self, network: Network, task: Task, blocks: tuple[Block, ...], seeds: IntArray) -> None:
        self._network, self._task = network, task
        self._blocks = {block.name: block for block in blocks}
        self._rows = len(seeds)
        self._feed = Feed(task, seeds, network.hidden_size, network.dropout)
        steps = task.sequence_length
        self.loss, self.accuracy = np.full(self._rows, np.nan), np.full(self._rows, np.nan)
        self.hidden_norms = np.full((steps, self._rows), np.nan)
        self.cell_norms: Array | None = self.hidden_norms.copy() if network.has_memory else None

    def _sizes(self, batch: int, *, trains: bool) -> Sizes:
        """Return the sizes of one row."""
        network, task = self._network, self._task
        every = task.readout == "every"
        inputs, steps = task.input_size, task.sequence_length
        return Sizes(1, steps, batch, inputs, network.hidden_size, every, network.truncation, trains)

    def _tile(self, sizes: Sizes, rows: int) -> Tile:
        """Return work space for so many rows or a part of them."""
        most = min(LARGEST_TILE, max(1, TILE_NUMBERS // self._network.numbers(sizes)))
        return Tile(self._network, self._task, replace(sizes, rows=even_share(rows, most)), self._blocks)

    @cached_property
    def _training(self) -> Tile:
        return self._tile(self._sizes(self._task.batch_size, trains=True), self._rows)

    def _places(self, tile: Tile, rows: int) -> Iterator[slice]:
        """Yield the rows of each tile; the last one starts early enough to be full, and computes some rows again."""
        size = tile.sizes.rows
        for first in range(0, rows, size):
            start = min(first, rows - size)
            yield slice(start, start + size)

    def _forward(self, tile: Tile, params: Array, rows: slice, data: Data) -> Scores:
        inputs, targets, dropout = data.for_rows(rows)
        tile.load(Tensors(self._blocks, np.ascontiguousarray(params[:, rows])))
        tile.forward(inputs, dropout)
        return tile.readout.score(targets, self._task.batch_size)

    def gradient(self, params: Array, step: int, out: Array, *, norms: bool = True) -> None:
        """Write the gradient of the minibatch of `step` at `params` `(dim, rows)` into `out`, and measure."""
        tile, data = self._training, self._feed.minibatch(step)
        with np.errstate(all="ignore"):
            for rows in self._places(tile, self._rows):
                scores = self._forward(tile, params, rows, data)
                self.loss[rows], self.accuracy[rows] = scores.loss, scores.accuracy
                tile.backward(norms=norms)
                tile.collect(Tensors(self._blocks, out[:, rows]))
                if norms:
                    self._measure_steps(tile.cell, rows)

    def _measure_steps(self, cell: Cell, rows: slice) -> None:
        self.hidden_norms[:, rows] = step_norms(cell.hidden_grad)
        if self.cell_norms is not None and cell.cell_grad is not None:
            self.cell_norms[:, rows] = step_norms(cell.cell_grad)

    def batch_loss(self, params: Array, step: int) -> Array:
        """Return the loss of the minibatch of `step` `(rows,)`, with the dropout of that step; set `accuracy`."""
        tile, data = self._training, self._feed.minibatch(step)
        with np.errstate(all="ignore"):
            for rows in self._places(tile, self._rows):
                scores = self._forward(tile, params, rows, data)
                self.loss[rows], self.accuracy[rows] = scores.loss, scores.accuracy
        return self.loss.copy()

    @cached_property
    def _held_out(self) -> Data:
        return self._feed.held_out()

    @cached_property
    def _evaluating(self) -> Tile:
        return self._evaluation_tile(self._rows)

    def _evaluation_tile(self, rows: int) -> Tile:
        most = max(1, TILE_NUMBERS // self._network.numbers(self._sizes(1, trains=False)))
        piece = even_share(self._held_out.inputs.shape[2], min(LARGEST_PIECE, most))
        return self._tile(self._sizes(piece, trains=False), rows)

    def evaluate(self, params: Array) -> Evaluation:
        """Measure on the held-out sequences, without dropout."""
        tile, data = self._evaluating, self._held_out
        loss, accuracy = np.empty(self._rows), np.empty(self._rows)
        shown: list[Array] = []
        first = 0
        for rows in self._places(tile, self._rows):
            scores = self._evaluate_tile(tile, params, rows, data, SHOWN[self._task.readout])
            loss[rows], accuracy[rows] = scores.loss, scores.accuracy
            shown.append(scores.outputs[first - rows.start :])
            first = rows.stop
        return Evaluation(loss, accuracy, np.concatenate(shown))

    def _evaluate_tile(self, tile: Tile, params: Array, rows: slice, data: Data, shown: int) -> Scores:
        """Return means over all held-out sequences, and the outputs of the first `shown` of them."""
        inputs, targets, _none = data.for_rows(rows)
        axis = 1 if self._task.readout == "last" else 2
        available, piece = inputs.shape[2], tile.sizes.batch
        loss, accuracy = np.zeros(tile.sizes.rows), np.zeros(tile.sizes.rows)
        outputs: list[Array] = []
        with np.errstate(all="ignore"):
            tile.load(Tensors(self._blocks, np.ascontiguousarray(params[:, rows])))
            for first in range(0, available, piece):
                count = min(piece, available - first)
                some_inputs, some_targets = inputs, targets
                if piece != available:
                    index = np.minimum(np.arange(first, first + piece), available - 1)
                    some_inputs, some_targets = np.take(inputs, index, axis=2), np.take(targets, index, axis=axis)
                tile.forward(some_inputs, None)
                scores = tile.readout.score(some_targets, count)
                loss += scores.loss * (count / available)
                accuracy += scores.accuracy * (count / available)
                if first < shown:
                    outputs.append(np.take(scores.outputs, range(count), axis=axis))
        return Scores(loss, accuracy, np.take(np.concatenate(outputs, axis=axis), range(min(shown, available)), axis))

    def loss_at(self, params: Array) -> Array:
        """Return the held-out loss of every column of `params` `(dim, points)`; all sessions' rows share one seed."""
        points = params.shape[1]
        tile = self._evaluation_tile(points)
        losses = np.empty(points)
        for rows in self._places(tile, points):
            losses[rows] = self._evaluate_tile(tile, params, rows, self._held_out, 1).loss
        return losses

    def recurrent_matrices(self, params: Array) -> Array:
        """Return the recurrent matrices `(rows, gates, hidden, hidden)`, `(out, in)` as in PyTorch."""
        hidden, gates = self._network.hidden_size, GATES[self._network.kind]
        weights: npt.NDArray[np.float64] = Tensors(self._blocks, params)["weight_hh"]
        return weights.transpose(2, 0, 1).reshape(-1, gates, hidden, hidden)
