"""The workloads through Clipscape's engine, chain building included."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.result import Result
from benchmarks.workloads import EPSILON, N_STEPS, Group, Workload
from clipscape import partition
from clipscape.chain import Chain
from clipscape.clipping import CLIPPERS
from clipscape.problems import PROBLEMS
from clipscape.simulation import simulate
from clipscape.transforms import Transform


def parameters(group: Group) -> dict[str, Any]:
    """Return the parameters of a group's clipping rule, one number per row."""
    name = {"none": None, "norm": "max_norm", "value": "clip_value", "autoclip": "percentile"}[group.kind]
    given = {} if name is None else {name: group.numbers}
    return given | ({"epsilon": np.full(len(group.numbers), EPSILON)} if group.kind == "norm" else {})


def clip(groups: tuple[Group, ...]) -> Transform:
    """Put the groups' rules next to one another."""
    parts, first = [], 0
    for group in groups:
        rows = slice(first, first + len(group.numbers))
        parts.append(partition.Group(rows, CLIPPERS[group.kind].make(**parameters(group))))
        first = rows.stop
    return partition.partition_rows(parts)


def run(workload: Workload) -> Result:
    """All rows in one batch."""
    problem = PROBLEMS["cliff"].make(**PROBLEMS["cliff"].defaults())
    chain = Chain(learning_rate=workload.learning_rates, clip=clip(workload.groups))
    start = np.tile(workload.start, (workload.rows, 1))
    done = simulate(problem, chain, start, N_STEPS, record=workload.record)
    if workload.record == "series":
        return Result(done.params, done.loss, done.grad_norm, done.clipped_norm)
    return Result(
        final_loss=done.final_loss,
        best_loss=done.best_loss,
        max_grad_norm=done.max_grad_norm,
        clip_fraction=done.clip_fraction,
    )
