"""The trainings through Clipscape's engine, with everything that it records: heat map, probes, norms per tensor.

A map's trainings are computed as the server computes them: for their verdicts, without heat map and singular values.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from benchmarks import ours
from benchmarks.network_workloads import NetworkWorkload
from benchmarks.result import Result
from benchmarks.workloads import Group
from clipscape.chain import Chain
from clipscape.training import TrainingRun, train, train_chunks


def run(workload: NetworkWorkload) -> Result:
    """All rows, tile by tile."""
    if workload.rows <= workload.tile:
        runs = [run_tile(workload, workload.groups, slice(0, workload.rows))]
    else:
        (group,) = workload.groups
        tiles = [slice(first, first + workload.tile) for first in range(0, workload.rows, workload.tile)]
        runs = [run_tile(workload, (Group(group.kind, group.numbers[tile]),), tile) for tile in tiles]
    last = workload.n_steps
    return Result(
        loss=np.concatenate([done.loss[:last] for done in runs], axis=1),
        grad_norm=np.concatenate([done.grad_norm for done in runs], axis=1),
        clipped_norm=np.concatenate([done.clipped_norm for done in runs], axis=1),
        final_loss=np.concatenate([done.probes.held_out_loss[-1] for done in runs]),
    )


def run_tile(workload: NetworkWorkload, groups: tuple[Group, ...], rows: slice) -> TrainingRun:
    """Some rows in one batch."""
    rates = workload.learning_rates[rows]
    start = workload.training.initial(np.zeros(len(rates), dtype=np.int64))
    chain = Chain(learning_rate=rates, clip=ours.clip(groups))
    if workload.is_map:
        chunks = train_chunks(workload.problem, chain, start, workload.n_steps, verdict_only=True)
        return deque(chunks, maxlen=1)[0].run
    return train(workload.problem, chain, start, workload.n_steps)
