"""Small tasks, fillings and sessions for the tests of the networks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from clipscape.problems.base import Problem
from clipscape.problems.networks import Network, network_problem
from clipscape.problems.training import Array, Baseline, Batch, Block, Session, Solved, Task, Training


def normal_fill(generator: np.random.Generator, block: Block, _hidden: int) -> Array:
    """N(0, 0.5^2): large enough for every nonlinearity to bend."""
    return generator.normal(scale=0.5, size=block.shape)


def small_task(
    *,
    steps: int = 6,
    batch: int = 3,
    inputs: int = 2,
    outputs: int = 2,
    readout: str = "last",
    loss: str = "squared_error",
    held_out: int = 5,
    counts: tuple[bool, ...] | None = None,
) -> Task:
    """Random sequences with random targets."""

    def draw(stream: int, seed: int, step: int, count: int) -> Batch:
        rng = np.random.default_rng([stream, seed, step])
        places = (steps, count) if readout == "every" else (count,)
        data = rng.normal(size=(steps, count, inputs))
        if loss == "cross_entropy":
            return Batch(data, rng.integers(outputs, size=places))
        return Batch(data, rng.normal(size=(*places, outputs)))

    return Task(
        kind="small",
        sequence_length=steps,
        batch_size=batch,
        input_size=inputs,
        output_size=outputs,
        readout=readout,  # type: ignore[arg-type]
        loss=loss,  # type: ignore[arg-type]
        batch=lambda seed, step: draw(90, seed, step, batch),
        held_out=lambda seed: draw(91, seed, 0, held_out),
        baseline=Baseline("zero", 1.0, None),
        solved=Solved("loss", 0.1, "small"),
        tolerance=0.5 if loss == "squared_error" else None,
        counts=None if counts is None else np.array(counts),
    )


TASKS = {
    "last_squares": small_task(),
    "last_classes": small_task(loss="cross_entropy", outputs=3),
    "every_squares": small_task(readout="every"),
    "every_classes": small_task(
        readout="every", loss="cross_entropy", outputs=3, counts=(False, False, True, False, True, True)
    ),
}


def trained(kind: str, task: Task, **options: Any) -> tuple[Problem, Training]:
    """A problem and its training."""
    problem = network_problem(Network(kind, **{"hidden_size": 4, **options}), task, normal_fill)
    assert problem.training is not None
    return problem, problem.training


def gradient_of(session: Session, params: Array, step: int = 0) -> Array:
    """The gradient `(dim, rows)` as a new array."""
    out = np.full(params.shape, np.nan)
    session.gradient(params, step, out)
    return out


def central_differences(session: Session, params: Array, step: int = 0, width: float = 1e-5) -> Array:
    """Slopes of the minibatch loss of one row, coordinate by coordinate, `(dim,)`."""
    slopes = np.empty(len(params))
    for index in range(len(params)):
        ahead, behind = params.copy(), params.copy()
        ahead[index] += width
        behind[index] -= width
        slopes[index] = (session.batch_loss(ahead, step)[0] - session.batch_loss(behind, step)[0]) / (2 * width)
    return slopes


def with_batch(task: Task, batch: Batch) -> Task:
    """The same task with one fixed minibatch, held out as well."""
    return replace(
        task, batch_size=batch.inputs.shape[1], batch=lambda _seed, _step: batch, held_out=lambda _seed: batch
    )
