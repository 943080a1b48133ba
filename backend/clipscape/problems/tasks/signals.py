"""Tasks of signals, answered at every step: continue a sine, repeat bits after a delay."""

from __future__ import annotations

import math

import numpy as np

from clipscape.problems.tasks.sampling import Sequences
from clipscape.problems.training import Baseline, Batch, Solved, Task

_BEFORE_KNOWN = 2
"""A sine of known amplitude follows from three values: x_(t+1) = 2 cos(omega) x_t - x_(t-1). Two are not enough."""


def sine(sequence_length: int, shortest_period: float, longest_period: float, batch_size: int) -> Task:
    """At every step t, foretell x_(t+1) of x_t = sin(2 pi f t + phase): noiseless, teacher-forced, no feedback.

    The phase is uniform in [0, 2 pi), the frequency f uniform between 1/longest and 1/shortest period (given in either
    order). The first two steps are not counted, because only three values fix frequency and phase. The phase makes x
    symmetric with variance 1/2 at every step, so the best constant is 0 and costs 1/2.
    """
    low, high = sorted((1 / shortest_period, 1 / longest_period))
    steps = np.arange(sequence_length + 1)[:, None]

    def draw(generator: np.random.Generator, count: int) -> Batch:
        frequency, phase = generator.uniform(low, high, count), generator.random(count)
        values = np.sin(2.0 * np.pi * (frequency * steps + phase))[:, :, None]
        return Batch(values[:-1], values[1:])

    sequences = Sequences(draw, batch_size, sequence_length)
    return Task(
        kind="sine",
        sequence_length=sequence_length,
        batch_size=batch_size,
        input_size=1,
        output_size=1,
        readout="every",
        loss="squared_error",
        batch=sequences.batch,
        held_out=sequences.held_out,
        baseline=Baseline("always answering 0", 0.5, None),
        solved=Solved("loss", 0.005, "mean squared error at most 0.005, 1 % of the variance, on held-out sequences"),
        counts=np.arange(sequence_length) >= _BEFORE_KNOWN,
        input_labels=("value",),
        output_labels=("next value",),
    )


def echo(sequence_length: int, delay: int, batch_size: int) -> Task:
    """Repeat fair random bits `delay` steps later: after Jaeger (2001), Short term memory in echo state networks.

    The input is -1 or 1. `sequence_length` bits are to be repeated, so the network runs `sequence_length + delay` steps
    and the first `delay` are not counted. Bits are independent: guessing costs ln 2 and is right half the time.
    """
    steps = sequence_length + delay

    def draw(generator: np.random.Generator, count: int) -> Batch:
        bits = generator.integers(0, 2, (steps, count))
        targets = np.zeros_like(bits)
        targets[delay:] = bits[:sequence_length]
        return Batch(np.where(bits, 1.0, -1.0)[:, :, None], targets)

    sequences = Sequences(draw, batch_size, steps)
    return Task(
        kind="echo",
        sequence_length=steps,
        batch_size=batch_size,
        input_size=1,
        output_size=2,
        readout="every",
        loss="cross_entropy",
        batch=sequences.batch,
        held_out=sequences.held_out,
        baseline=Baseline("guessing", math.log(2), 0.5),
        solved=Solved("accuracy", 0.99, "99 % of the bits of held-out sequences right"),
        counts=np.arange(steps) >= delay,
        input_labels=("bit",),
        output_labels=("0", "1"),
    )
