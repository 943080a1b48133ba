"""What the three kinds of cell share: sizes, the augmented states, and the contract with the session.

Everything is batched over rows (networks with weights of their own) and sequences. The one array that all products read
is `augmented` `(rows, T + 1, batch, K)` with K = H + I + 1: slot t holds `[h_t | x_{t+1} | 1]`, the state before a step
next to the input and a one. One product with `[W_hh; W_ih; b]` gives a step's sums with their bias, the nonlinearity
writes the new state straight into the next slot, and after the loop one product over all steps gives all weight
gradients. Matrices are `(in, out)` here, the transpose of PyTorch's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from clipscape.problems.networks.layout import Tensors
from clipscape.problems.training import Array


@dataclass(frozen=True)
class Sizes:
    """How large everything is, and where the gradient does not flow.

    `every`: the readout reads every state, not only the last. `truncation` k > 0: the gradient does not flow from step
    k m + 1 back to step k m (m = 1, 2, ...), as if the state were detached there. Without `trains` no backward pass
    follows, and what only that one needs is not kept.
    """

    rows: int
    steps: int
    batch: int
    inputs: int
    hidden: int
    every: bool
    truncation: int = 0
    trains: bool = True

    @property
    def kept(self) -> int:
        """How many steps' gates are kept."""
        return self.steps if self.trains else 1

    @property
    def width(self) -> int:
        """K: state, input and a one."""
        return self.hidden + self.inputs + 1

    @property
    def passes_on(self) -> bool:
        """Whether dL/dh_t of every step but the last is made of that of the step behind it and of nothing else."""
        return not self.every and not self.truncation

    def carries(self, step: int) -> bool:
        """Tell whether the gradient flows from step `step + 1` back to step `step` (steps count from 1)."""
        return step < self.steps and not (self.truncation and step % self.truncation == 0)


class Cell(Protocol):
    """One kind of cell: forward and backward through all steps of one minibatch, for all rows."""

    @property
    def augmented(self) -> Array:
        """(rows, T + 1, batch, K); the session writes the inputs into it."""

    @property
    def hidden_grad(self) -> Array:
        """(T, rows, batch, H): dL/dh_t.

        Before `backward` it holds what the readout contributes (where only the last output counts, in the last step
        alone), afterwards the total derivative.
        """

    @property
    def cell_grad(self) -> Array | None:
        """(T, rows, batch, H): dL/dc_t, where the cell has a memory besides its state."""

    def load(self, weights: Tensors) -> None:
        """Take the weights of all rows."""

    def forward(self) -> None:
        """Fill the states of `augmented`."""

    def backward(self, *, norms: bool) -> None:
        """Complete `hidden_grad` and compute the gradients of the weights.

        Without `norms` nobody looks at `hidden_grad` and `cell_grad` afterwards: they may be left incomplete.
        """

    def collect(self, gradient: Tensors) -> None:
        """Write the gradients of the cell's tensors."""


def in_turn(slots: Array, steps: int) -> Iterator[Array]:
    """Yield the slot of each step: every one has its own, or they take turns."""
    return (slots[step % len(slots)] for step in range(steps))


def passing_slots(grads: Array, sizes: Sizes) -> Array | list[Array]:
    """Return where the gradient of each step goes, `grads` being `(T, ...)`, when nobody looks at it afterwards.

    Two slots in turn, which stay in the processor's cache; the last step keeps its own, where the readout writes.
    """
    if not sizes.passes_on:
        return grads
    return [*in_turn(np.zeros((2, *grads.shape[1:])), sizes.steps - 1), grads[-1]]


def augmented_states(sizes: Sizes) -> Array:
    """Return `[0 | 0 | 1]` in every slot: state and input are still to be written."""
    states = np.zeros((sizes.rows, sizes.steps + 1, sizes.batch, sizes.width))
    states[..., -1] = 1.0
    return states
