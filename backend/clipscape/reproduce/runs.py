"""Run some seeds of one cell of the grid through the step loop, until they are solved, diverged or out of updates.

All seeds are rows of one batch. Plain gradient descent and norm clipping remember nothing, so a run is the same
whether the loop takes all its updates at once or stops in between to be judged; and rows do not depend on each other,
so seeds that are finished leave, and a run that is resumed gives the same result.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from clipscape.chain import Chain
from clipscape.clipping import CLIPPERS
from clipscape.problems.base import Problem
from clipscape.problems.training import Batch, Solved, Task, Training
from clipscape.records import DIVERGED
from clipscape.reproduce.experiments import Arm, Experiment
from clipscape.training import TrainingRun, train_chunks
from clipscape.transforms import IDENTITY, Transform

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Outcome = Literal["solved", "unsolved", "diverged"]

_JUDGE = 1_000_000
"""Held-out sequences for judging are those of the seeds from here on, the same for all runs."""


@dataclass(frozen=True)
class Result:
    """How one run ended. `loss` and `accuracy` are held-out; `accuracy` is NaN where the task has none."""

    settings: str
    experiment: str
    length: int
    arm: str
    seed: int
    outcome: Outcome
    updates: int
    loss: float
    accuracy: float
    largest_gradient: float
    spectral_radius: float


@dataclass(frozen=True)
class _Rows:
    """The runs still going on: their seeds, weights `(rows, dim)` and largest gradient norms so far."""

    seeds: IntArray
    params: Array
    largest: Array

    def only(self, which: npt.NDArray[np.bool_]) -> _Rows:
        return _Rows(self.seeds[which], self.params[which], self.largest[which])


def run_cell(
    experiment: Experiment, length: int, arm: Arm, seeds: list[int], tell: Callable[[int, int], None]
) -> Iterator[Result]:
    """Yield the result of every seed as soon as it is known; `tell(updates, unfinished)` reports in between."""
    task = experiment.made_task(length)
    limit, every = experiment.updates[length], experiment.judge_every
    chosen = np.array(seeds, dtype=np.int64)
    training = _training(experiment.problem(arm, task))
    rows = _Rows(chosen, training.initial(chosen), np.zeros(len(chosen)))
    for first in range(0, limit, every):
        last = min(first + every, limit)
        run = _advance(experiment.problem(arm, _from(task, first)), experiment, arm, rows, last - first)
        rows = _Rows(rows.seeds, run.final_params, np.fmax(rows.largest, run.max_grad_norm))
        loss, accuracy = _judge(training, rows.params, experiment.judged_on)
        diverged = np.array(run.status == DIVERGED)
        solved = ~diverged & _is_solved(task.solved, loss, accuracy)
        radius = _spectral_radius(training, rows)
        for row in np.flatnonzero(diverged | solved | (last == limit)):
            yield Result(
                settings=experiment.settings(length, arm),
                experiment=experiment.name,
                length=length,
                arm=arm.name,
                seed=int(rows.seeds[row]),
                outcome="diverged" if diverged[row] else "solved" if solved[row] else "unsolved",
                updates=first + int(run.n_steps[row]),
                loss=float(loss[row]),
                accuracy=float(accuracy[row]),
                largest_gradient=float(rows.largest[row]),
                spectral_radius=float(radius[row]),
            )
        rows = rows.only(~(diverged | solved))
        tell(last, len(rows.seeds))
        if not len(rows.seeds):
            return


def _from(task: Task, first: int) -> Task:
    """Return the task whose update 0 is update `first` of `task`, with few held-out sequences: the loop's own probes
    are not used here, and cost less that way.
    """

    def batch(seed: int, step: int) -> Batch:
        return task.batch(seed, first + step)

    def held_out(seed: int) -> Batch:
        return task.batch(seed, first)

    return replace(task, batch=batch, held_out=held_out)


def _training(problem: Problem) -> Training:
    if problem.training is None:
        raise ValueError(f"{problem.kind} is not trained")
    return problem.training


def _advance(problem: Problem, experiment: Experiment, arm: Arm, rows: _Rows, n_steps: int) -> TrainingRun:
    count = len(rows.seeds)
    chain = Chain(learning_rate=np.full(count, experiment.learning_rate), clip=_clip(arm, count))
    chunks = train_chunks(
        problem, chain, rows.params, n_steps, seeds=rows.seeds, chunk_steps=n_steps, verdict_only=True
    )
    return deque(chunks, maxlen=1)[0].run


def _clip(arm: Arm, count: int) -> Transform:
    if arm.max_norm is None:
        return IDENTITY
    made: Transform = CLIPPERS["norm"].make(max_norm=np.full(count, arm.max_norm), epsilon=np.zeros(count))
    return made


def _judge(training: Training, params: Array, sets: int) -> tuple[Array, Array]:
    """Return held-out loss and accuracy of `params` `(rows, dim)`, means over `sets` sets of sequences."""
    scores = [
        training.open(np.full(len(params), _JUDGE + number)).evaluate(np.ascontiguousarray(params.T))
        for number in range(sets)
    ]
    loss = np.mean([score.loss for score in scores], axis=0)
    return np.asarray(loss), np.asarray(np.mean([score.accuracy for score in scores], axis=0))


def _is_solved(solved: Solved, loss: Array, accuracy: Array) -> npt.NDArray[np.bool_]:
    if solved.measure == "loss":
        return np.asarray(loss <= solved.limit)
    return np.asarray(accuracy >= solved.limit)


def _spectral_radius(training: Training, rows: _Rows) -> Array:
    """Return the largest spectral radius of the recurrent matrices of each row; NaN where they are not finite."""
    matrices = training.open(rows.seeds).recurrent_matrices(np.ascontiguousarray(rows.params.T))
    finite = np.isfinite(matrices).all(axis=(-3, -2, -1))
    radius = np.full(len(matrices), np.nan)
    if finite.any():
        radius[finite] = np.abs(np.linalg.eigvals(matrices[finite])).max(axis=(-2, -1))
    return radius
