"""The long short-term memory, as in PyTorch's `nn.LSTM`, gates in the order i, f, g, o:

    c_t = s(f) c_{t-1} + s(i) tanh(g),   h_t = s(o) tanh(c_t),   (i, f, g, o) = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh

with the logistic function s (Hochreiter, Schmidhuber 1997; the forget gate is that of Gers, Schmidhuber, Cummins 2000).

With layer normalisation (Ba, Kiros, Hinton 2016, supplement): the four stacked sums of the input and those of the state
are normalised apart, `LN(W_ih x_t) + b_ih + LN(W_hh h_{t-1}) + b_hh`, each over all 4 H numbers, and so is the memory
on its way out, `h_t = s(o) tanh(LN(c_t))` with a gain and a bias of its own.

Inside, gates come first, `(gate, row, batch, H)`, in the order g, i, f, o: every gate is one contiguous block, the
sigmoids are one slice, and so are the three gates that the memory's gradient multiplies. `s(z) = 1 / (1 + exp(-z))`
has its minus sign in the weights.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

import numpy as np

from clipscape.problems.networks.cell import Sizes, augmented_states, in_turn, passing_slots
from clipscape.problems.networks.gathering import GateWeights, gather_of_gradient
from clipscape.problems.networks.layer_norm import LayerNorm, SplitSums
from clipscape.problems.networks.layout import Tensors
from clipscape.problems.training import Array

_ONE = np.array(1.0)
ORDER = (2, 0, 1, 3)
"""Where g, i, f, o are in the layout."""
_BACK = np.argsort(ORDER)
PIECE = 10
"""Factors of the backward pass are computed for this many steps at once: few calls, and they stay in the cache."""


class Lstm:
    """Work space and passes of the LSTM; see `Cell`."""

    def __init__(self, sizes: Sizes, where: Tensors, *, layer_norm: bool) -> None:
        self._sizes, self._where = sizes, where
        rows, steps, batch, hidden = sizes.rows, sizes.steps, sizes.batch, sizes.hidden
        self.augmented = augmented_states(sizes)
        self._weights = GateWeights(where, ORDER)
        self.gates = np.zeros((sizes.kept, 4, rows, batch, hidden))
        self.memory = np.zeros((sizes.kept + 1, rows, batch, hidden))
        self.squashed = np.zeros((sizes.kept, rows, batch, hidden))
        self._work = np.zeros((rows, batch, hidden))
        slots = self.augmented.swapaxes(0, 1)
        self._steps = [
            (before, gates, gates[0], gates[1:], *gates[1:], kept, memory, squashed, after[..., :hidden])
            for (before, after), gates, (kept, memory), squashed in zip(
                pairwise(slots),
                in_turn(self.gates, steps),
                pairwise(in_turn(self.memory, steps + 1)),
                in_turn(self.squashed, steps),
                strict=True,
            )
        ]
        self.sums = SplitSums((slice(0, 4),), steps, 4, rows, batch, hidden) if layer_norm else None
        self.output_norm = LayerNorm(steps, 1, rows, batch, hidden) if layer_norm else None

    @cached_property
    def _back(self) -> _Backward:
        return _Backward(self, self._sizes, self._where)

    @property
    def hidden_grad(self) -> Array:
        """(T, rows, batch, H); see `Cell`."""
        return self._back.hidden_grad

    @property
    def cell_grad(self) -> Array | None:
        """(T, rows, batch, H); see `Cell`."""
        return self._back.memory_grad

    def load(self, weights: Tensors) -> None:
        """Take the weights of all rows."""
        if self.sums is None or self.output_norm is None:
            self._weights.load(weights.vectors, 4)
            sigmoids = self._weights.matrix[1:]
            np.negative(sigmoids, sigmoids)
            return
        self.sums.load(weights)
        gain, bias = weights["norm_gain_cell"], weights["norm_bias_cell"]
        self.output_norm.load(gain.T[np.newaxis, :, np.newaxis].copy(), bias.T[np.newaxis, :, np.newaxis].copy())

    def forward(self) -> None:
        """Fill the states of `augmented`."""
        matmul, add, multiply, divide, exp, tanh = np.matmul, np.add, np.multiply, np.divide, np.exp, np.tanh
        matrix, work, sums = self._weights.matrix, self._work, self.sums
        self.memory[0] = 0.0
        for step, (before, gates, g, sigmoids, i, f, o, kept, memory, squashed, state) in enumerate(self._steps):
            if sums is None:
                matmul(before, matrix, gates)
            else:
                self._normalised(sums, step, before, gates)
            tanh(g, g)
            exp(sigmoids, sigmoids)
            add(sigmoids, _ONE, sigmoids)
            divide(_ONE, sigmoids, sigmoids)
            multiply(i, g, work)
            multiply(f, kept, memory)
            add(memory, work, memory)
            if self.output_norm is None:
                tanh(memory, squashed)
            else:
                np.copyto(squashed, memory)
                self.output_norm.forward(step, squashed[np.newaxis])
                tanh(squashed, squashed)
            multiply(o, squashed, state)

    @staticmethod
    def _normalised(sums: SplitSums, step: int, before: Array, gates: Array) -> None:
        from_input, from_state = sums.forward(step, before)
        np.take(from_input + from_state, ORDER, axis=0, out=gates)
        np.negative(gates[1:], gates[1:])

    def backward(self, *, norms: bool) -> None:
        """Complete `hidden_grad` and compute the gradients of the weights; see `Cell`."""
        back, sums = self._back, self.sums
        if sums is None:
            self._weights.transposed(back.transposed)
        back.run(norms=norms)
        if sums is None:
            np.matmul(self._seen().swapaxes(1, 2), back.flat_sum_grad, back.matrix_grad)

    def _seen(self) -> Array:
        rows, slots, batch, width = self.augmented.shape
        return self.augmented[:, :-1].reshape(rows, (slots - 1) * batch, width)

    def collect(self, gradient: Tensors) -> None:
        """Write the gradients of the cell's tensors."""
        if self.sums is None or self.output_norm is None:
            self._back.collect(self._back.matrix_grad, gradient.of_cell)
            return
        self.sums.collect(self._seen(), gradient)
        gain, bias = self.output_norm.gradients()
        gradient["norm_gain_cell"][...], gradient["norm_bias_cell"][...] = gain[0].T, bias[0].T


class _Backward:
    """Work space of the backward pass, made when it is first needed.

    `dL/dc_t = f_{t+1} dL/dc_{t+1} + o (1 - tanh^2 c) dL/dh_t`; the gradient of each sum is one of these two times a
    factor that the forward pass alone decides (`_prepare`).
    """

    def __init__(self, cell: Lstm, sizes: Sizes, where: Tensors) -> None:
        rows, steps, batch, hidden = sizes.rows, sizes.steps, sizes.batch, sizes.hidden
        self._cell, self._sizes = cell, sizes
        self.hidden_grad = np.zeros((steps, rows, batch, hidden))
        self.memory_grad = np.zeros((steps, rows, batch, hidden))
        self.sum_grad = np.zeros((4, rows, steps, batch, hidden))
        self.flat_sum_grad = self.sum_grad.reshape(4, rows, steps * batch, hidden)
        self.matrix_grad = np.zeros((4, rows, sizes.width, hidden))
        self.transposed = np.zeros((4, rows, hidden, hidden))
        self.collect = gather_of_gradient(where, self.matrix_grad.shape, ORDER)
        self._flows = np.zeros((4, rows, batch, hidden))
        self._work, self._extra = np.zeros((2, rows, batch, hidden))
        self._factors = np.zeros((PIECE, 4, rows, batch, hidden))
        self._out_factors = np.zeros((PIECE, rows, batch, hidden))
        kept = self.hidden_grad, self.memory_grad
        passing = passing_slots(self.hidden_grad, sizes), passing_slots(self.memory_grad, sizes)
        self._steps = [self._views(step, *kept) for step in reversed(range(steps))]
        self._passing_steps = [self._views(step, *passing) for step in reversed(range(steps))]

    def _views(
        self, step: int, hidden_grad: Array | list[Array], memory_grad: Array | list[Array]
    ) -> tuple[int, int, bool, Array, Array, Array, Array, Array, Array, Array, Array]:
        """Return everything that one step touches; dL/dh_t and dL/dc_t go into `hidden_grad[t]`, `memory_grad[t]`."""
        place, last = step % PIECE, step + 1 == self._sizes.steps
        grads = self.sum_grad[:, :, step]
        later = step if last else step + 1
        return (
            step,
            place,
            self._sizes.carries(step + 1),
            hidden_grad[step],
            memory_grad[step],
            memory_grad[later],
            self._cell.gates[later, 2],
            self._factors[place],
            self._out_factors[place],
            grads,
            self.sum_grad[:, :, later],
        )

    def _prepare(self, first: int, last: int) -> None:
        """Compute the factors of the steps `first` to `last - 1`, with g, i, f, o after their nonlinearities.

        g: `i (1 - g^2)`, i: `g i (1 - i)`, f: `c_{t-1} f (1 - f)`, each times dL/dc; o: `tanh(c) o (1 - o)` times
        dL/dh; and `o (1 - tanh^2 c)`, which takes dL/dh to dL/dc.
        """
        cell, count = self._cell, last - first
        gates, squashed = cell.gates[first:last], cell.squashed[first:last]
        factors, out = self._factors[:count], self._out_factors[:count]
        np.subtract(_ONE, gates[:, 1:], factors[:, 1:])
        np.multiply(factors[:, 1:], gates[:, 1:], factors[:, 1:])
        np.multiply(gates[:, 0], gates[:, 0], factors[:, 0])
        np.subtract(_ONE, factors[:, 0], factors[:, 0])
        np.multiply(factors[:, 0], gates[:, 1], factors[:, 0])
        np.multiply(factors[:, 1], gates[:, 0], factors[:, 1])
        np.multiply(factors[:, 2], cell.memory[first:last], factors[:, 2])
        np.multiply(factors[:, 3], squashed, factors[:, 3])
        np.multiply(squashed, squashed, out)
        np.subtract(_ONE, out, out)
        np.multiply(out, gates[:, 3], out)

    def run(self, *, norms: bool) -> None:
        """Go back through all steps; see `Cell.backward`."""
        matmul, add, multiply, total = np.matmul, np.add, np.multiply, np.add.reduce
        work, extra, flows, transposed = self._work, self._extra, self._flows, self.transposed
        sums, every, norm = self._cell.sums, self._sizes.every, self._cell.output_norm
        all_steps = self._steps if norms else self._passing_steps
        for step, place, carries, hidden, memory, later_memory, f, factors, out, grads, later_grads in all_steps:
            if place == PIECE - 1 or step == self._sizes.steps - 1:
                self._prepare(step - place, step + 1)
            if carries:
                if sums is None:
                    matmul(later_grads, transposed, flows)
                    total(flows, axis=0, out=extra if every else hidden)
                if every:
                    add(hidden, extra, hidden)
                elif sums is not None:
                    hidden[...] = extra
            multiply(hidden, out, work)
            if norm is not None:
                norm.backward(step, work[np.newaxis])
            if carries:
                multiply(later_memory, f, memory)
                add(memory, work, memory)
            else:
                memory[...] = work
            multiply(factors[:3], memory, grads[:3])
            multiply(factors[3], hidden, grads[3])
            if sums is not None:
                in_order = grads[_BACK]
                sums.backward(step, in_order, in_order, extra)
