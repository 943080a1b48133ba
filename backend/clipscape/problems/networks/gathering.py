"""From the flat vectors to the matrices of the loop and back, each by one `take`.

The order is written down once, as slices and transposes, and applied to the *positions* of the numbers when the work
space is made. Taking all numbers at their positions is several times faster than assigning tensor by tensor.
"""

from __future__ import annotations

import numpy as np

from clipscape.problems.networks.layout import Tensors
from clipscape.problems.training import Array


def positions(shape: tuple[int, ...]) -> Array:
    """Return where each number of an array is; as floats, so that they can stand in for the numbers."""
    return np.arange(np.prod(shape), dtype=np.float64).reshape(shape)


class Gather:
    """Copies numbers from fixed places."""

    def __init__(self, places: Array) -> None:
        self._places = np.ascontiguousarray(places, dtype=np.intp)

    def __call__(self, numbers: Array, out: Array) -> None:
        """Write the numbers (an array of the shape whose positions were given) into `out`, shaped like the places."""
        np.take(numbers, self._places, out=out, mode="clip")


def gates_of(weights: Tensors, name: str, order: tuple[int, ...]) -> Array:
    """Return a tensor `(gates, rows, ..., H)`, matrices `(in, out)`, with the gates in `order`."""
    tensor, hidden = weights[name], weights["weight_hh"].shape[1]
    split = tensor.reshape(-1, hidden, *tensor.shape[1:])[list(order)]
    return np.moveaxis(np.moveaxis(split, -1, 1), 2, -1)


def gate_matrices(weights: Tensors, bias: str, order: tuple[int, ...]) -> Array:
    """Return `[W_hh; W_ih; bias]` of the gates in `order`, `(gates, rows, K, H)`."""
    parts = [gates_of(weights, name, order) for name in ("weight_hh", "weight_ih")]
    return np.concatenate([*parts, gates_of(weights, bias, order)[:, :, np.newaxis]], axis=2)


def write_gates(grads: Array, order: tuple[int, ...], gradient: Tensors) -> None:
    """Write the gradients `(gates, rows, K, H)` of `[W_hh; W_ih; b_ih + b_hh]` to their tensors."""
    hidden = grads.shape[-1]
    for place, gate in enumerate(order):
        units = slice(gate * hidden, (gate + 1) * hidden)
        gradient["weight_hh"][units] = grads[place, :, :hidden].transpose(2, 1, 0)
        gradient["weight_ih"][units] = grads[place, :, hidden:-1].transpose(2, 1, 0)
        gradient["bias_ih"][units] = grads[place, :, -1].T
        gradient["bias_hh"][units] = grads[place, :, -1].T


def gather_of_gradient(where: Tensors, shape: tuple[int, ...], order: tuple[int, ...]) -> Gather:
    """Return what takes the gradients `(gates, rows, K, H)` of all matrices to the tensors of the cell."""
    sources = where.like(np.zeros_like(where.vectors))
    write_gates(positions(shape), order, sources)
    return Gather(sources.of_cell)


class GateWeights:
    """`[W_hh; W_ih; b_ih + b_hh]` and the transposed W_hh of the gates in `order`, for the products of the loop.

    `where` are the positions of the numbers of the flat vectors. `matrix` is `(gates, rows, K, H)`.
    """

    def __init__(self, where: Tensors, order: tuple[int, ...]) -> None:
        matrices = gate_matrices(where, "bias_hh", order)
        self.matrix = np.zeros(matrices.shape)
        self._matrix_of = Gather(matrices)
        other_bias = gates_of(where, "bias_ih", order)
        self._bias, self._bias_of = np.zeros(other_bias.shape), Gather(other_bias)
        self._transposed_of = Gather(gates_of(where, "weight_hh", order).swapaxes(2, 3))
        self._vectors: Array = np.zeros(0)

    def load(self, vectors: Array, biased: int) -> None:
        """Take the weights of all rows; b_ih is added to the first `biased` gates."""
        self._vectors = vectors
        self._matrix_of(vectors, self.matrix)
        self._bias_of(vectors, self._bias)
        self.matrix[:biased, :, -1] += self._bias[:biased]

    def transposed(self, out: Array) -> None:
        """Write W_hh, `(gates, rows, out, in)`."""
        self._transposed_of(self._vectors, out)
