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
from numpy._core import umath

from clipscape.problems.networks.cell import Sizes, augmented_states, in_turn, passing_slots
from clipscape.problems.networks.gathering import GateWeights, gather_of_gradient
from clipscape.problems.networks.layer_norm import LayerNorm
from clipscape.problems.networks.layout import Tensors
from clipscape.problems.networks.penalty import vanishing_penalty
from clipscape.problems.training import Array

PIECE = 10
"""Slopes are computed for this many steps at once: few calls, and they stay in the cache."""

_ZERO, _ONE, _INFINITY = np.array(0.0), np.array(1.0), np.array(np.inf)
_clip: np.ufunc = umath.clip  # type: ignore[attr-defined]


def _relu(sums: Array, out: Array) -> None:
    """NaN stays NaN. (np.maximum clears the processor's floating-point flags at every call, which takes longer.)"""
    _clip(sums, _ZERO, _INFINITY, out)


def _tanh_slope(states: Array) -> None:
    np.multiply(states, states, states)
    np.subtract(_ONE, states, states)


def _relu_slope(states: Array) -> None:
    np.greater(states, _ZERO, states)


_FUNCTIONS: dict[str, tuple[Callable[..., object], Callable[[Array], None]]] = {
    "tanh_rnn": (np.tanh, _tanh_slope),
    "relu_rnn": (_relu, _relu_slope),
}
"""The nonlinearity, and what turns its values into its slopes."""


class Rnn:
    """Work space and passes of the simple recurrent net; see `Cell`."""

    cell_grad: Array | None = None

    def __init__(self, kind: str, sizes: Sizes, where: Tensors, *, layer_norm: bool, penalty: float = 0.0) -> None:
        self._sizes, self._where, self._penalty = sizes, where, penalty
        self._function, self._slope = _FUNCTIONS[kind]
        rows, batch, hidden = sizes.rows, sizes.batch, sizes.hidden
        self.augmented = augmented_states(sizes)
        self._weights = GateWeights(where, (0,))
        self._sums = np.zeros((rows, batch, hidden))
        self._states = np.zeros((sizes.kept, rows, batch, hidden))
        slots = self.augmented.swapaxes(0, 1)
        self._forward_steps = [
            (before, state, after[..., :hidden])
            for (before, after), state in zip(pairwise(slots), in_turn(self._states, sizes.steps), strict=True)
        ]
        self._norm = LayerNorm(sizes.steps, 1, rows, batch, hidden) if layer_norm else None

    @cached_property
    def _back(self) -> _Backward:
        return _Backward(self._sizes, self._where)

    @property
    def hidden_grad(self) -> Array:
        """(T, rows, batch, H); see `Cell`."""
        return self._back.hidden_grad

    @property
    def sum_grad(self) -> Array:
        """(rows, T, batch, H): the gradient with respect to `W_ih x_t + W_hh h_{t-1} + b`, after `backward`."""
        return self._back.sum_grad

    def load(self, weights: Tensors) -> None:
        """Take the weights of all rows."""
        self._weights.load(weights.vectors, 1)
        if self._norm is not None:
            matrix = self._weights.matrix
            self._norm.load(weights["norm_gain"].T[np.newaxis, :, np.newaxis], matrix[:, :, -1:].copy())
            matrix[:, :, -1] = 0.0

    def forward(self) -> None:
        """Fill the states of `augmented`."""
        matmul, matrix, sums, function, norm = (
            np.matmul,
            self._weights.matrix[0],
            self._sums,
            self._function,
            self._norm,
        )
        if norm is None:
            for before, state, after in self._forward_steps:
                matmul(before, matrix, sums)
                function(sums, state)
                after[...] = state
            return
        for step, (before, state, after) in enumerate(self._forward_steps):
            matmul(before, matrix, sums)
            norm.forward(step, sums[np.newaxis])
            function(sums, state)
            after[...] = state

    def backward(self, *, norms: bool) -> None:
        """Complete `hidden_grad` and compute the gradients of the weights; see `Cell`."""
        back, hidden, norm = self._back, self._sizes.hidden, self._norm
        matmul, add, multiply, extra = np.matmul, np.add, np.multiply, back.extra
        self._weights.transposed(back.transposed)
        slopes, recurrent = self._states, back.transposed[0]
        for step, place, later, total, sums in back.steps if norms or self._penalty else back.passing_steps:
            if place == PIECE - 1 or step == len(slopes) - 1:
                self._slope(slopes[step - place : step + 1])
            if later is not None:
                if extra is None:
                    matmul(later, recurrent, total)
                else:
                    matmul(later, recurrent, extra)
                    add(total, extra, total)
            multiply(total, slopes[step], sums)
            if norm is not None:
                norm.backward(step, sums[np.newaxis])
        rows, steps, batch, width = self.augmented.shape
        seen = self.augmented[:, :-1].reshape(rows, (steps - 1) * batch, width)
        matmul(seen.swapaxes(1, 2), back.sum_grad.reshape(rows, -1, hidden), back.matrix_grad[0])
        if self._penalty:
            _omega, slope = vanishing_penalty(back.hidden_grad.swapaxes(0, 1), back.sum_grad, recurrent)
            back.matrix_grad[0, :, :hidden] += self._penalty * slope.swapaxes(1, 2)

    def collect(self, gradient: Tensors) -> None:
        """Write the gradients of the cell's tensors."""
        self._back.collect(self._back.matrix_grad, gradient.of_cell)
        if self._norm is not None:
            gain, bias = self._norm.gradients()
            gradient["norm_gain"][...] = gain[0].T
            gradient["bias_ih"][...] = bias[0].T
            gradient["bias_hh"][...] = bias[0].T


class _Backward:
    """Work space of the backward pass, made when it is first needed."""

    def __init__(self, sizes: Sizes, where: Tensors) -> None:
        rows, steps, batch, hidden = sizes.rows, sizes.steps, sizes.batch, sizes.hidden
        self.hidden_grad = np.zeros((steps, rows, batch, hidden))
        self.sum_grad = np.zeros((rows, steps, batch, hidden))
        self.matrix_grad = np.zeros((1, rows, sizes.width, hidden))
        self.transposed = np.zeros((1, rows, hidden, hidden))
        self.collect = gather_of_gradient(where, self.matrix_grad.shape, (0,))
        self.extra = np.zeros((sizes.rows, sizes.batch, sizes.hidden)) if sizes.every else None
        self.steps = self._steps(sizes, self.hidden_grad)
        self.passing_steps = self._steps(sizes, passing_slots(self.hidden_grad, sizes))

    def _steps(self, sizes: Sizes, totals: Array | list[Array]) -> list[tuple[int, int, Array | None, Array, Array]]:
        """Return everything that each step touches; dL/dh_t goes into `totals[t]`."""
        return [
            (
                step,
                step % PIECE,
                self.sum_grad[:, step + 1] if sizes.carries(step + 1) else None,
                totals[step],
                self.sum_grad[:, step],
            )
            for step in reversed(range(sizes.steps))
        ]
