"""The map of the page: 64 x 64 cells of three variants on the cliff, as tiles in this process and over loopback."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
import orjson

from benchmarks import ours
from benchmarks.engine import Line
from benchmarks.page import running_server
from benchmarks.result import Array, Result, share_that_agrees
from benchmarks.timing import interleaved, ratio
from benchmarks.workloads import EPSILON, N_STEPS, Group, Workload, on_the_cliff
from clipscape.sweeps import SweepAsk, compute_tile, read_sweep_ask, tiles
from clipscape.wire import decode_array

NAME, JUDGED = "map12288", "judged"
RESOLUTION, ROUNDS = 64, 20
TILES = 3
"""The different runs in tiles of some 2,750 rows."""
SAMPLE_ROWS = 12
"""PyTorch, one run at a time, gets this many of the rows, and its time is multiplied up."""
FIRST_MS, WHOLE_MS = 100.0, 500.0
"""What the first picture and the whole map may take on two cores that do nothing else."""
SINGLE = 1e-6
"""Tiles tell losses and norms in single precision."""


def document(seed: int = 0) -> dict[str, object]:
    """Return the request of the Map tab's first view, with the ranges of `workloads`.

    The seed changes no number here, but the cache's key. With larger learning rates the wall would throw about most
    rows, and the last bits of exp and tanh decide where they land: nothing to compare.
    """
    clips: tuple[dict[str, Any], ...] = (
        {"kind": "none"},
        {"kind": "norm", "params": {"epsilon": EPSILON}},
        {"kind": "value"},
    )
    variants = [{"name": clip["kind"], "clip": clip} for clip in clips]
    experiment = {"problem": {"kind": "cliff"}, "n_steps": N_STEPS, "seed": seed, "variants": variants}
    x = {"path": "variants.*.threshold", "low": 0.05, "high": 50.0}
    y = {"path": "variants.*.learning_rate", "low": 1e-3, "high": 0.3}
    return {"version": 1, "experiment": experiment, "x": x, "y": y, "resolution": RESOLUTION}


def workload(ask: SweepAsk) -> Workload:
    """Return the same runs as rows for the peers: every cell of every variant."""
    thresholds, rates = (grid.ravel() for grid in np.meshgrid(ask.x.values, ask.y.values))
    groups = (Group("none", np.ones(ask.cells)), Group("norm", thresholds), Group("value", thresholds))
    return on_the_cliff(NAME, "64 x 64 map of 3 variants", groups, np.tile(rates, 3), "summary")


def without_doubles(ask: SweepAsk, rows: Workload) -> Workload:
    """Leave out what need not be computed twice: without clipping there is no threshold."""
    none, *others = rows.groups
    once = np.arange(0, ask.cells, len(ask.x))
    rates = np.concatenate([rows.learning_rates[once], rows.learning_rates[ask.cells :]])
    return replace(rows, groups=(Group("none", none.numbers[once]), *others), learning_rates=rates)


def compute_map(ask: SweepAsk) -> list[bytes]:
    """Compute all tiles one after the other: outcomes included, as the workers do it."""
    return [compute_tile(request) for request in tiles(ask)]


def as_result(ask: SweepAsk, answers: list[bytes]) -> Result:
    """Put the numbers of the tiles in the order of the rows."""
    told = [orjson.loads(answer) for answer in answers]
    order = np.argsort(np.concatenate([decode_array(tile["cells"]) for tile in told]))

    def rows(name: str) -> Array:
        by_variant = zip(*([decode_array(own[name]) for own in tile["variants"]] for tile in told), strict=True)
        return np.concatenate([np.concatenate(parts)[order] for parts in by_variant]).astype(np.float64)

    names = ("final_loss", "max_grad_norm", "clip_fraction")
    return Result(**{name: rows(name) for name in names})


def parts(rows: Workload, count: int) -> list[Workload]:
    """Cut every group into equal parts and join them to as many workloads: tiles."""
    edges = np.cumsum([0, *(len(group.numbers) for group in rows.groups)])
    rates = [rows.learning_rates[a:b] for a, b in pairwise(edges.tolist())]
    found = []
    for part in range(count):
        picks = [np.array_split(np.arange(len(own)), count)[part] for own in rates]
        groups = tuple(Group(g.kind, g.numbers[pick]) for g, pick in zip(rows.groups, picks, strict=True))
        own_rates = np.concatenate([own[pick] for own, pick in zip(rates, picks, strict=True)])
        found.append(replace(rows, groups=groups, learning_rates=own_rates))
    return found


def measure_engine(rounds: int) -> Iterator[Line]:
    """Check that all compute the same map, then time them in turn on one thread."""
    ask = read_sweep_ask(document(), "base64")
    whole = workload(ask)
    share_that_agrees(ours.run(whole), as_result(ask, compute_map(ask)), SINGLE)
    own_tiles = parts(without_doubles(ask, whole), TILES)
    calls: dict[str, Callable[[], object]] = {
        NAME: lambda: [ours.run(tile) for tile in own_tiles],
        JUDGED: partial(compute_map, ask),
    }
    peers: dict[str, tuple[Workload, float, float | None]] = {}
    for name, rows, run, target in _peers(ask, whole):
        peers[name] = rows, share_that_agrees(ours.run(rows), run(rows)), target
        calls[name] = partial(run, rows)
    times = interleaved(calls, rounds)
    for own in (NAME, JUDGED):
        for name, (rows, agreement, target) in peers.items():
            factor = whole.rows / rows.rows if "one run" in name else 1.0
            scaled = [seconds * factor for seconds in times[name]]
            wanted = target if own == NAME else None
            yield Line(own, name, median(times[own]), median(scaled), ratio(scaled, times[own]), wanted, agreement)


def _peers(
    ask: SweepAsk, whole: Workload
) -> Iterator[tuple[str, Workload, Callable[[Workload], Result], float | None]]:
    """Yield name, rows, implementation and target of every peer that is installed."""
    if not find_spec("torch"):
        return
    import torch

    torch.set_num_threads(1)
    batched = import_module("benchmarks.peer_torch_batched").run
    sample = whole.sample(SAMPLE_ROWS)
    yield "torch, one run at a time", sample, import_module("benchmarks.peer_torch_eager").run, 6000.0
    yield "torch, batched by hand", whole, batched, 3.0
    yield "  the same without doubles", without_doubles(ask, whole), batched, None


def ask_for_map(port: int, body: bytes) -> tuple[float, float]:
    """Return milliseconds until the first tile, and until the whole map has arrived."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    started, first = time.perf_counter(), 0.0
    connection.request("POST", "/api/v1/sweep?arrays=base64", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(answer.read().decode())
    while (line := answer.readline()) != b"event: end\n":
        if not line or line == b"event: error\n":
            raise RuntimeError("the map broke off")
        if line == b"event: tile\n" and not first:
            answer.readline()
            first = time.perf_counter() - started
    return first * 1e3, (time.perf_counter() - started) * 1e3


def measure_server() -> dict[str, tuple[float, float]]:
    """Return the figures over loopback with their targets, in milliseconds: medians and worst of some rounds."""
    with running_server() as port:
        for seed in range(3):
            ask_for_map(port, json.dumps(document(1000 + seed)).encode())
        times = [ask_for_map(port, json.dumps(document(seed)).encode()) for seed in range(ROUNDS)]
        again = [ask_for_map(port, json.dumps(document(seed)).encode())[1] for seed in range(ROUNDS)]
    firsts, wholes = zip(*times, strict=True)
    return {
        "map, first picture p50, ms": (median(firsts), FIRST_MS),
        f"map, first picture worst of {ROUNDS}, ms": (max(firsts), FIRST_MS),
        "map, all 12,288 runs p50, ms": (median(wholes), WHOLE_MS),
        f"map, all 12,288 runs worst of {ROUNDS}, ms": (max(wholes), WHOLE_MS),
        "map, asked before p50, ms": (median(again), FIRST_MS),
    }
