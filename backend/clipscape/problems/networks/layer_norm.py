"""Layer normalisation (Ba, Kiros, Hinton 2016): `gain * (a - mean) / sqrt(var + 1e-5) + bias` over the units of a sum.

Sums are `(..., rows, batch, H)`: the leading axes, where there are any, are gates, and the normalisation runs over
gates and units together, as in the paper, whose gates are one stacked vector. `var` divides by the number of units.
"""

from __future__ import annotations

import numpy as np

from clipscape.problems.training import Array

EPSILON = 1e-5
"""As PyTorch's default, and as the authors' code."""


class LayerNorm:
    """One normalisation used at every step; remembers what the backward pass needs."""

    def __init__(self, shape: tuple[int, ...], steps: int) -> None:
        self._axes = (*range(len(shape) - 3), -1)
        self._count = float(np.prod([shape[axis] for axis in self._axes]))
        self._normal = np.zeros((steps, *shape))
        self._grad = np.zeros((steps, *shape))
        self._scale = np.zeros((steps, *(1 for _ in self._axes[:-1]), *shape[-3:-1], 1))
        self._gain: Array = np.zeros(0)
        self._bias: Array = np.zeros(0)

    def load(self, gain: Array, bias: Array) -> None:
        """Take gain and bias `(..., rows, 1, H)`."""
        self._gain, self._bias = gain, bias

    def _mean(self, values: Array) -> Array:
        total = values.sum(axis=-1, keepdims=True)
        for axis in self._axes[:-1]:
            total = total.sum(axis=axis, keepdims=True)
        return np.asarray(total / self._count)

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
        """Return the gradients of gain and bias, `(..., rows, 1, H)`: sums over steps and sequences."""
        gain = (self._grad * self._normal).sum(axis=0).sum(axis=-2, keepdims=True)
        bias = self._grad.sum(axis=0).sum(axis=-2, keepdims=True)
        return gain, bias
