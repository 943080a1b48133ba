"""`compute_tile`: some cells of a map, from plain data to bytes. Pure: the same request gives the same bytes."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from clipscape.axes import Axis, Target
from clipscape.explain import setting_of
from clipscape.layout import Picks
from clipscape.outcomes import STATUSES, Closing
from clipscape.plan import make_plan
from clipscape.simulation import simulate_chunks
from clipscape.sweeps.ask import IntArray, SweepAsk
from clipscape.sweeps.cutting import TileRequest, begins_batch, ordered_cells
from clipscape.wire import dump_json, encode_array

Numbers = dict[str, npt.NDArray[Any]]
_CONVERGED = STATUSES.index("converged")
_NEVER = np.iinfo(np.int32).max


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
    joined = [{key: np.concatenate([part[key] for part in own]) for key in own[0]} for own in zip(*pieces, strict=True)]
    variants = [{key: encode_array(array, ask.form) for key, array in own.items()} for own in joined]
    yield dump_json({"level": level, "cells": encode_array(cells.astype(np.int32), ask.form), "variants": variants})


def _batch(ask: SweepAsk, cells: IntArray) -> Generator[None, None, list[Numbers]]:
    """Compute cells that share one problem: the numbers of each variant, `(cells,)` each."""
    y, x = np.divmod(np.repeat(cells, ask.seeds), len(ask.x))
    axes = [axis.at(index) for axis, index in ((ask.x, x), (ask.y, y)) if axis.rebuilds is None]
    if ask.seeds > 1:
        axes.append(_seed_axis(ask, len(cells)))
    picks, places = _distinct(ask, x, y)
    experiment = ask.y.rebuilt(ask.x.rebuilt(ask.experiment, int(x[0])), int(y[0]))
    plan = make_plan(experiment, axes, picks)
    n_steps, chunk = plan.experiment.n_steps, None
    closing = Closing(plan.problem, n_steps, setting_of(plan))
    for chunk in simulate_chunks(plan.problem, plan.chain, plan.start, n_steps, seeds=plan.seeds, record="summary"):
        closing.absorb(chunk)
        yield
    assert chunk is not None
    run = chunk.run
    ending = closing.statuses(run)
    rows: Numbers = {
        "status": ending.status,
        "final_loss": run.final_loss,
        "steps": ending.steps,
        "clip_fraction": run.clip_fraction,
        "max_grad_norm": run.max_grad_norm,
        "thrown": ending.thrown,
    }
    edges = plan.layout.edges.tolist()
    own = [
        {key: array[first:last][place] for key, array in rows.items()}
        for (first, last), place in zip(pairwise(edges), places, strict=True)
    ]
    return own if ask.seeds == 1 else [_over_seeds(numbers, ask.seeds) for numbers in own]


def _seed_axis(ask: SweepAsk, cells: int) -> Axis:
    seeds = tuple(float(ask.experiment.seed + k) for k in range(ask.seeds)) * cells
    return Axis("seed", seeds, frozenset(Target(v, "seed", "seed") for v in range(len(ask.experiment.variants))))


def _distinct(ask: SweepAsk, x: IntArray, y: IntArray) -> tuple[Picks, list[IntArray]]:
    """Of every variant the cells that differ, and for every cell which of these it is like."""
    picks, places = [], []
    seed = np.arange(len(x)) % ask.seeds
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


def _over_seeds(numbers: Numbers, seeds: int) -> Numbers:
    """What to show of a cell that was run with several seeds: how most of them end, and the medians.

    Of statuses that are equally frequent the first in `STATUSES` is shown. Steps to converge are those of the seeds
    that do.
    """
    by_cell = {key: array.reshape(-1, seeds) for key, array in numbers.items()}
    status, steps = by_cell["status"], by_cell["steps"]
    counts = np.stack([(status == code).sum(axis=1) for code in range(len(STATUSES))])
    in_order = np.sort(np.where(steps < 0, _NEVER, steps), axis=1)
    middle = in_order[np.arange(len(steps)), np.maximum(counts[_CONVERGED] - 1, 0) // 2]
    return {
        "status": counts.argmax(axis=0).astype(np.uint8),
        "final_loss": np.median(by_cell["final_loss"], axis=1),
        "steps": np.where(middle == _NEVER, -1, middle).astype(np.int32),
        "clip_fraction": by_cell["clip_fraction"].mean(axis=1),
        "max_grad_norm": np.median(by_cell["max_grad_norm"], axis=1),
        "thrown": by_cell["thrown"].any(axis=1),
        "share": counts[_CONVERGED] / seeds,
    }
