"""What is sent of the training of a network: what it is, and piece by piece what was recorded."""

from __future__ import annotations

from typing import Any

import numpy as np

from clipscape.plan import Plan
from clipscape.planes import Path
from clipscape.problems.base import Problem
from clipscape.problems.networks.session import SHOWN
from clipscape.problems.training import Array, IntArray, Task, Training
from clipscape.training import TrainingChunk, TrainingRun, heat_steps, probe_steps
from clipscape.wire import POINT_FIELDS, ArrayForm, encode_array

LOSS_LABELS = {"squared_error": "Mean squared error", "cross_entropy": "Cross-entropy (nats)"}
_PROBED = ("held_out_loss", "held_out_accuracy", "spectral_radius", "largest_singular_value", "outputs")


def network_head(plan: Plan, form: ArrayForm) -> dict[str, Any]:
    """Return what a picture of a training needs to know before its first number."""
    training, n_steps = training_of(plan), plan.experiment.n_steps
    return {
        "problem": network_facts(plan.problem),
        "n_steps": n_steps,
        "probe_steps": probe_steps(n_steps).tolist(),
        "heat_steps": heat_steps(n_steps).tolist(),
        "examples": _examples(training.task, plan.experiment.seed, form),
    }


def training_of(plan: Plan) -> Training:
    """Return how the network of a plan is trained."""
    assert plan.problem.training is not None
    return plan.problem.training


def network_facts(problem: Problem) -> dict[str, Any]:
    """Return what is known of network and task."""
    training = problem.training
    assert training is not None
    task = training.task
    accuracy_label = None
    if task.baseline.accuracy is not None:
        accuracy_label = "Share correct" if task.tolerance is None else f"Share within {task.tolerance:g} of the target"
    return {
        "kind": problem.kind,
        "dim": problem.dim,
        "blocks": [{"name": block.name, "shape": list(block.shape)} for block in training.blocks],
        "hidden_size": training.hidden_size,
        "gamma": training.slope_bound,
        "task": task.kind,
        "sequence_length": task.sequence_length,
        "readout": task.readout,
        "loss": task.loss,
        "loss_label": LOSS_LABELS[task.loss],
        "accuracy_label": accuracy_label,
        "baseline": {"label": task.baseline.label, "loss": task.baseline.loss, "accuracy": task.baseline.accuracy},
        "solved": {"measure": task.solved.measure, "limit": task.solved.limit, "label": task.solved.label},
        "input_labels": task.input_labels,
        "output_labels": task.output_labels,
        "tolerance": task.tolerance,
    }


def _examples(task: Task, seed: int, form: ArrayForm) -> dict[str, Any]:
    """The held-out sequences whose outputs the probes show; targets are numbers, or class numbers."""
    held_out, shown = task.held_out(seed), SHOWN[task.readout]
    targets = held_out.targets[:shown] if task.readout == "last" else held_out.targets[:, :shown]
    return {
        "inputs": encode_array(held_out.inputs[:, :shown], form),
        "targets": encode_array(targets, form),
        "counts": None if task.counts is None else task.counts.tolist(),
    }


def chunk_answer(chunk: TrainingChunk, fields: tuple[str, ...], form: ArrayForm) -> dict[str, Any]:
    """Return what is new in a chunk, for every row; empty arrays for one that has stopped before."""
    rows = range(len(chunk.run.n_steps))
    return {
        "first_step": chunk.first_step,
        "last_step": chunk.last_step,
        "variants": [row_answer(chunk, row, fields, form) for row in rows],
    }


def row_answer(chunk: TrainingChunk, row: int, fields: tuple[str, ...], form: ArrayForm) -> dict[str, Any]:
    """Return what is new of one row: its numbers, its columns of the heat map, its probes."""
    run = chunk.run
    end = min(int(run.n_steps[row]), chunk.last_step)
    series = {field: encode_array(_piece(run, field, row, chunk.first_step, end), form) for field in fields}
    return {"series": series, "heat": _heat(chunk, row, end, form), "probes": _probes(chunk, row, end, form)}


def _piece(run: TrainingRun, field: str, row: int, first: int, end: int) -> Array:
    """Points have one more entry than steps: the one before the first step; a later chunk begins after it."""
    array: Array = getattr(run, field)[:, row]
    if field in POINT_FIELDS:
        return array[first + (first > 0) : end + 1]
    return array[first : max(first, end)]


def _heat(chunk: TrainingChunk, row: int, end: int, form: ArrayForm) -> dict[str, Any]:
    heat, places = chunk.run.heat, _until(chunk.run.heat.steps, chunk.columns, end - 1)
    cell = None if heat.cell is None else encode_array(heat.cell[places, row], form)
    return {
        "steps": heat.steps[places].tolist(),
        "hidden": encode_array(heat.hidden[places, row], form),
        "cell": cell,
    }


def _probes(chunk: TrainingChunk, row: int, end: int, form: ArrayForm) -> dict[str, Any]:
    probes = chunk.run.probes
    places = _until(probes.steps, chunk.probes, end)
    arrays = {name: encode_array(getattr(probes, name)[places, row], form) for name in _PROBED}
    return {"steps": probes.steps[places].tolist(), **arrays}


def _until(steps: IntArray, new: slice, last: int) -> slice:
    """Return those of the new places whose step is not beyond `last`."""
    end = int(np.searchsorted(steps, last, side="right"))
    return slice(new.start, max(new.start, min(new.stop, end)))


def snapshots(plan: Plan, run: TrainingRun) -> tuple[Path, ...]:
    """Return the weights of every variant at the probes that it reached; of an axis, those of its first notch."""
    steps = run.probes.steps
    reached = np.searchsorted(steps, run.n_steps, side="right")
    return tuple(
        Path(variant.name, steps[:count], run.probes.params[:count, row].copy(), run.status[row] == "diverged")
        for variant, row in zip(plan.experiment.variants, range(0, plan.rows, plan.n_notches), strict=True)
        for count in (int(reached[row]),)
    )
