"""The simple recurrent net, `h_t = f(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)` with f = tanh or ReLU.

As in PyTorch's `nn.RNN`. Full backpropagation through time: two calls per step forward, two backward (three where every
step has an output).

With layer normalisation (Ba, Kiros, Hinton 2016, eq. 4): `h_t = f(LN(W_ih x_t + W_hh h_{t-1}) + b_ih + b_hh)` with
`LN(a) = gain * (a - mean(a)) / sqrt(var(a) + 1e-5)` over the H units: the sum of both products is normalised, the two
biases are the bias of the normalisation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from itertools import pairwise

import numpy as np

from clipscape.problems.networks.cell import Sizes, augmented_states
from clipscape.problems.networks.layer_norm import LayerNorm
from clipscape.problems.networks.layout import Tensors
from clipscape.problems.networks.penalty import vanishing_penalty
from clipscape.problems.training import Array

_ZERO, _ONE = np.array(0.0), np.array(1.0)


def _relu(sums: Array, out: Array) -> None:
    np.maximum(sums, _ZERO, out=out)


def _tanh_slope(states: Array, out: Array) -> None:
    np.multiply(states, states, out)
    np.subtract(_ONE, out, out)


def _relu_slope(states: Array, out: Array) -> None:
    np.greater(states, _ZERO, out)


_FUNCTIONS: dict[str, tuple[Callable[..., object], Callable[[Array, Array], None]]] = {
    "tanh_rnn": (np.tanh, _tanh_slope),
    "relu_rnn": (_relu, _relu_slope),
}
"""The nonlinearity, and its slope as a function of its value."""


class Rnn:
    """Work space and passes of the simple recurrent net; see `Cell`."""

    cell_grad: Array | None = None

    def __init__(self, kind: str, sizes: Sizes, *, layer_norm: bool, penalty: float = 0.0) -> None:
        self._sizes, self._penalty = sizes, penalty
        self._function, self._slope = _FUNCTIONS[kind]
        rows, batch, hidden = sizes.rows, sizes.batch, sizes.hidden
        self.augmented = augmented_states(sizes)
        self._matrix = np.zeros((rows, sizes.width, hidden))
        self._sums = np.zeros((rows, batch, hidden))
        slots = self.augmented.swapaxes(0, 1)
        self._forward_steps = [(before, after[..., :hidden]) for before, after in pairwise(slots)]
        self._norm = LayerNorm(sizes.steps, 1, rows, batch, hidden) if layer_norm else None

    @cached_property
    def _back(self) -> _Backward:
        return _Backward(self._sizes)

    @property
    def hidden_grad(self) -> Array:
        """(rows, T, batch, H); see `Cell`."""
        return self._back.hidden_grad

    @property
    def sum_grad(self) -> Array:
        """(rows, T, batch, H): the gradient with respect to `W_ih x_t + W_hh h_{t-1} + b`, after `backward`."""
        return self._back.sum_grad

    def load(self, weights: Tensors) -> None:
        """Take the weights of all rows."""
        hidden, matrix = self._sizes.hidden, self._matrix
        matrix[:, :hidden] = weights["weight_hh"].transpose(2, 1, 0)
        matrix[:, hidden:-1] = weights["weight_ih"].transpose(2, 1, 0)
        bias = (weights["bias_ih"] + weights["bias_hh"]).T
        if self._norm is None:
            matrix[:, -1] = bias
        else:
            self._norm.load(weights["norm_gain"].T[np.newaxis, :, np.newaxis], bias[np.newaxis, :, np.newaxis])

    def forward(self) -> None:
        """Fill the states of `augmented`."""
        matmul, matrix, sums, function, norm = np.matmul, self._matrix, self._sums, self._function, self._norm
        if norm is None:
            for before, after in self._forward_steps:
                matmul(before, matrix, sums)
                function(sums, after)
            return
        for step, (before, after) in enumerate(self._forward_steps):
            matmul(before, matrix, sums)
            norm.forward(step, sums[np.newaxis])
            function(sums, after)

    def backward(self) -> None:
        """Complete `hidden_grad` and compute the gradients of the weights."""
        back, hidden, norm = self._back, self._sizes.hidden, self._norm
        matmul, add, multiply, extra = np.matmul, np.add, np.multiply, back.extra
        np.copyto(back.transposed, self._matrix[:, :hidden].swapaxes(1, 2))
        self._slope(self.augmented[:, 1:, :, :hidden], back.slope)
        recurrent = back.transposed
        for step, later, total, slope, sums in back.steps:
            if later is not None:
                if extra is None:
                    matmul(later, recurrent, total)
                else:
                    matmul(later, recurrent, extra)
                    add(total, extra, total)
            multiply(total, slope, sums)
            if norm is not None:
                norm.backward(step, sums[np.newaxis])
        rows, steps, batch, width = self.augmented.shape
        seen = self.augmented[:, :-1].reshape(rows, (steps - 1) * batch, width)
        matmul(seen.swapaxes(1, 2), back.sum_grad.reshape(rows, -1, hidden), back.matrix_grad)
        if self._penalty:
            _omega, slope = vanishing_penalty(back.hidden_grad, back.sum_grad, back.transposed)
            back.matrix_grad[:, :hidden] += self._penalty * slope.swapaxes(1, 2)

    def collect(self, gradient: Tensors) -> None:
        """Write the gradients of the cell's tensors."""
        hidden, grad = self._sizes.hidden, self._back.matrix_grad
        gradient["weight_hh"][...] = grad[:, :hidden].transpose(2, 1, 0)
        gradient["weight_ih"][...] = grad[:, hidden:-1].transpose(2, 1, 0)
        bias = grad[:, -1]
        if self._norm is not None:
            gain, bias = self._norm.gradients()
            gradient["norm_gain"][...] = gain[0].T
            bias = bias[0]
        gradient["bias_ih"][...] = bias.T
        gradient["bias_hh"][...] = bias.T


class _Backward:
    """Work space of the backward pass, made when it is first needed."""

    def __init__(self, sizes: Sizes) -> None:
        shape = (sizes.rows, sizes.steps, sizes.batch, sizes.hidden)
        self.hidden_grad, self.sum_grad, self.slope = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.matrix_grad = np.zeros((sizes.rows, sizes.width, sizes.hidden))
        self.transposed = np.zeros((sizes.rows, sizes.hidden, sizes.hidden))
        self.extra = np.zeros((sizes.rows, sizes.batch, sizes.hidden)) if sizes.every else None
        self.steps = [
            (
                step,
                self.sum_grad[:, step + 1] if sizes.carries(step + 1) else None,
                self.hidden_grad[:, step],
                self.slope[:, step],
                self.sum_grad[:, step],
            )
            for step in reversed(range(sizes.steps))
        ]
