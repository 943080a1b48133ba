"""The adding problem: remember two marked numbers and give their sum at the end.

Two variants that are often confused: the one of Hochreiter and Schmidhuber (1997) and the one in use today.
"""

from __future__ import annotations

import numpy as np

from clipscape.problems.tasks.sampling import Sequences
from clipscape.problems.training import Array, Baseline, Batch, IntArray, Solved, Task

_FIRST_PAIRS = 10
"""The first mark of the original problem is among this many pairs."""


def adding(sequence_length: int, batch_size: int) -> Task:
    """Values u_t ~ U[0, 1]; one mark in each half; the target is the sum of the marked two.

    Arjovsky, Shah, Bengio (2016), adding_problem.py. Inputs `(T, batch, 2)`: value, mark. Halves are T // 2 steps, so
    the last of an odd number of steps is never marked.
    Always answering the mean 1 costs the variance of the sum of two uniform numbers, 2/12 = 1/6.
    """
    half = sequence_length // 2

    def draw(generator: np.random.Generator, count: int) -> Batch:
        values = generator.random((sequence_length, count))
        marked = generator.integers([[0], [half]], [[half], [2 * half]], (2, count))
        return _marked_pairs(values, marked, np.zeros_like(values), scale=1.0, offset=0.0)

    sequences = Sequences(draw, batch_size, 2 * sequence_length)
    return Task(
        kind="adding",
        sequence_length=sequence_length,
        batch_size=batch_size,
        input_size=2,
        output_size=1,
        readout="last",
        loss="squared_error",
        batch=sequences.batch,
        held_out=sequences.held_out,
        baseline=Baseline("always answering 1", 1 / 6, None),
        solved=Solved("loss", 0.005, "mean squared error at most 0.005 on held-out sequences"),
        input_labels=("value", "mark"),
        output_labels=("sum",),
    )


def adding_original(sequence_length: int, batch_size: int) -> Task:
    """Values u_t ~ U[-1, 1], lengths U{T, ..., T + T/10}, target 1/2 + (X_1 + X_2)/4; right within 0.04.

    Hochreiter and Schmidhuber (1997), experiment 4. The mark is -1 at the first and the last pair and 1 at the two that
    count: one of the first ten pairs, then one of the first T/2 - 1 that are still unmarked. If the very first pair is
    marked, its value is set to 0. Every sequence keeps its own length: it stands at the end of an array of
    T + T/10 steps, and before its first pair all inputs are 0 (the only difference from the experiment).

    Baseline: the best constant is 1/2. With both values free its error is Var(X_1 + X_2)/16 = (2/3)/16 = 1/24, and it
    is right by luck when |X_1 + X_2| < 0.16: 1 - (1 - 0.08)^2 = 15.36 %. With probability
    p = 1/10 + (9/10)/(T/2 - 1) the very first pair is marked and only one value is left: error (1/3)/16, luck 16 %.
    """
    longest, candidates = sequence_length + sequence_length // 10, sequence_length // 2 - 1

    def draw(generator: np.random.Generator, count: int) -> Batch:
        values = generator.uniform(-1.0, 1.0, (longest, count))
        first = longest - generator.integers(sequence_length, longest + 1, count)
        one = generator.integers(0, _FIRST_PAIRS, count)
        other = generator.integers(0, candidates, count)
        marked = first + np.array([one, other + (other >= one)])
        return _original_pairs(values, first, marked)

    sequences = Sequences(draw, batch_size, 2 * longest)
    lost = 1 / _FIRST_PAIRS + (1 - 1 / _FIRST_PAIRS) / candidates
    return Task(
        kind="adding_original",
        sequence_length=longest,
        batch_size=batch_size,
        input_size=2,
        output_size=1,
        readout="last",
        loss="squared_error",
        batch=sequences.batch,
        held_out=sequences.held_out,
        baseline=Baseline("always answering 1/2", (2 - lost) / 48, (1 - lost) * 0.1536 + lost * 0.16),
        solved=Solved("accuracy", 0.99, "99 % of held-out sequences right within 0.04"),
        tolerance=0.04,
        input_labels=("value", "mark"),
        output_labels=("scaled sum",),
    )


def _original_pairs(values: Array, first: IntArray, marked: IntArray) -> Batch:
    """Put the marks of the original problem on `values` `(steps, count)`; sequences begin at `first` `(count,)`."""
    every, marks = np.arange(len(first)), np.zeros_like(values)
    marks[first, every] = marks[-1] = -1.0
    values[np.arange(len(values))[:, None] < first] = 0.0
    values[first, every] *= (marked != first).all(axis=0)
    return _marked_pairs(values, marked, marks, scale=0.25, offset=0.5)


def _marked_pairs(values: Array, marked: IntArray, marks: Array, scale: float, offset: float) -> Batch:
    """Mark two pairs `(2, count)` with 1 and ask for `offset + scale * sum` of their values."""
    every = np.arange(values.shape[1])
    marks[marked, every] = 1.0
    targets = offset + scale * values[marked, every].sum(axis=0)
    return Batch(np.stack([values, marks], axis=-1), targets[:, None])
