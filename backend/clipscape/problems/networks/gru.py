"""The gated recurrent unit, as in PyTorch's `nn.GRU`, gates in the order r, z, n:

    r, z = s(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh),   n = tanh(W_in x_t + b_in + r (W_hn h_{t-1} + b_hn)),
    h_t = (1 - z) n + z h_{t-1}

with the logistic function s. The reset gate acts *after* the matrix product (not as in Cho et al. 2014), and z keeps
the old state.

With layer normalisation (Ba, Kiros, Hinton 2016, supplement): the sums of the input and those of the state are
normalised apart, r and z together over 2 H numbers, n over its H: `r, z = s(LN(W_ih x) + b_ih + LN(W_hh h) + b_hh)` and
`n = tanh(LN(W_in x) + b_in + r (LN(W_hn h) + b_hn))`.

Inside, gates come first, `(gate, row, batch, H)`; `s(z) = 1 / (1 + exp(-z))` has its minus sign in the weights; the
input's part of n is one product for all steps.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

import numpy as np

from clipscape.problems.networks.cell import Sizes, augmented_states, gate_weights, write_gates
from clipscape.problems.networks.layer_norm import SplitSums
from clipscape.problems.networks.layout import Tensors
from clipscape.problems.training import Array

_ONE = np.array(1.0)
ORDER = (0, 1, 2)
PIECE = 10
"""Factors of the backward pass are computed for this many steps at once: few calls, and they stay in the cache."""


class Gru:
    """Work space and passes of the GRU; see `Cell`."""

    cell_grad: Array | None = None

    def __init__(self, sizes: Sizes, *, layer_norm: bool) -> None:
        self._sizes = sizes
        rows, steps, batch, hidden = sizes.rows, sizes.steps, sizes.batch, sizes.hidden
        self.augmented = augmented_states(sizes)
        self._matrix = np.zeros((3, rows, sizes.width, hidden))
        self._input_matrix = np.zeros((rows, sizes.inputs + 1, hidden))
        self.gates = np.zeros((steps, 3, rows, batch, hidden))
        self.candidate = np.zeros((steps, rows, batch, hidden))
        self._from_input = np.zeros((rows, steps, batch, hidden))
        self._work = np.zeros((rows, batch, hidden))
        slots = self.augmented.swapaxes(0, 1)
        self._steps = [
            (before, gates, gates[:2], *gates, from_input, candidate, before[..., :hidden], after[..., :hidden])
            for (before, after), gates, from_input, candidate in zip(
                pairwise(slots), self.gates, self._from_input.swapaxes(0, 1), self.candidate, strict=True
            )
        ]
        groups = slice(0, 2), slice(2, 3)
        self.sums = SplitSums(groups, steps, 3, rows, batch, hidden) if layer_norm else None

    @cached_property
    def _back(self) -> _Backward:
        return _Backward(self, self._sizes)

    @property
    def hidden_grad(self) -> Array:
        """(rows, T, batch, H); see `Cell`."""
        return self._back.hidden_grad

    def load(self, weights: Tensors) -> None:
        """Take the weights of all rows."""
        if self.sums is not None:
            self.sums.load(weights)
            return
        hidden, matrix = self._sizes.hidden, self._matrix
        gate_weights(weights, ORDER, matrix)
        np.negative(matrix[:2], matrix[:2])
        self._input_matrix[:, :-1] = matrix[2, :, hidden:-1]
        self._input_matrix[:, -1] = weights["bias_ih"][2 * hidden :].T
        matrix[2, :, hidden:-1] = 0.0
        matrix[2, :, -1] = weights["bias_hh"][2 * hidden :].T

    def forward(self) -> None:
        """Fill the states of `augmented`; `gates` keeps r, z and the state's part of n."""
        matmul, add, subtract, multiply, divide = np.matmul, np.add, np.subtract, np.multiply, np.divide
        exp, tanh, matrix, work, sums = np.exp, np.tanh, self._matrix, self._work, self.sums
        if sums is None:
            inputs = self.seen()[..., self._sizes.hidden :]
            matmul(inputs, self._input_matrix, self._from_input.reshape(*inputs.shape[:2], -1))
        for step, (before, gates, sigmoids, r, z, s, from_input, n, old, new) in enumerate(self._steps):
            if sums is None:
                matmul(before, matrix, gates)
            else:
                self._normalised(sums, step, before, gates, from_input)
            exp(sigmoids, sigmoids)
            add(sigmoids, _ONE, sigmoids)
            divide(_ONE, sigmoids, sigmoids)
            multiply(r, s, n)
            add(n, from_input, n)
            tanh(n, n)
            subtract(old, n, work)
            multiply(work, z, work)
            add(work, n, new)

    @staticmethod
    def _normalised(sums: SplitSums, step: int, before: Array, gates: Array, from_input: Array) -> None:
        ih, hh = sums.forward(step, before)
        np.add(ih[:2], hh[:2], gates[:2])
        np.negative(gates[:2], gates[:2])
        gates[2], from_input[...] = hh[2], ih[2]

    def seen(self) -> Array:
        """Return what the sums are of, `(rows, T * batch, K)`."""
        rows, slots, batch, width = self.augmented.shape
        return self.augmented[:, :-1].reshape(rows, (slots - 1) * batch, width)

    def backward(self) -> None:
        """Complete `hidden_grad` and compute the gradients of the weights."""
        back = self._back
        if self.sums is None:
            np.copyto(back.transposed, self._matrix[:, :, : self._sizes.hidden].swapaxes(2, 3))
            np.negative(back.transposed[:2], back.transposed[:2])
        back.run()

    def collect(self, gradient: Tensors) -> None:
        """Write the gradients of the cell's tensors."""
        if self.sums is not None:
            self.sums.collect(self.seen(), gradient)
            return
        hidden, back, seen = self._sizes.hidden, self._back, self.seen().swapaxes(1, 2)
        np.matmul(seen, back.flat_sum_grad, back.matrix_grad)
        write_gates(back.matrix_grad, ORDER, gradient)
        from_input = np.matmul(seen[:, hidden:], back.flat_input_grad)
        gradient["weight_ih"][2 * hidden :] = from_input[:, :-1].transpose(2, 1, 0)
        gradient["bias_ih"][2 * hidden :] = from_input[:, -1].T


class _Backward:
    """Work space of the backward pass, made when it is first needed.

    With a = dL/dn times its slope, `a = dL/dh_t (1 - z) (1 - n^2)`: the state's part of n gets `a r`, r gets
    `a s r (1 - r)` with s = W_hn h + b_hn, z gets `dL/dh_t (h_{t-1} - n) z (1 - z)`, and `dL/dh_t z` goes straight on.
    """

    def __init__(self, cell: Gru, sizes: Sizes) -> None:
        rows, steps, batch, hidden = sizes.rows, sizes.steps, sizes.batch, sizes.hidden
        self._cell, self._sizes = cell, sizes
        self.hidden_grad = np.zeros((rows, steps, batch, hidden))
        self.sum_grad = np.zeros((3, rows, steps, batch, hidden))
        self.input_grad = np.zeros((rows, steps, batch, hidden))
        self.flat_sum_grad = self.sum_grad.reshape(3, rows, steps * batch, hidden)
        self.flat_input_grad = self.input_grad.reshape(rows, steps * batch, hidden)
        self.matrix_grad = np.zeros((3, rows, sizes.width, hidden))
        self.transposed = np.zeros((3, rows, hidden, hidden))
        self._flows = np.zeros((4, rows, batch, hidden))
        self._extra = np.zeros((rows, batch, hidden))
        self._factors = np.zeros((PIECE, 4, rows, batch, hidden))

    def _prepare(self, first: int, last: int) -> None:
        """Compute the factors of dL/dh_t of the steps `first` to `last - 1`, in the order r, z, s, n."""
        cell, factors = self._cell, self._factors[: last - first]
        gates, n = cell.gates[first:last], cell.candidate[first:last]
        r, z, s = gates[:, 0], gates[:, 1], gates[:, 2]
        to_r, to_z, to_s, to_n = factors.swapaxes(0, 1)
        old = cell.augmented[:, first:last, :, : self._sizes.hidden].swapaxes(0, 1)
        np.multiply(n, n, to_r)
        np.subtract(_ONE, to_r, to_r)
        np.subtract(_ONE, z, to_z)
        np.multiply(to_r, to_z, to_n)
        np.multiply(to_z, z, to_z)
        np.subtract(old, n, to_r)
        np.multiply(to_z, to_r, to_z)
        np.multiply(to_n, r, to_s)
        np.subtract(_ONE, r, to_r)
        np.multiply(to_r, to_s, to_r)
        np.multiply(to_r, s, to_r)

    def run(self) -> None:
        """Go back through all steps."""
        matmul, multiply, total = np.matmul, np.multiply, np.add.reduce
        sizes, sums, every = self._sizes, self._cell.sums, self._sizes.every
        flows, extra, transposed = self._flows, self._extra, self.transposed
        for step in reversed(range(sizes.steps)):
            place, hidden = step % PIECE, self.hidden_grad[:, step]
            if place == PIECE - 1 or step == sizes.steps - 1:
                self._prepare(step - place, step + 1)
            if sizes.carries(step + 1):
                later = self.hidden_grad[:, step + 1]
                multiply(later, self._cell.gates[step + 1, 1], flows[3])
                if sums is None:
                    matmul(self.sum_grad[:, :, step + 1], transposed, flows[:3])
                    total(flows, axis=0, out=extra if every else hidden)
                else:
                    np.add(extra, flows[3], extra if every else hidden)
                if every:
                    np.add(hidden, extra, hidden)
            factors = self._factors[place]
            multiply(factors[:3], hidden, self.sum_grad[:, :, step])
            multiply(factors[3], hidden, self.input_grad[:, step])
            if sums is not None:
                from_state = self.sum_grad[:, :, step]
                from_input = np.concatenate([from_state[:2], self.input_grad[np.newaxis, :, step]])
                sums.backward(step, from_input, from_state, extra)
