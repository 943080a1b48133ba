"""`compute_tile`: some cells of a map, from plain data to bytes. Pure: the same request gives the same bytes."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from clipscape.asks import training_of
from clipscape.axes import Axis, Target
from clipscape.explain import setting_of
from clipscape.layout import Picks
from clipscape.outcomes import STATUSES, Closing
from clipscape.plan import Plan, make_plan
from clipscape.scenario import Experiment
from clipscape.simulation import simulate_chunks
from clipscape.sweeps.ask import IntArray, SweepAsk
from clipscape.sweeps.cutting import TileRequest, begins_batch, ordered_cells
from clipscape.sweeps.seeds import over_seeds
from clipscape.sweeps.training import rows_at_once, training_numbers
from clipscape.understanding import is_network
from clipscape.wire import ArrayForm, dump_json, encode_array

Numbers = dict[str, npt.NDArray[Any]]


def compute_tile(request: TileRequest) -> bytes:
    """Compute the cells of a tile; return the data of its event as JSON."""
    return b"".join(part for part in tile_job(request) if part is not None)


def tile_job(request: TileRequest) -> Iterator[bytes | None]:
    """The same as a job: yields None where it may be stopped."""
    ask, level = SweepAsk.from_data(request["ask"]), request["level"]
    cells = ordered_cells(ask, level)[request["first"] : request["last"]]
    pieces = []
    for first, last in pairwise([*begins_batch(ask, cells).tolist(), len(cells)]):
        pieces.append((yield from _batch(ask, cells[first:last])))
    variants = [_encoded(own, ask.form) for own in _joined(pieces)]
    yield dump_json({"level": level, "cells": encode_array(cells.astype(np.int32), ask.form), "variants": variants})


def _joined(pieces: list[list[Numbers]]) -> list[Numbers]:
    """Put the pieces of every variant together, cell after cell."""
    return [
        {key: np.concatenate([piece[key] for piece in own], axis=-1) for key in own[0]}
        for own in zip(*pieces, strict=True)
    ]


def _encoded(numbers: Numbers, form: ArrayForm) -> dict[str, Any]:
    """Write numbers out; shares of seeds by name of the status."""
    told = {key: encode_array(array, form) for key, array in numbers.items() if key != "shares"}
    if "shares" in numbers:
        told["shares"] = {
            status: encode_array(share, form) for status, share in zip(STATUSES, numbers["shares"], strict=True)
        }
    return told


def _batch(ask: SweepAsk, cells: IntArray) -> Generator[None, None, list[Numbers]]:
    """Compute cells that share one problem: the numbers of each variant, `(cells,)` each.

    The rows of one seed follow those of another, so that what does not differ between cells is mostly in one piece.
    """
    seed, cell = np.divmod(np.arange(ask.seeds * len(cells)), len(cells))
    y, x = np.divmod(cells[cell], len(ask.x))
    experiment = ask.experiment_at(int(x[0]), int(y[0]))
    pieces: list[list[Numbers]] = []
    for part in _parts(experiment, len(x)):
        runs = yield from _runs(ask, experiment, x[part], y[part], seed[part])
        pieces.append(runs)
    own = _joined(pieces)
    return [over_seeds(numbers, ask.seeds) for numbers in own]


def _parts(experiment: Experiment, count: int) -> list[slice]:
    """Cut the runs of a batch into parts that are computed at once: all landscapes, some networks."""
    most = count
    if is_network(experiment.problem):
        variants = len(experiment.variants)
        most = rows_at_once(training_of(experiment), variants) // variants
    edges = np.linspace(0, count, ceil(count / most) + 1).round().astype(int).tolist()
    return [slice(first, last) for first, last in pairwise(edges)]


def _runs(
    ask: SweepAsk, experiment: Experiment, x: IntArray, y: IntArray, seed: IntArray
) -> Generator[None, None, list[Numbers]]:
    """Compute the runs in these columns and lines with these seeds: the numbers of each variant, `(runs,)` each."""
    axes = [axis.at(index) for axis, index in ((ask.x, x), (ask.y, y)) if axis.rebuilds is None]
    if ask.seeds > 1:
        axes.append(_seed_axis(ask, seed))
    picks, places = _distinct(ask, x, y, seed)
    plan = make_plan(experiment, axes, picks)
    rows = yield from (_landscape_numbers(plan) if plan.problem.training is None else training_numbers(plan))
    edges = plan.layout.edges.tolist()
    return [
        {key: array[first:last][place] for key, array in rows.items()}
        for (first, last), place in zip(pairwise(edges), places, strict=True)
    ]


def _landscape_numbers(plan: Plan) -> Generator[None, None, Numbers]:
    """Run all rows of a plan and return what a map shows of them, `(rows,)` each."""
    n_steps, chunk = plan.experiment.n_steps, None
    closing = Closing(plan.problem, n_steps, setting_of(plan))
    for chunk in simulate_chunks(plan.problem, plan.chain, plan.start, n_steps, seeds=plan.seeds, record="summary"):
        closing.absorb(chunk)
        yield
    assert chunk is not None
    run = chunk.run
    ending = closing.statuses(run)
    return {
        "status": ending.status,
        "final_loss": run.final_loss,
        "steps": ending.steps,
        "clip_fraction": run.clip_fraction,
        "max_grad_norm": run.max_grad_norm,
        "thrown": ending.thrown,
        "near": ending.near,
    }


def _seed_axis(ask: SweepAsk, seed: IntArray) -> Axis:
    seeds = tuple((ask.experiment.seed + seed).astype(float).tolist())
    return Axis("seed", seeds, frozenset(Target(v, "seed", "seed") for v in range(len(ask.experiment.variants))))


def _distinct(ask: SweepAsk, x: IntArray, y: IntArray, seed: IntArray) -> tuple[Picks, list[IntArray]]:
    """Of every variant the runs that differ, and for every run which of these it is like."""
    picks, places = [], []
    for variant, random in enumerate(ask.is_random):
        own = np.zeros(len(x), dtype=np.int64)
        for touched, index, count in (
            (ask.x.touches(variant), x, len(ask.x)),
            (ask.y.touches(variant), y, len(ask.y)),
            (bool(random), seed, ask.seeds),
        ):
            own = own * count + (index if touched else 0)
        _, pick, place = np.unique(own, return_index=True, return_inverse=True)
        picks.append(pick)
        places.append(place)
    return picks, places
