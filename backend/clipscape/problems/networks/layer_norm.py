"""Layer normalisation (Ba, Kiros, Hinton 2016): `gain * (a - mean) / sqrt(var + 1e-5) + bias` over the units of a sum.

Sums are `(gates, rows, batch, H)`, and the normalisation runs over gates and units together, as in the paper, whose
gates are one stacked vector; the simple net has one gate. `var` divides by the number of units.
"""

from __future__ import annotations

import numpy as np

from clipscape.problems.networks.gathering import gates_of
from clipscape.problems.networks.layout import Tensors
from clipscape.problems.training import Array

EPSILON = 1e-5
"""As PyTorch's default, and as the authors' code."""


class LayerNorm:
    """One normalisation used at every step; remembers what the backward pass needs."""

    def __init__(self, steps: int, gates: int, rows: int, batch: int, hidden: int) -> None:
        self._count = float(gates * hidden)
        self._normal = np.zeros((steps, gates, rows, batch, hidden))
        self._grad = np.zeros((steps, gates, rows, batch, hidden))
        self._scale = np.zeros((steps, rows, batch, 1))
        self._gain: Array = np.zeros(0)
        self._bias: Array = np.zeros(0)

    def load(self, gain: Array, bias: Array) -> None:
        """Take gain and bias `(gates, rows, 1, H)`."""
        self._gain, self._bias = gain, bias

    def _mean(self, values: Array) -> Array:
        """Mean over gates and units, `(rows, batch, 1)`."""
        return np.asarray(values.sum(axis=-1, keepdims=True).sum(axis=0) / self._count)

    def forward(self, step: int, sums: Array) -> None:
        """Normalise `sums` in place."""
        normal = self._normal[step]
        np.subtract(sums, self._mean(sums), normal)
        scale = 1.0 / np.sqrt(self._mean(normal * normal) + EPSILON)
        self._scale[step] = scale
        normal *= scale
        np.multiply(normal, self._gain, sums)
        sums += self._bias

    def backward(self, step: int, grad: Array) -> None:
        """Turn the gradient with respect to the normalised sums into the one with respect to the sums, in place."""
        normal = self._normal[step]
        self._grad[step] = grad
        grad *= self._gain
        along = self._mean(grad * normal)
        grad -= self._mean(grad)
        grad -= normal * along
        grad *= self._scale[step]

    def gradients(self) -> tuple[Array, Array]:
        """Return the gradients of gain and bias, `(gates, rows, H)`: sums over steps and sequences."""
        gain = (self._grad * self._normal).sum(axis=0).sum(axis=-2)
        return gain, self._grad.sum(axis=0).sum(axis=-2)


class SplitSums:
    """The normalised sums of a gated cell: `LN(W_ih x) + b_ih` and `LN(W_hh h) + b_hh` apart, as the paper has them.

    Gates are those of the layout, in the layout's order; `groups` says which of them are normalised together.
    """

    def __init__(self, groups: tuple[slice, ...], steps: int, gates: int, rows: int, batch: int, hidden: int) -> None:
        self._groups, self._hidden, self._order = groups, hidden, tuple(range(gates))
        counts = [len(range(gates)[group]) for group in groups]
        self._norms = {
            side: [LayerNorm(steps, count, rows, batch, hidden) for count in counts] for side in ("ih", "hh")
        }
        self._sums = {side: np.zeros((gates, rows, batch, hidden)) for side in ("ih", "hh")}
        self._grads = {side: np.zeros((gates, rows, steps, batch, hidden)) for side in ("ih", "hh")}
        self._weights: dict[str, Array] = {}

    def load(self, weights: Tensors) -> None:
        """Take the weights of all rows."""
        for side, norms in self._norms.items():
            self._weights[side] = np.ascontiguousarray(gates_of(weights, f"weight_{side}", self._order))
            gain, bias = (
                gates_of(weights, f"{name}_{side}", self._order)[:, :, np.newaxis] for name in ("norm_gain", "bias")
            )
            for group, norm in zip(self._groups, norms, strict=True):
                norm.load(gain[group], bias[group])

    def forward(self, step: int, before: Array) -> tuple[Array, Array]:
        """Return both normalised sums `(gates, rows, batch, H)` of one step; `before` is the augmented state."""
        parts = {"ih": before[..., self._hidden : -1], "hh": before[..., : self._hidden]}
        for side, norms in self._norms.items():
            sums = np.matmul(parts[side], self._weights[side], self._sums[side])
            for group, norm in zip(self._groups, norms, strict=True):
                norm.forward(step, sums[group])
        return self._sums["ih"], self._sums["hh"]

    def backward(self, step: int, from_input: Array, from_state: Array, state_grad: Array) -> None:
        """Take the gradients of both normalised sums, and write what flows to the state into `state_grad`."""
        for side, grad in (("ih", from_input), ("hh", from_state)):
            sums = self._sums[side]
            sums[...] = grad
            for group, norm in zip(self._groups, self._norms[side], strict=True):
                norm.backward(step, sums[group])
            self._grads[side][:, :, step] = sums
        flows = np.matmul(self._sums["hh"], self._weights["hh"].swapaxes(-1, -2))
        np.add.reduce(flows, axis=0, out=state_grad)

    def collect(self, seen: Array, gradient: Tensors) -> None:
        """Write the gradients of weights, biases and gains; `seen` `(rows, T * batch, K)` is what the sums were of."""
        parts = {"ih": seen[..., self._hidden : -1], "hh": seen[..., : self._hidden]}
        for side, norms in self._norms.items():
            grads = self._grads[side]
            flat = grads.reshape(*grads.shape[:2], -1, self._hidden)
            self._write(gradient[f"weight_{side}"], np.matmul(parts[side].swapaxes(1, 2), flat))
            for group, norm in zip(self._groups, norms, strict=True):
                gain, bias = norm.gradients()
                places = slice(group.start * self._hidden, group.stop * self._hidden)
                self._write(gradient[f"norm_gain_{side}"][places], gain)
                self._write(gradient[f"bias_{side}"][places], bias)

    def _write(self, target: Array, by_gate: Array) -> None:
        """From `(gates, rows, ..., H)` into a view `(gates * H, ..., rows)`."""
        split = target.reshape(-1, self._hidden, *target.shape[1:])
        np.moveaxis(np.moveaxis(split, -1, 1), 2, -1)[...] = by_gate
