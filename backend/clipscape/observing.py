"""Watching the links of a chain: what each received and passed on at every step, and what it then remembered.

A watched chain is run by the same loop as any other, so what is seen are the very numbers of the run; the loop itself
knows nothing of being watched, and costs nothing more when it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from clipscape.chain import Chain
from clipscape.transforms import Array, RowContext, Transform


@dataclass
class Observation:
    """What one link did at every step. Steps that have not been taken hold NaN; rows that stopped, anything."""

    received: Array = field(default_factory=lambda: np.empty(0))
    """(steps, dim, rows)."""
    passed_on: Array = field(default_factory=lambda: np.empty(0))
    """(steps, dim, rows)."""
    memory: dict[str, Array] = field(default_factory=dict)
    """By symbol: (steps, dim, rows) or (steps, rows), after the update of each step."""

    def note(self, step: int, remembered: dict[str, Array]) -> None:
        """Copy what the link remembers after the update of `step`."""
        for symbol, values in remembered.items():
            if symbol not in self.memory:
                self.memory[symbol] = np.full((len(self.received), *values.shape), np.nan)
            self.memory[symbol][step] = values


def watched(transform: Transform) -> tuple[Transform, Observation]:
    """Return a transform that does the same, and where to read what it did once it has run."""
    seen = Observation()

    def init(context: RowContext) -> tuple[Any, list[int]]:
        shape = (context.n_steps, context.dim, context.rows)
        seen.received, seen.passed_on, seen.memory = np.full(shape, np.nan), np.full(shape, np.nan), {}
        return transform.init(context), [0]

    def update(updates: Array, state: tuple[Any, list[int]], params: Array, out: Array) -> None:
        inner, count = state
        step = count[0]
        transform.update(updates, inner, params, out)
        seen.received[step], seen.passed_on[step] = updates, out
        if transform.memory is not None:
            seen.note(step, transform.memory(inner))
        count[0] += 1

    return Transform(init, update), seen


@dataclass(frozen=True)
class Watch:
    """The arithmetic of every update that the records of a run do not hold. Arrays as in `Observation`."""

    noise: Observation
    optimizer: Observation
    decay: Observation
    """The decoupled weight decay: what it passes on is what the learning rate multiplies."""
    learning_rate: Array
    """(steps, rows): in force at each step."""

    def vectors(self) -> dict[str, Array]:
        """Return what has one number per coordinate, `(steps, dim, rows)`, by the name that it has in an answer."""
        return {
            "noise_free": self.noise.received,
            "optimizer_input": self.optimizer.received,
            "direction": self.optimizer.passed_on,
            "descent": self.decay.passed_on,
        }


def watch(chain: Chain, n_steps: int) -> tuple[Chain, Watch]:
    """Return a chain that does the same while it is watched. Every transform is watched, the identity too."""
    noise, seen_noise = watched(chain.noise)
    optimizer, seen_optimizer = watched(chain.optimizer)
    decay, seen_decay = watched(chain.decoupled_decay)
    rates = np.asarray(chain.learning_rate, dtype=np.float64)
    every = rates if rates.ndim == 2 else np.broadcast_to(rates, (n_steps, len(rates)))
    seen = Watch(seen_noise, seen_optimizer, seen_decay, every)
    return replace(chain, noise=noise, optimizer=optimizer, decoupled_decay=decay), seen
