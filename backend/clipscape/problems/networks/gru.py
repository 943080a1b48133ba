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

from clipscape.problems.networks.cell import Sizes, augmented_states, in_turn, passing_slots
from clipscape.problems.networks.gathering import GateWeights, Gather, gate_matrices, positions, write_gates
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

    def __init__(self, sizes: Sizes, where: Tensors, *, layer_norm: bool) -> None:
        self._sizes, self._where = sizes, where
        rows, steps, batch, hidden = sizes.rows, sizes.steps, sizes.batch, sizes.hidden
        self.augmented = augmented_states(sizes)
        self._weights = GateWeights(where, ORDER)
        self._input_matrix_of = Gather(gate_matrices(where, "bias_ih", ORDER)[2, :, hidden:])
        self._input_matrix = np.zeros((rows, sizes.inputs + 1, hidden))
        self.gates = np.zeros((sizes.kept, 3, rows, batch, hidden))
        self.candidate = np.zeros((sizes.kept, rows, batch, hidden))
        self.states = np.zeros((sizes.kept + 1, rows, batch, hidden))
        self._from_input = np.zeros((rows, steps, batch, hidden))
        self._work = np.zeros((rows, batch, hidden))
        slots, inputs = self.augmented.swapaxes(0, 1), self._from_input.swapaxes(0, 1)
        self._steps = [
            (before, gates, gates[:2], *gates, from_input, candidate, old, new, after[..., :hidden])
            for (before, after), gates, from_input, candidate, (old, new) in zip(
                pairwise(slots),
                in_turn(self.gates, steps),
                inputs,
                in_turn(self.candidate, steps),
                pairwise(in_turn(self.states, steps + 1)),
                strict=True,
            )
        ]
        groups = slice(0, 2), slice(2, 3)
        self.sums = SplitSums(groups, steps, 3, rows, batch, hidden) if layer_norm else None

    @cached_property
    def _back(self) -> _Backward:
        return _Backward(self, self._sizes, self._where)

    @property
    def hidden_grad(self) -> Array:
        """(T, rows, batch, H); see `Cell`."""
        return self._back.hidden_grad

    def load(self, weights: Tensors) -> None:
        """Take the weights of all rows."""
        if self.sums is not None:
            self.sums.load(weights)
            return
        self._weights.load(weights.vectors, 2)
        self._input_matrix_of(weights.vectors, self._input_matrix)
        matrix = self._weights.matrix
        np.negative(matrix[:2], matrix[:2])
        matrix[2, :, self._sizes.hidden : -1] = 0.0

    def forward(self) -> None:
        """Fill the states of `augmented`; `gates` keeps r, z and the state's part of n."""
        matmul, add, subtract, multiply, divide = np.matmul, np.add, np.subtract, np.multiply, np.divide
        exp, tanh, matrix, work, sums = np.exp, np.tanh, self._weights.matrix, self._work, self.sums
        self.states[0] = 0.0
        if sums is None:
            inputs = self.seen()[..., self._sizes.hidden :]
            matmul(inputs, self._input_matrix, self._from_input.reshape(*inputs.shape[:2], -1))
        for step, (before, gates, sigmoids, r, z, s, from_input, n, old, new, state) in enumerate(self._steps):
            if sums is None:
                matmul(before, matrix, gates)
            else:
                self._normalised(sums, step, before, gates, from_input)
            exp(sigmoids, sigmoids)
            add(sigmoids, _ONE, sigmoids)
            divide(_ONE, sigmoids, sigmoids)
            multiply(r, s, work)
            add(work, from_input, n)
            tanh(n, n)
            subtract(old, n, work)
            multiply(work, z, work)
            add(work, n, new)
            state[...] = new

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

    def backward(self, *, norms: bool) -> None:
        """Complete `hidden_grad` and compute the gradients of the weights; see `Cell`."""
        back = self._back
        if self.sums is not None:
            back.run(norms=norms)
            return
        self._weights.transposed(back.transposed)
        back.run(norms=norms)
        seen = self.seen().swapaxes(1, 2)
        np.matmul(seen, back.flat_sum_grad, back.matrix_grad)
        np.matmul(seen[:, self._sizes.hidden :], back.flat_input_grad, back.input_matrix_grad)

    def collect(self, gradient: Tensors) -> None:
        """Write the gradients of the cell's tensors."""
        if self.sums is not None:
            self.sums.collect(self.seen(), gradient)
        else:
            self._back.collect(self._back.all_grads, gradient.of_cell)


class _Backward:
    """Work space of the backward pass, made when it is first needed.

    With a = dL/dn times its slope, `a = dL/dh_t (1 - z) (1 - n^2)`: the state's part of n gets `a r`, r gets
    `a s r (1 - r)` with s = W_hn h + b_hn, z gets `dL/dh_t (h_{t-1} - n) z (1 - z)`, and `dL/dh_t z` goes straight on.
    """

    def __init__(self, cell: Gru, sizes: Sizes, where: Tensors) -> None:
        rows, steps, batch, hidden = sizes.rows, sizes.steps, sizes.batch, sizes.hidden
        self._cell, self._sizes = cell, sizes
        self.hidden_grad = np.zeros((steps, rows, batch, hidden))
        self.sum_grad = np.zeros((3, rows, steps, batch, hidden))
        self.input_grad = np.zeros((rows, steps, batch, hidden))
        self.flat_sum_grad = self.sum_grad.reshape(3, rows, steps * batch, hidden)
        self.flat_input_grad = self.input_grad.reshape(rows, steps * batch, hidden)
        self.transposed = np.zeros((3, rows, hidden, hidden))
        self._flows = np.zeros((4, rows, batch, hidden))
        self._extra = np.zeros((rows, batch, hidden))
        self._factors = np.zeros((PIECE, 4, rows, batch, hidden))
        shapes = (3, rows, sizes.width, hidden), (rows, sizes.inputs + 1, hidden)
        first = int(np.prod(shapes[0]))
        self.all_grads = np.zeros(first + int(np.prod(shapes[1])))
        self.matrix_grad, self.input_matrix_grad = _split(self.all_grads, first, shapes)
        self.collect = self._gather(where, first, shapes)
        passing = passing_slots(self.hidden_grad, sizes)
        self._steps = [self._views(step, self.hidden_grad) for step in reversed(range(steps))]
        self._passing_steps = [self._views(step, passing) for step in reversed(range(steps))]

    def _gather(self, where: Tensors, first: int, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> Gather:
        """Return what takes `all_grads` to the tensors: the input's part of n has a product of its own."""
        hidden = self._sizes.hidden
        sources = where.like(np.zeros_like(where.vectors))
        matrix, from_input = _split(positions(self.all_grads.shape), first, shapes)
        write_gates(matrix, ORDER, sources)
        sources["weight_ih"][2 * hidden :] = from_input[:, :-1].transpose(2, 1, 0)
        sources["bias_ih"][2 * hidden :] = from_input[:, -1].T
        return Gather(sources.of_cell)

    def _views(
        self, step: int, hidden_grad: Array | list[Array]
    ) -> tuple[int, int, bool, Array, Array, Array, Array, Array, Array, Array, Array]:
        """Return everything that one step touches; dL/dh_t goes into `hidden_grad[t]`."""
        place = step % PIECE
        later = min(step + 1, self._sizes.steps - 1)
        return (
            step,
            place,
            self._sizes.carries(step + 1),
            hidden_grad[step],
            hidden_grad[later],
            self._cell.gates[later, 1],
            self._factors[place, :3],
            self._factors[place, 3],
            self.sum_grad[:, :, step],
            self.input_grad[:, step],
            self.sum_grad[:, :, later],
        )

    def _prepare(self, first: int, last: int) -> None:
        """Compute the factors of dL/dh_t of the steps `first` to `last - 1`, in the order r, z, s, n."""
        cell, factors = self._cell, self._factors[: last - first]
        gates, n = cell.gates[first:last], cell.candidate[first:last]
        r, z, s = gates[:, 0], gates[:, 1], gates[:, 2]
        to_r, to_z, to_s, to_n = factors.swapaxes(0, 1)
        np.multiply(n, n, to_r)
        np.subtract(_ONE, to_r, to_r)
        np.subtract(_ONE, z, to_z)
        np.multiply(to_r, to_z, to_n)
        np.multiply(to_z, z, to_z)
        np.subtract(cell.states[first:last], n, to_r)
        np.multiply(to_z, to_r, to_z)
        np.multiply(to_n, r, to_s)
        np.subtract(_ONE, r, to_r)
        np.multiply(to_r, to_s, to_r)
        np.multiply(to_r, s, to_r)

    def run(self, *, norms: bool) -> None:
        """Go back through all steps; see `Cell.backward`."""
        matmul, add, multiply, total = np.matmul, np.add, np.multiply, np.add.reduce
        sums, every, steps = self._cell.sums, self._sizes.every, self._sizes.steps
        flows, extra, transposed = self._flows, self._extra, self.transposed
        from_sums, straight = flows[:3], flows[3]
        all_steps = self._steps if norms else self._passing_steps
        for step, place, carries, hidden, later, z, factors, to_n, grads, input_grad, later_grads in all_steps:
            if place == PIECE - 1 or step == steps - 1:
                self._prepare(step - place, step + 1)
            if carries:
                multiply(later, z, straight)
                if sums is None:
                    matmul(later_grads, transposed, from_sums)
                    total(flows, axis=0, out=extra if every else hidden)
                else:
                    add(extra, straight, extra if every else hidden)
                if every:
                    add(hidden, extra, hidden)
            multiply(factors, hidden, grads)
            multiply(to_n, hidden, input_grad)
            if sums is not None:
                from_input = np.concatenate([grads[:2], input_grad[np.newaxis]])
                sums.backward(step, from_input, grads, extra)


def _split(numbers: Array, first: int, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> tuple[Array, Array]:
    """Return two views: the first numbers in one shape, the rest in the other."""
    return numbers[:first].reshape(shapes[0]), numbers[first:].reshape(shapes[1])
