"""What training a network will cost, known before anything is computed; errs on the dear side, as `cost` does."""

from __future__ import annotations

from clipscape.cost import ANSWER_BYTES, VARIANT_BYTES, Estimate
from clipscape.plane_answers import point_seconds
from clipscape.problems.networks.session import SHOWN
from clipscape.problems.training import Training
from clipscape.training import heat_steps, probe_steps
from clipscape.wire import BYTES_PER_NUMBER, TENSOR_FIELDS, ArrayForm

_FIXED_SECONDS = 5e-3
_UPDATE_SECONDS, _PROBE_SECONDS = 1.2e-4, 3e-4
"""Of the calls that an update and a probe take, however small the networks and however many rows."""
_WEIGHT_SECONDS = 4e-8
"""Per weight, update and row: the chain and the norms."""
_VERDICT_SECONDS, _CROWD_SECONDS = 1e-4, 2e-5
"""To judge a row; per update and row of a crowd, whatever the size: the chain and the records."""
_VECTORS, _NOISE_VECTORS, _SERIES = 40, 256, 12
"""Vectors of all weights of a row besides its probes; those of a block of noise, whatever the rows; series of a row."""


def estimate_training(
    training: Training, n_steps: int, rows: int, fields: tuple[str, ...], form: ArrayForm, *, whole: bool = True
) -> Estimate:
    """Estimate a training of `rows` rows that sends `fields`, and with `whole` also heat columns and probes."""
    dim = sum(block.size for block in training.blocks)
    probes = len(probe_steps(n_steps))
    seconds = n_steps * (training.seconds + _WEIGHT_SECONDS * dim) + probes * point_seconds(training)
    numbers = n_steps * sum(len(training.blocks) if field in TENSOR_FIELDS else 1 for field in fields)
    examples = 0
    if whole:
        task = training.task
        shown = SHOWN[task.readout]
        outputs = shown * task.output_size * (task.sequence_length if task.readout == "every" else 1)
        numbers += len(heat_steps(n_steps)) * task.sequence_length * 2 + probes * (4 + outputs)
        examples = shown * task.sequence_length * (task.input_size + task.output_size)
    size = ANSWER_BYTES + rows * VARIANT_BYTES + (examples + rows * numbers) * BYTES_PER_NUMBER[form]
    fixed = _FIXED_SECONDS + n_steps * _UPDATE_SECONDS + probes * _PROBE_SECONDS
    return Estimate(fixed + rows * seconds, size, training_memory(training, n_steps, rows))


def verdict_seconds(training: Training, n_steps: int) -> float:
    """Estimate one training of many at once of which only the verdict is wanted: not on the dear side, but as it is."""
    dim = sum(block.size for block in training.blocks)
    update, look = training.crowd_seconds
    per_update = update + _CROWD_SECONDS + _WEIGHT_SECONDS * dim
    return _VERDICT_SECONDS + n_steps * per_update + len(probe_steps(n_steps)) * look


def training_memory(training: Training, n_steps: int, rows: int, *, probed: bool = True) -> float:
    """Estimate the work space of a training in bytes: weights (tape, optimizer, probes, noise) and series."""
    task, dim = training.task, sum(block.size for block in training.blocks)
    probes, columns = (len(probe_steps(n_steps)), len(heat_steps(n_steps))) if probed else (0, 0)
    outputs = SHOWN[task.readout] * task.output_size * (task.sequence_length if task.readout == "every" else 1)
    weights = (probes + _VECTORS) * dim * rows + _NOISE_VECTORS * dim
    series = n_steps * (_SERIES + 2 * len(training.blocks)) + probes * outputs + 2 * columns * task.sequence_length
    return 8.0 * (weights + rows * series)


def estimate_plane(cells: int, training: Training, form: ArrayForm) -> Estimate:
    """Estimate the losses of `cells` points on a plane through the weights of a network."""
    return Estimate(cells * point_seconds(training), ANSWER_BYTES + cells * BYTES_PER_NUMBER[form])
