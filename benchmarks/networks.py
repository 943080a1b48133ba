"""Trainings of networks against their peers: first do they agree, then how long does each take."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from statistics import median

from benchmarks import network_ours
from benchmarks.engine import Line
from benchmarks.network_workloads import NetworkWorkload, network_workloads
from benchmarks.result import TOLERANCE, Result, share_that_agrees
from benchmarks.timing import interleaved, ratio

SAMPLE_ROWS = 4
"""Peers that train one row at a time get this many rows, and their time is multiplied up."""
SINGLE_PRECISION = 1e-2
"""How closely single precision follows after some hundred updates."""
EAGER, BATCHED, FUSED, JAX = "torch, one run at a time", "torch, batched by hand", "torch, float32", "JAX, jit and vmap"
TARGETS = {
    ("tanh_rnn x4", EAGER): 10.0,
    ("tanh_rnn x4", BATCHED): 2.8,
    ("lstm x4", EAGER): 7.0,
    ("lstm x4", BATCHED): 2.5,
    ("lstm x4", FUSED): 1.3,
    ("gru x4", EAGER): 8.0,
    ("gru x4", BATCHED): 2.5,
    ("tanh_rnn x4", JAX): 1.0,
    ("tanh_rnn x144", EAGER): 20.0,
    ("lstm x144", EAGER): 9.0,
    ("gru x144", EAGER): 12.0,
}


@dataclass(frozen=True)
class Peer:
    """An implementation to compare with; `sampled` means that it is given a sample of the rows."""

    name: str
    run: Callable[[NetworkWorkload], Result]
    sampled: bool
    tolerance: float = TOLERANCE


def peers(workload: NetworkWorkload) -> Iterator[Peer]:
    """Yield the peers that are installed and make sense for a workload."""
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
        eager = import_module("benchmarks.network_torch_eager")
        yield Peer(EAGER, eager.run, sampled=True)
        yield Peer(FUSED, eager.run_single, sampled=True, tolerance=SINGLE_PRECISION)
        yield Peer(BATCHED, import_module("benchmarks.network_torch_batched").run, sampled=False)
    if find_spec("jax") and workload.rows == 4:
        yield Peer(JAX, import_module("benchmarks.network_jax").run, sampled=False)


def compare(workload: NetworkWorkload, rounds: int) -> Iterator[Line]:
    """Check that all peers agree with the engine, then time them in turn. Raises ValueError when one does not agree."""
    sample = workload.sample(SAMPLE_ROWS)
    reference = {True: network_ours.run(sample), False: network_ours.run(workload)}
    calls: dict[str, Callable[[], Result]] = {"ours": partial(network_ours.run, workload)}
    given, agreement = {}, {}
    for peer in peers(workload):
        given[peer.name] = sample if peer.sampled else workload
        computed = peer.run(given[peer.name])
        agreement[peer.name] = share_that_agrees(reference[peer.sampled], computed, peer.tolerance)
        calls[peer.name] = partial(peer.run, given[peer.name])
    times = interleaved(calls, rounds)
    for name, rows in given.items():
        scaled = [seconds * workload.rows / rows.rows for seconds in times[name]]
        target = TARGETS.get((workload.name, name))
        ours, peer_seconds = median(times["ours"]), median(scaled)
        yield Line(workload.name, name, ours, peer_seconds, ratio(scaled, times["ours"]), target, agreement[name])


def measure(rounds: int, only: str = "") -> Iterator[Line]:
    """Yield the lines of every workload whose name contains `only`."""
    for workload in network_workloads():
        if only in workload.name:
            yield from compare(workload, rounds)


def worker_megabytes() -> float:
    """Return by how much a training of one tile of the LSTM's map raises the memory of a fresh process."""
    command = [sys.executable, "-m", "benchmarks.network_memory"]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
