"""Every task: its parameters in, `draw(generator, count)` out, which gives inputs and targets of so many sequences.

Inputs are `(T, count, I)`. Targets are those of the steps whose output counts, always the last ones: numbers
`(steps, count, 1)`, or classes `(steps, count)`.
"""

import numpy as np


def minibatches(draw, batch_size, numbers, seed):
    """`batch(step)`: inputs and targets of an update. Clipscape draws for several updates at once."""
    updates = max(1, 32_768 // (batch_size * numbers))  # `numbers` is how many inputs a sequence has
    drawn = {}

    def batch(step):
        block, place = divmod(step, updates)
        if block not in drawn:
            drawn.clear()
            drawn[block] = draw(np.random.default_rng([201, seed, block]), updates * batch_size)
        inputs, targets = drawn[block]
        these = slice(place * batch_size, (place + 1) * batch_size)
        return inputs[:, these], targets[:, these]

    return batch


def adding(sequence_length):
    """Numbers between 0 and 1, one marked in each half; the answer is the sum of the two."""
    half = sequence_length // 2

    def draw(generator, count):
        values = generator.random((sequence_length, count))
        places = generator.integers([[0], [half]], [[half], [2 * half]], (2, count)), np.arange(count)
        marks = np.zeros_like(values)
        marks[places] = 1.0
        return np.stack([values, marks], axis=-1), values[places].sum(axis=0)[np.newaxis, :, np.newaxis]

    return draw


def adding_original(sequence_length):
    """Hochreiter and Schmidhuber's: signed numbers, lengths that vary, marks -1 at both ends, a scaled sum."""
    longest, candidates = sequence_length + sequence_length // 10, sequence_length // 2 - 1

    def draw(generator, count):
        every = np.arange(count)
        values = generator.uniform(-1.0, 1.0, (longest, count))
        first = longest - generator.integers(sequence_length, longest + 1, count)
        one = generator.integers(0, 10, count)
        other = generator.integers(0, candidates, count)
        places = first + np.array([one, other + (other >= one)])
        values[np.arange(longest)[:, np.newaxis] < first] = 0.0
        values[first, every] *= (places != first).all(axis=0)
        marks = np.zeros_like(values)
        marks[first, every] = marks[-1] = -1.0
        marks[places, every] = 1.0
        targets = 0.5 + 0.25 * values[places, every].sum(axis=0)
        return np.stack([values, marks], axis=-1), targets[np.newaxis, :, np.newaxis]

    return draw


def copying(sequence_length):
    """Ten digits, a silence, a signal; blanks are to be answered until then, and the ten digits after it."""
    steps = sequence_length + 20

    def draw(generator, count):
        digits = generator.integers(1, 9, (10, count))
        inputs, targets = np.zeros((2, steps, count), dtype=np.int64)
        inputs[:10], inputs[-11] = digits, 9
        targets[-10:] = digits
        return np.eye(10)[inputs], targets

    return draw


def temporal_order(sequence_length):
    """Two letters, A or B, among distractors; the class says which, in which order."""
    windows = np.array([[sequence_length * tenth // 10] for tenth in (1, 5)])

    def draw(generator, count):
        symbols = generator.integers(2, 6, (sequence_length, count))
        letters = generator.integers(0, 2, (2, count))
        symbols[windows + generator.integers(0, sequence_length // 10, (2, count)), np.arange(count)] = letters
        return np.eye(6)[symbols], ([1, 2] @ letters)[np.newaxis]

    return draw


def temporal_order_3(sequence_length):
    """Three letters, A or B, among distractors; the class says which, in which order."""
    windows = np.array([[sequence_length * tenth // 10] for tenth in (1, 3, 6)])

    def draw(generator, count):
        symbols = generator.integers(2, 6, (sequence_length, count))
        letters = generator.integers(0, 2, (3, count))
        symbols[windows + generator.integers(0, sequence_length // 10, (3, count)), np.arange(count)] = letters
        return np.eye(6)[symbols], ([1, 2, 4] @ letters)[np.newaxis]

    return draw


def sine(sequence_length, shortest_period, longest_period):
    """A sine of random frequency and phase; the answer is its next value. The first two steps do not count."""
    low, high = sorted((1 / shortest_period, 1 / longest_period))
    steps = np.arange(sequence_length + 1)[:, np.newaxis]

    def draw(generator, count):
        frequency, phase = generator.uniform(low, high, count), generator.random(count)
        values = np.sin(2.0 * np.pi * (frequency * steps + phase))[:, :, np.newaxis]
        return values[:-1], values[3:]

    return draw


def echo(sequence_length, delay):
    """Random bits, given as -1 and 1; each is to be repeated `delay` steps later."""

    def draw(generator, count):
        bits = generator.integers(0, 2, (sequence_length + delay, count))
        return np.where(bits, 1.0, -1.0)[:, :, np.newaxis], bits[:sequence_length]

    return draw
