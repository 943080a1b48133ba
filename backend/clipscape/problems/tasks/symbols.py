"""Tasks of symbols, given one-hot: recall ten digits after a long silence, or the order of a few letters."""

from __future__ import annotations

import math

import numpy as np

from clipscape.problems.tasks.sampling import Sequences
from clipscape.problems.training import Array, Baseline, Batch, IntArray, Solved, Task

_DIGITS, _KINDS = 10, 8
"""Copying: how many digits are to be recalled, and how many different ones there are."""

_LETTERS, _SYMBOLS = 2, 6
"""Temporal order: A and B, and all symbols with the four distractors."""


def copying(sequence_length: int, batch_size: int) -> Task:
    """Ten digits out of 1..8, T - 1 blanks, the delimiter 9, ten blanks: answer T + 10 blanks, then the ten digits.

    Arjovsky, Shah, Bengio (2016), memory_problem.py, after Hochreiter and Schmidhuber (1997). `sequence_length` is T;
    the network runs T + 20 steps, and all of them count. Baseline without memory: blanks are certain, each digit is one
    of eight, so the mean cross-entropy is 10 ln 8 / (T + 20), and 10/8 of the last ten are right by luck.
    """
    steps = sequence_length + 2 * _DIGITS

    def draw(generator: np.random.Generator, count: int) -> Batch:
        digits = generator.integers(1, _KINDS + 1, (_DIGITS, count))
        inputs = np.zeros((steps, count), dtype=np.int64)
        inputs[:_DIGITS] = digits
        inputs[-_DIGITS - 1] = _KINDS + 1
        targets = np.zeros_like(inputs)
        targets[-_DIGITS:] = digits
        return Batch(_one_hot(inputs, _KINDS + 2), targets)

    sequences = Sequences(draw, batch_size, steps * (_KINDS + 2))
    names = ("blank", *(str(digit) for digit in range(1, _KINDS + 1)))
    return Task(
        kind="copying",
        sequence_length=steps,
        batch_size=batch_size,
        input_size=_KINDS + 2,
        output_size=_KINDS + 1,
        readout="every",
        loss="cross_entropy",
        batch=sequences.batch,
        held_out=sequences.held_out,
        baseline=Baseline(
            "guessing the digits", _DIGITS * math.log(_KINDS) / steps, (steps - _DIGITS + _DIGITS / _KINDS) / steps
        ),
        solved=Solved("accuracy", 1 - 0.1 / steps, "at most one wrong symbol in ten held-out sequences"),
        counts=np.ones(steps, dtype=np.bool_),
        input_labels=(*names, "delimiter"),
        output_labels=names,
    )


def temporal_order(sequence_length: int, batch_size: int) -> Task:
    """One of A and B at a position in [T/10, 2T/10), one in [5T/10, 6T/10): name both. Four classes, chance ln 4, 25 %.

    Pascanu, Mikolov, Bengio (2013), tempOrder.py, after Hochreiter and Schmidhuber (1997), experiment 6a.
    """
    return _order("temporal_order", sequence_length, batch_size, tenths=(1, 5))


def temporal_order_3(sequence_length: int, batch_size: int) -> Task:
    """Three letters, from T/10, 3T/10 and 6T/10 on. Eight classes, chance ln 8, 12.5 %.

    Pascanu, Mikolov, Bengio (2013), tempOrder3bit.py, after Hochreiter and Schmidhuber (1997), experiment 6b.
    """
    return _order("temporal_order_3", sequence_length, batch_size, tenths=(1, 3, 6))


def _order(kind: str, sequence_length: int, batch_size: int, tenths: tuple[int, ...]) -> Task:
    """Letters v_0, v_1, ... in {A = 0, B = 1}, each in a window of T/10 steps; the class is v_0 + 2 v_1 + 4 v_2.

    All other steps are distractors c, d, e, f. Classes are equally frequent, so a guess costs the logarithm of their
    number and is right once in that number of times.
    """
    width, powers = sequence_length // 10, _LETTERS ** np.arange(len(tenths))
    windows = np.array([[sequence_length * tenth // 10] for tenth in tenths])
    classes = _LETTERS ** len(tenths)

    def draw(generator: np.random.Generator, count: int) -> Batch:
        symbols = generator.integers(_LETTERS, _SYMBOLS, (sequence_length, count))
        letters = generator.integers(0, _LETTERS, (len(tenths), count))
        places = windows + generator.integers(0, width, (len(tenths), count))
        symbols[places, np.arange(count)] = letters
        return Batch(_one_hot(symbols, _SYMBOLS), powers @ letters)

    sequences = Sequences(draw, batch_size, sequence_length * _SYMBOLS)
    return Task(
        kind=kind,
        sequence_length=sequence_length,
        batch_size=batch_size,
        input_size=_SYMBOLS,
        output_size=classes,
        readout="last",
        loss="cross_entropy",
        batch=sequences.batch,
        held_out=sequences.held_out,
        baseline=Baseline("guessing", math.log(classes), 1 / classes),
        solved=Solved("accuracy", 0.99, "99 % of held-out sequences right"),
        input_labels=("A", "B", "c", "d", "e", "f"),
        output_labels=tuple(_word(number, len(tenths)) for number in range(classes)),
    )


def _word(number: int, letters: int) -> str:
    """Write class `number` as its letters in the order in which they are shown: 1 is BA."""
    return "".join("AB"[number >> place & 1] for place in range(letters))


def _one_hot(symbols: IntArray, kinds: int) -> Array:
    """Return `symbols` as 0 and 1, `(*symbols.shape, kinds)`."""
    return np.eye(kinds)[symbols]
