"""What is run again: networks, tasks, lengths, arms and seeds, as data.

An experiment is a grid of runs: every length with every arm (a way of training) and every seed. Within a length all
arms of a seed have the same first weights and see the same sequences.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson

from clipscape.problems.base import Problem
from clipscape.problems.initializers import INITS
from clipscape.problems.networks.network import Network
from clipscape.problems.networks.trained import network_problem
from clipscape.problems.tasks import TASKS
from clipscape.problems.training import Task

EDITION = 1
"""Goes up when the same settings would no longer give the same kind of result; finished runs are then done again."""

Show = Literal["success", "loss"]


@dataclass(frozen=True)
class Arm:
    """One way of training: clip the norm of the gradient at `max_norm` (None: not), weigh Pascanu's regulariser."""

    name: str
    label: str
    max_norm: float | None = None
    vanishing_penalty: float = 0.0


@dataclass(frozen=True)
class Experiment:
    """A grid of runs. `updates` says for every sequence length how many updates a run may take.

    A run ends when it is solved on held-out sequences, when it diverges, or there. It is judged every `judge_every`
    updates on `judged_on` times 200 held-out sequences.
    """

    name: str
    title: str
    source: str
    show: Show
    task: str
    network: str
    hidden_size: int
    init: str
    init_params: Mapping[str, Any]
    batch_size: int
    learning_rate: float
    updates: Mapping[int, int]
    arms: tuple[Arm, ...]
    seeds: int = 5
    judge_every: int = 2000
    judged_on: int = 10
    differs: tuple[str, ...] = field(default=(), compare=False)
    """What is not as in the source, one sentence each."""

    def cells(self) -> Iterator[tuple[int, Arm]]:
        """Yield every length with every arm: what is run together."""
        for length in self.updates:
            for arm in self.arms:
                yield length, arm

    def made_task(self, length: int) -> Task:
        """Return the task at `length`."""
        made: Task = TASKS[self.task].make(sequence_length=length, batch_size=self.batch_size)
        return made

    def problem(self, arm: Arm, task: Task) -> Problem:
        """Return the network of `arm` on `task`."""
        network = Network(self.network, hidden_size=self.hidden_size, vanishing_penalty=arm.vanishing_penalty)
        return network_problem(network, task, INITS[self.init].make(**self.init_params))

    def settings(self, length: int, arm: Arm) -> str:
        """Return a short code of everything that decides the result of one run besides its seed."""
        decisive = {
            "edition": EDITION,
            "task": self.task,
            "length": length,
            "network": self.network,
            "hidden_size": self.hidden_size,
            "init": [self.init, dict(self.init_params)],
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "updates": self.updates[length],
            "clip": arm.max_norm,
            "penalty": arm.vanishing_penalty,
            "judge": [self.judge_every, self.judged_on],
        }
        return hashlib.sha256(orjson.dumps(decisive, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]


_PASCANU_ARMS = (
    Arm("plain", "no clipping"),
    Arm("clipped", "clipped at 1", max_norm=1.0),
    Arm("clipped_regularised", "clipped at 1, regularised", max_norm=1.0, vanishing_penalty=2.0),
)

PASCANU = Experiment(
    name="pascanu",
    title="Temporal order: runs that solve it, by sequence length",
    source="Pascanu, Mikolov, Bengio: On the difficulty of training recurrent neural networks (ICML 2013), Fig. 7",
    show="success",
    task="temporal_order",
    network="tanh_rnn",
    hidden_size=50,
    init="gaussian",
    init_params={"std": 0.1},
    batch_size=20,
    learning_rate=0.01,
    updates={20: 15_000, 50: 110_000, 10: 15_000, 30: 60_000},
    arms=_PASCANU_ARMS,
    differs=(
        "At most 110,000 updates a run instead of 5 million, so success rates are lower bounds.",
        "Judged on 2,000 held-out sequences every 2,000 updates instead of 10,000 every 20.",
        "Only the initialisation the paper calls basic tanh (normal weights of standard deviation 0.1).",
        "A gradient that is not finite ends the run; the authors' code shrinks the recurrent weights and goes on.",
        "Double precision instead of single.",
    ),
)

PASCANU_QUICK = replace(
    PASCANU,
    hidden_size=20,
    init_params={"std": 0.2},
    learning_rate=0.1,
    updates={10: 3000, 15: 3000, 20: 3000, 30: 3000},
    judge_every=250,
    judged_on=2,
    differs=(
        "20 hidden units instead of 50, learning rate 0.1 instead of 0.01, and weights of standard deviation 0.2 "
        "instead of 0.1, which makes gradients explode at shorter lengths.",
        "At most 3,000 updates a run instead of 5 million.",
        "Judged on 400 held-out sequences every 250 updates.",
        *PASCANU.differs[3:],
    ),
)

_ADDING_ARMS = (
    Arm("plain", "no clipping"),
    Arm("clip_1", "clipped at 1", max_norm=1.0),
    Arm("clip_10", "clipped at 10", max_norm=10.0),
    Arm("clip_100", "clipped at 100", max_norm=100.0),
)

ADDING = Experiment(
    name="adding",
    title="Adding problem with an IRNN: error at the end, by threshold",
    source="Le, Jaitly, Hinton: A simple way to initialize recurrent networks of rectified linear units (2015), Fig. 2",
    show="loss",
    task="adding",
    network="relu_rnn",
    hidden_size=50,
    init="identity",
    init_params={"scale": 1.0},
    batch_size=16,
    learning_rate=0.01,
    updates={20: 20_000, 50: 65_000},
    arms=_ADDING_ARMS,
    seeds=3,
    differs=(
        "50 hidden units instead of 100, lengths 20 and 50 instead of 150 to 400, at most 65,000 updates.",
        "Every update sees fresh sequences instead of a set of 100,000; judged on 2,000 held-out sequences.",
        "A run ends as soon as its mean squared error is at most 0.005.",
        "Double precision.",
    ),
)

ADDING_QUICK = replace(
    ADDING,
    hidden_size=20,
    learning_rate=0.1,
    updates={5: 5000, 10: 5000},
    arms=(
        Arm("plain", "no clipping"),
        Arm("clip_0.3", "clipped at 0.3", max_norm=0.3),
        Arm("clip_1", "clipped at 1", max_norm=1.0),
        Arm("clip_10", "clipped at 10", max_norm=10.0),
    ),
    seeds=5,
    judge_every=250,
    judged_on=2,
    differs=(
        "20 hidden units instead of 100, lengths 5 and 10 instead of 150 to 400, learning rate 0.1, at most 5,000 "
        "updates.",
        "Every update sees fresh sequences instead of a set of 100,000; judged on 400 held-out sequences.",
        *ADDING.differs[2:],
    ),
)
