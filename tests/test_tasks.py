"""The sequence tasks: chance levels of the literature, and an independent reading of every sequence."""

import math

import numpy as np
import pytest

from clipscape.problems.tasks import TASKS
from clipscape.problems.tasks.sampling import HELD_OUT

everything = pytest.mark.parametrize("entry", TASKS.values(), ids=lambda entry: entry.kind)


def make(kind, **params):
    return TASKS[kind].make(**{**TASKS[kind].defaults(), **params})


def sample(task, count, seed=3):
    """Draw at least `count` training sequences, joined along the batch."""
    batches = [task.batch(seed, step) for step in range(-(-count // task.batch_size))]
    axis = 0 if task.readout == "last" else 1
    return (
        np.concatenate([batch.inputs for batch in batches], axis=1),
        np.concatenate([batch.targets for batch in batches], axis=axis),
    )


def symbols(inputs):
    """Undo one-hot, checking that it is one."""
    assert set(np.unique(inputs)) == {0.0, 1.0}
    assert (inputs.sum(axis=-1) == 1).all()
    return inputs.argmax(axis=-1)


def read_adding(inputs):
    return np.array([[sum(v for v, mark in sequence if mark == 1.0)] for sequence in inputs.swapaxes(0, 1)])


def read_adding_original(inputs):
    return 0.5 + read_adding(inputs) / 4


def read_copying(inputs):
    shown = symbols(inputs)
    answers = np.zeros_like(shown)
    for column, sequence in enumerate(shown.T):
        (end,) = np.flatnonzero(sequence == 9)
        assert end == len(sequence) - 11, "ten blanks after the delimiter"
        assert not sequence[10:end].any()
        assert not sequence[end + 1 :].any()
        answers[end + 1 :, column] = [symbol for symbol in sequence if 1 <= symbol <= 8]
    return answers


def read_order(inputs):
    letters = [[symbol for symbol in sequence if symbol < 2] for sequence in symbols(inputs).T]
    return np.array([sum(letter << place for place, letter in enumerate(word)) for word in letters])


def read_sine(inputs):
    """Every value from the three before it: 2 cos(omega) = (x_0 + x_2) / x_1, at the largest inner value."""
    x = inputs[:, :, 0]
    middle = 1 + np.abs(x[1:-1]).argmax(axis=0)
    every = np.arange(x.shape[1])
    double_cosine = (x[middle - 1, every] + x[middle + 1, every]) / x[middle, every]
    following = np.full_like(x, np.nan)
    following[1:] = double_cosine * x[1:] - x[:-1]
    return following[:, :, None]


def read_echo(inputs, delay):
    bits = (inputs[:, :, 0] > 0).astype(int)
    assert set(np.unique(inputs)) == {-1.0, 1.0}
    return np.concatenate([np.full((delay, bits.shape[1]), -1), bits[: len(bits) - delay]])


READERS = {
    "adding": ({}, read_adding, 1e-15),
    "adding_original": ({}, read_adding_original, 1e-15),
    "copying": ({}, read_copying, 0),
    "temporal_order": ({}, read_order, 0),
    "temporal_order_3": ({}, read_order, 0),
    # The frequency is read off values that carry a rounding error, which the recurrence multiplies by a few.
    "sine": ({}, read_sine, 1e-12),
    "echo": ({"delay": 7}, lambda inputs: read_echo(inputs, 7), 0),
}


@pytest.mark.parametrize("kind", TASKS)
def test_the_target_is_what_the_definition_makes_of_the_inputs(kind):
    params, read, tolerance = READERS[kind]
    task = make(kind, **params)
    inputs, targets = sample(task, 400)
    expected = read(inputs)
    counting = slice(None) if task.counts is None else task.counts
    assert targets.shape == expected.shape
    assert np.abs(targets[counting] - expected[counting]).max() <= tolerance


@everything
def test_shapes_types_and_words_fit_the_task(entry):
    task = make(entry.kind, batch_size=6)
    assert task.kind == entry.kind
    assert {"readout": task.readout, "loss": task.loss} == entry.traits
    assert task.sequence_length <= 200
    for count, batch in ((6, task.batch(5, 2)), (HELD_OUT, task.held_out(5))):
        steps = () if task.readout == "last" else (task.sequence_length,)
        assert batch.inputs.shape == (task.sequence_length, count, task.input_size)
        assert batch.inputs.dtype == np.float64
        assert batch.inputs.flags.c_contiguous
        if task.loss == "squared_error":
            assert batch.targets.shape == (*steps, count, task.output_size)
            assert batch.targets.dtype == np.float64
        else:
            assert batch.targets.shape == (*steps, count)
            assert batch.targets.dtype == np.int64
            assert set(np.unique(batch.targets)) <= set(range(task.output_size))
    assert (task.counts is None) == (task.readout == "last")
    assert task.counts is None or task.counts.shape == (task.sequence_length,)
    assert len(task.input_labels) == task.input_size
    assert len(task.output_labels) == task.output_size
    assert (task.baseline.accuracy is None) == (task.tolerance is None and task.loss == "squared_error")
    assert task.solved.limit < task.baseline.loss or task.solved.measure == "accuracy"


@everything
@pytest.mark.parametrize("bound", ["low", "high"])
def test_the_bounds_of_every_parameter_give_sequences_of_at_most_200_steps(entry, bound):
    params = {p.name: getattr(p, bound) for p in entry.parameters}
    task = make(entry.kind, **params)
    batch = task.batch(0, 0)
    assert batch.inputs.shape[0] == task.sequence_length <= 200
    assert np.isfinite(batch.inputs).all()
    assert task.counts is None or task.counts.any()
    _, read, _ = READERS[entry.kind]
    if entry.kind.startswith("adding"):
        assert np.allclose(batch.targets, read(batch.inputs), rtol=0, atol=1e-15)


@everything
def test_the_batch_depends_on_seed_and_step_only(entry):
    one, other = make(entry.kind, batch_size=4), make(entry.kind, batch_size=4)
    steps = [0, 1, 2, 500, 501, 3, 9999]
    expected = {(seed, step): one.batch(seed, step) for seed in (0, 7) for step in steps}
    for seed, step in reversed(expected):
        again = other.batch(seed, step)
        assert np.array_equal(again.inputs, expected[seed, step].inputs)
        assert np.array_equal(again.targets, expected[seed, step].targets)
    assert np.array_equal(one.held_out(7).inputs, other.held_out(7).inputs)


@everything
def test_no_two_batches_and_no_held_out_sequences_are_the_same(entry):
    # Long enough that equal sequences by chance are out of the question; a shared stream repeats the very first.
    task = make(entry.kind, sequence_length=40, batch_size=8)
    drawn = [task.batch(seed, step) for seed in (0, 1) for step in range(30)] + [task.held_out(0), task.held_out(1)]
    sequences = np.concatenate([batch.inputs for batch in drawn], axis=1).swapaxes(0, 1)
    assert len(np.unique(sequences.reshape(len(sequences), -1), axis=0)) == len(sequences)


def test_training_and_held_out_sequences_come_from_different_streams():
    task = make("adding")
    training = np.concatenate([task.batch(0, step).inputs[:, :, 0].ravel() for step in range(40)])
    assert not set(training) & set(task.held_out(0).inputs[:, :, 0].ravel())


@everything
def test_what_is_kept_cannot_be_changed(entry):
    task = make(entry.kind)
    for batch in (task.batch(0, 0), task.held_out(0)):
        with pytest.raises(ValueError, match="read-only"):
            batch.inputs[0] = 1.0
        with pytest.raises(ValueError, match="read-only"):
            batch.targets[0] = 1


def test_many_seeds_in_turn_give_what_each_gives_alone():
    together = make("adding")
    for step in (0, 1):
        for seed in range(300):
            batch = together.batch(seed, step)
            if seed % 100 == 0:
                assert np.array_equal(batch.inputs, make("adding").batch(seed, step).inputs)


class TestBaselines:
    """Sampled means within 1 % for 1e5 samples, as the literature's chance levels are quoted."""

    COUNT = 100_000

    def test_adding_costs_a_sixth_for_always_answering_one(self):
        task = make("adding", sequence_length=4, batch_size=64)
        _, targets = sample(task, self.COUNT)
        assert task.baseline.loss == 1 / 6
        assert np.square(targets - 1).mean() == pytest.approx(1 / 6, rel=0.01)

    @pytest.mark.parametrize("length", [12, 40])
    def test_the_original_costs_a_24th_unless_the_first_pair_is_marked(self, length):
        task = make("adding_original", sequence_length=length, batch_size=64)
        inputs, targets = sample(task, self.COUNT)
        error = np.abs(targets[:, 0] - 0.5)
        assert np.square(error).mean() == pytest.approx(task.baseline.loss, rel=0.01)
        assert (error < task.tolerance).mean() == pytest.approx(task.baseline.accuracy, rel=0.02)
        both_free = (inputs[:, :, 1] == -1).sum(axis=0) == 2
        assert np.square(error[both_free]).mean() == pytest.approx(1 / 24, rel=0.01)
        # A share of 0.15 of 8e4 samples has a standard error of 0.8 %.
        assert (error[both_free] < 0.04).mean() == pytest.approx(0.1536, rel=0.025)

    @pytest.mark.parametrize(("kind", "classes"), [("temporal_order", 4), ("temporal_order_3", 8)])
    def test_the_classes_of_temporal_order_are_equally_frequent(self, kind, classes):
        task = make(kind, sequence_length=10, batch_size=64)
        _, targets = sample(task, self.COUNT)
        assert task.baseline.loss == pytest.approx({4: 1.386294, 8: 2.079442}[classes], rel=1e-6)
        assert task.baseline.accuracy == 1 / classes
        shares = np.bincount(targets, minlength=classes) / len(targets)
        # Three standard errors of a share of 1/8 of 1e5 samples are 2.5 %.
        assert shares == pytest.approx(np.full(classes, 1 / classes), rel=0.025)

    @pytest.mark.parametrize(("length", "loss"), [(10, math.log(2)), (100, 0.17328680)])
    def test_copying_costs_ten_guesses_out_of_eight(self, length, loss):
        task = make("copying", sequence_length=length)
        assert task.baseline.loss == pytest.approx(loss, rel=1e-7)
        _, targets = sample(task, 10_000)
        shares = np.bincount(targets[-10:].ravel(), minlength=9) / (10 * targets.shape[1])
        assert shares == pytest.approx([0, *[1 / 8] * 8], rel=0.03)
        guesses = np.where(np.arange(len(targets)) < length + 10, 0, 1)[:, None]
        assert (targets == guesses).mean() == pytest.approx(task.baseline.accuracy, rel=0.01)

    def test_a_sine_has_half_its_square_on_average_and_no_bias(self):
        task = make("sine", sequence_length=20, batch_size=64)
        _, targets = sample(task, self.COUNT // 10)
        per_step = np.square(targets).mean(axis=(1, 2))
        # The square of a sine has standard deviation 0.35, so four standard errors of 1e4 values are 2.8 %.
        assert per_step == pytest.approx(np.full(20, task.baseline.loss), rel=0.028)
        assert np.abs(targets.mean(axis=1)).max() < 4 * math.sqrt(0.5 / targets.shape[1])

    def test_echoed_bits_are_fair(self):
        task = make("echo", batch_size=64)
        _, targets = sample(task, self.COUNT // 10)
        assert targets[task.counts].mean() == pytest.approx(task.baseline.accuracy, rel=0.01)
        assert task.baseline.loss == math.log(2)


class TestAddingHasItsMarksInTheRightPlaces:
    def test_one_in_each_half(self):
        inputs, _ = sample(make("adding", sequence_length=11), 3000)
        marks = inputs[:, :, 1]
        assert (marks[:5].sum(axis=0) == 1).all()
        assert (marks[5:10].sum(axis=0) == 1).all()
        assert (marks.sum(axis=1)[:10] > 0).all()
        assert not marks[10].any()

    def test_of_1997(self):
        inputs, _ = sample(make("adding_original", sequence_length=40), 6000)
        lengths, second = set(), set()
        for sequence in inputs.swapaxes(0, 1):
            start = np.flatnonzero(sequence[:, 1])[0]
            assert not sequence[:start].any(), "silence before the first pair"
            values, marks = sequence[start:].T
            marked = np.flatnonzero(marks == 1)
            lengths.add(len(marks))
            assert len(marked) == 2
            assert marks[-1] == -1
            assert set(np.flatnonzero(marks == -1)) <= {0, len(marks) - 1}
            assert marks[0] == (1 if 0 in marked else -1)
            assert marked.min() < 10
            assert marked.max() <= 19, "the second is one of the first 19 that are unmarked"
            assert (values[0] == 0) == (0 in marked)
            second.add(int(marked.max()))
        assert lengths == {40, 41, 42, 43, 44}
        assert second == set(range(1, 20))


@pytest.mark.parametrize(("kind", "starts"), [("temporal_order", (0.1, 0.5)), ("temporal_order_3", (0.1, 0.3, 0.6))])
@pytest.mark.parametrize("length", [10, 50])
def test_letters_stand_in_their_windows_and_anywhere_in_them(kind, starts, length):
    inputs, _ = sample(make(kind, sequence_length=length), 2000)
    letters = symbols(inputs) < 2
    expected = np.zeros(length, dtype=bool)
    for start in starts:
        window = slice(round(start * length), round(start * length) + length // 10)
        assert (letters[window].sum(axis=0) == 1).all()
        expected[window] = True
    assert np.array_equal(letters.any(axis=1), expected)


def test_the_classes_are_named_in_the_order_of_the_letters():
    inputs, targets = sample(make("temporal_order_3"), 200)
    words = ["".join("AB"[symbol] for symbol in sequence if symbol < 2) for sequence in symbols(inputs).T]
    labels = make("temporal_order_3").output_labels
    assert words == [labels[target] for target in targets]
    assert make("temporal_order").output_labels == ("AA", "BA", "AB", "BB")


def test_a_sine_keeps_to_its_periods_in_either_order():
    for one, other in ((10.0, 20.0), (20.0, 10.0)):
        inputs, _ = sample(make("sine", sequence_length=200, shortest_period=one, longest_period=other), 200)
        crossings = (np.diff(np.signbit(inputs[:, :, 0]), axis=0)).sum(axis=0)
        periods = 2 * 200 / crossings
        assert 9 < periods.min() < 11
        assert 18 < periods.max() < 23


def test_only_what_can_be_known_counts():
    assert make("sine", sequence_length=5).counts.tolist() == [False, False, True, True, True]
    assert make("echo", sequence_length=2, delay=3).counts.tolist() == [False] * 3 + [True] * 2
    assert make("copying", sequence_length=1).counts.all()
