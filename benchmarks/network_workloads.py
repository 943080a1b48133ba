"""Trainings of recurrent networks: the same data, first weights, rules and records for Clipscape and for every peer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from benchmarks.workloads import Array, Group
from clipscape.problems.base import Problem
from clipscape.problems.initializers import INITS
from clipscape.problems.networks import NETWORKS, network_problem
from clipscape.problems.tasks import TASKS
from clipscape.problems.training import Batch, Task, Training
from clipscape.training import probe_steps

Cell = Literal["tanh_rnn", "lstm", "gru"]
HIDDEN, LENGTH, BATCH = 16, 50, 16
LEARNING_RATE = 0.05
HELD_OUT = 16
"""Sequences measured at every probe: as many as a minibatch has. Every implementation measures them."""


@dataclass(frozen=True, eq=False)
class NetworkWorkload:
    """Some trainings at once: `learning_rates` `(rows,)`; rows are computed `tile` at a time where they are many."""

    name: str
    what: str
    cell: Cell
    groups: tuple[Group, ...]
    learning_rates: Array
    n_steps: int
    tile: int

    @property
    def rows(self) -> int:
        """How many trainings this is."""
        return len(self.learning_rates)

    @cached_property
    def task(self) -> Task:
        """The adding problem, Arjovsky et al. 2016, with few held-out sequences."""
        task: Task = TASKS["adding"].make(sequence_length=LENGTH, batch_size=BATCH)

        def held_out(seed: int) -> Batch:
            batch = task.held_out(seed)
            return Batch(batch.inputs[:, :HELD_OUT].copy(), batch.targets[:HELD_OUT].copy())

        kept = held_out(0)
        return replace(task, held_out=lambda _seed: kept)

    @cached_property
    def problem(self) -> Problem:
        """What is trained."""
        network = NETWORKS[self.cell].make(**NETWORKS[self.cell].defaults() | {"hidden_size": HIDDEN})
        return network_problem(network, self.task, INITS["uniform"].make(**INITS["uniform"].defaults()))

    @property
    def training(self) -> Training:
        """How it is trained."""
        assert self.problem.training is not None
        return self.problem.training

    @cached_property
    def start(self) -> dict[str, Array]:
        """First weights by name, in PyTorch's shapes."""
        flat = self.training.initial(np.zeros(1, dtype=np.int64))[0]
        return {block.name: flat[block.place].reshape(block.shape) for block in self.training.blocks}

    @cached_property
    def batches(self) -> list[Batch]:
        """The minibatches of all updates, ready for the peers."""
        return [self.task.batch(0, step) for step in range(self.n_steps)]

    @property
    def is_map(self) -> bool:
        """Whether only the verdict of each training is wanted, as in a map: nobody looks at its recurrent matrices."""
        return "map" in self.what

    @cached_property
    def probes(self) -> frozenset[int]:
        """The points of the run at which held-out sequences are measured and, but for maps, the recurrent matrices."""
        return frozenset(int(step) for step in probe_steps(self.n_steps))

    def sample(self, count: int) -> NetworkWorkload:
        """Return every row of a comparison, or `count` rows of a map: for peers that run one row at a time."""
        if self.rows <= count:
            return self
        index = np.linspace(0, self.rows - 1, count).astype(int)
        (group,) = self.groups
        groups = (Group(group.kind, group.numbers[index]),)
        return replace(self, groups=groups, learning_rates=self.learning_rates[index])


def network_workloads() -> tuple[NetworkWorkload, ...]:
    """Return a comparison of four variants and a map of 12 x 12 for every cell."""
    one = np.ones(1)
    compare = (Group("none", one), Group("norm", one), Group("value", one * 0.1), Group("autoclip", one * 10.0))
    thresholds, rates = np.meshgrid(np.geomspace(0.05, 5.0, 12), np.geomspace(1e-3, 0.1, 12))
    sweep = (Group("norm", thresholds.ravel()),)
    cells: tuple[Cell, ...] = ("tanh_rnn", "lstm", "gru")
    four = "4 variants, 200 updates"
    return (
        *(NetworkWorkload(f"{cell} x4", four, cell, compare, np.full(4, LEARNING_RATE), 200, 4) for cell in cells),
        *(NetworkWorkload(f"{cell} x144", "12 x 12 map", cell, sweep, rates.ravel(), 100, 24) for cell in cells),
    )
