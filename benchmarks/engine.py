"""The engine against its peers: first do they agree, then how long does each take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from statistics import median

from benchmarks import ours
from benchmarks.result import Result, share_that_agrees
from benchmarks.timing import interleaved, ratio
from benchmarks.workloads import Workload, workloads

SAMPLE_ROWS = {"compare4": 4, "slider123": 12, "map4096": 4}
"""Peers that run one row at a time get this many rows, and their time is multiplied up."""
TARGETS = {
    ("compare4", "torch, one run at a time"): 50.0,
    ("slider123", "torch, one run at a time"): 800.0,
    ("slider123", "torch, batched by hand"): 8.0,
    ("map4096", "torch, batched by hand"): 3.0,
}


@dataclass(frozen=True)
class Peer:
    """An implementation to compare with; `sampled` means that it is given a sample of the rows."""

    name: str
    run: Callable[[Workload], Result]
    sampled: bool


@dataclass(frozen=True)
class Line:
    """One line of the table; times are CPU seconds for all rows, medians over the rounds."""

    workload: str
    peer: str
    ours_seconds: float
    peer_seconds: float
    ratio: float
    target: float | None
    agreement: float
    """Share of rows whose whole run agrees to 1e-10."""


def peers() -> Iterator[Peer]:
    """Yield the peers that are installed."""
    yield Peer("numpy, one run at a time", import_module("benchmarks.peer_numpy").run, sampled=True)
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
        yield Peer("torch, one run at a time", import_module("benchmarks.peer_torch_eager").run, sampled=True)
        yield Peer("torch, batched by hand", import_module("benchmarks.peer_torch_batched").run, sampled=False)


def compare(workload: Workload, rounds: int) -> Iterator[Line]:
    """Check that all peers agree with the engine, then time them in turn. Raises ValueError when one does not agree."""
    sample = workload.sample(SAMPLE_ROWS[workload.name])
    reference = {True: ours.run(sample), False: ours.run(workload)}
    calls: dict[str, Callable[[], Result]] = {"ours": partial(ours.run, workload)}
    rows_of, agreement = {}, {}
    for peer in peers():
        rows_of[peer.name] = sample if peer.sampled else workload
        agreement[peer.name] = share_that_agrees(reference[peer.sampled], peer.run(rows_of[peer.name]))
        calls[peer.name] = partial(peer.run, rows_of[peer.name])
    times = interleaved(calls, rounds)
    for name, rows in rows_of.items():
        scaled = [seconds * workload.rows / rows.rows for seconds in times[name]]
        yield Line(
            workload.name,
            name,
            median(times["ours"]),
            median(scaled),
            ratio(scaled, times["ours"]),
            TARGETS.get((workload.name, name)),
            agreement[name],
        )


def measure(rounds: int) -> Iterator[Line]:
    """Yield the lines of every workload."""
    for workload in workloads():
        yield from compare(workload, rounds)
