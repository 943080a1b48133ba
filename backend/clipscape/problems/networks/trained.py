"""A network as a `Problem`: network, task and first weights together."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from clipscape.problems.base import Problem
from clipscape.problems.networks.layout import STARTS_AT_ONE, STARTS_AT_ZERO, blocks_of
from clipscape.problems.networks.network import Network
from clipscape.problems.networks.seconds import crowd_seconds, update_seconds
from clipscape.problems.networks.session import NetworkSession
from clipscape.problems.training import Array, Fill, IntArray, Task

START_TAG = 20
"""Separates the random numbers of the first weights from everybody else's."""
SLOPE_BOUND = {"tanh_rnn": 1.0, "relu_rnn": 1.0}
"""gamma of Pascanu et al. 2013, section 2.1: the largest slope of the nonlinearity between two states."""


class NetworkTraining:
    """How a network is trained; see `training.Training`."""

    def __init__(self, network: Network, task: Task, fill: Fill) -> None:
        self.network, self.task, self._fill = network, task, fill
        self.hidden_size, self.early_stopping = network.hidden_size, network.early_stopping
        self.blocks = blocks_of(
            network.kind, task.input_size, network.hidden_size, task.output_size, layer_norm=network.layer_norm
        )
        self.dim = sum(block.size for block in self.blocks)
        self.slope_bound = None if network.layer_norm else SLOPE_BOUND.get(network.kind)
        self.seconds = update_seconds(network, task)
        self.crowd_seconds = crowd_seconds(network, task)

    def initial(self, seeds: IntArray) -> Array:
        """Return the first weights `(rows, dim)`: every tensor has a stream of its own, decided by seed and name."""
        drawn = {int(seed): self._draw(int(seed)) for seed in np.unique(seeds)}
        return np.stack([drawn[int(seed)] for seed in np.asarray(seeds)])

    def _draw(self, seed: int) -> Array:
        params = np.empty(self.dim)
        for block in self.blocks:
            generator = np.random.default_rng([START_TAG, seed, zlib.crc32(block.name.encode())])
            if block.name in STARTS_AT_ONE or block.name in STARTS_AT_ZERO:
                params[block.place] = float(block.name in STARTS_AT_ONE)
            else:
                params[block.place] = self._fill(generator, block, self.hidden_size).ravel()
            if block.name == "bias_ih" and self.network.forget_bias:
                params[block.place][self.hidden_size : 2 * self.hidden_size] += self.network.forget_bias
        return params

    def open(self, seeds: IntArray) -> NetworkSession:
        """Return the session of `len(seeds)` rows."""
        return NetworkSession(self.network, self.task, self.blocks, np.asarray(seeds, dtype=np.int64))

    def loss_at(self, params: Array, seed: int) -> Array:
        """Return the loss on the held-out sequences of `seed` for every column of `params` `(dim, points)`."""
        return self.open(np.array([seed])).loss_at(params)

    def grad_at(self, params: Array, seed: int) -> Array:
        """Return the gradient of `loss_at`, `(dim, points)`: all held-out sequences as one batch."""
        held_out = self.task.held_out(seed)
        task = replace(self.task, batch_size=held_out.inputs.shape[1], batch=lambda _seed, _step: held_out)
        network = replace(self.network, dropout=0.0, truncation=0, vanishing_penalty=0.0)
        session = NetworkSession(network, task, self.blocks, np.full(params.shape[1], seed))
        gradient = np.empty(params.shape)
        session.gradient(params, 0, gradient)
        return gradient


def network_problem(network: Network, task: Task, fill: Fill) -> Problem:
    """Put together what is trained. Value and gradient are those of the held-out sequences of seed 0.

    The loop takes gradients of minibatches from `training.open(seeds)` instead. There is no window and no default
    start: the first weights come from `fill`.
    """
    training = NetworkTraining(network, task, fill)

    def value(params: Array) -> Array:
        columns = np.asarray(params, dtype=np.float64).reshape(training.dim, -1)
        return training.loss_at(columns, 0).reshape(np.shape(params)[1:])

    def grad(params: Array) -> Array:
        columns = np.asarray(params, dtype=np.float64).reshape(training.dim, -1)
        return training.grad_at(columns, 0).reshape(np.shape(params))

    return Problem(
        kind=network.kind,
        dim=training.dim,
        value=value,
        grad=grad,
        axis_labels=tuple(block.name for block in training.blocks),
        window=(),
        start=(),
        training=training,
    )
