"""What a map of networks will cost: every cell by its own size of network and task."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clipscape.asks import training_of
from clipscape.cost import Estimate
from clipscape.network_cost import training_memory, verdict_seconds
from clipscape.sweeps.axis import SweepAxis
from clipscape.sweeps.price import tile_bytes
from clipscape.sweeps.training import rows_at_once

if TYPE_CHECKING:
    from clipscape.sweeps.ask import SweepAsk

Array = npt.NDArray[np.float64]
_TILE_SECONDS, _FEWEST_RUNS = 2.5, 6
"""A tile takes about so long; one of fewer runs would make them dearer, so it may take longer."""
_TILE_FIXED = 5e-3
_PRICED = 12
"""Sizes of a network are priced at no more than so many values of an axis; others as the next one."""


def run_seconds(ask: SweepAsk) -> Array:
    """Estimate how long one training takes in every cell, `(ny, nx)`."""
    columns, column_of = _priced(ask.x)
    lines, line_of = _priced(ask.y)
    prices = np.empty((len(lines), len(columns)))
    for line, y in enumerate(lines):
        for column, x in enumerate(columns):
            experiment = ask.experiment_at(x, y)
            prices[line, column] = verdict_seconds(training_of(experiment), experiment.n_steps)
    return np.asarray(prices[np.ix_(line_of, column_of)])


def _priced(axis: SweepAxis) -> tuple[list[int], npt.NDArray[Any]]:
    """Which places of an axis to price, and which of these stands for each of its places."""
    if axis.rebuilds is None:
        return [0], np.zeros(len(axis), dtype=int)
    places = np.unique(np.linspace(0, len(axis) - 1, _PRICED).round().astype(int))
    return places.tolist(), np.searchsorted(places, np.arange(len(axis)))


def tile_loads(ask: SweepAsk) -> Array:
    """Return what share of a tile each cell fills, `(ny, nx)`."""
    runs = len(ask.experiment.variants) * ask.seeds
    return runs * np.minimum(1 / _FEWEST_RUNS, run_seconds(ask) / _TILE_SECONDS)


def estimate_trainings(ask: SweepAsk) -> Estimate:
    """Estimate all tiles together. What an axis does not touch is computed anew in every tile and line."""
    seconds, tiles = run_seconds(ask), ceil(float(tile_loads(ask).sum())) + 2
    runs = 0.0
    for variant in range(len(ask.experiment.variants)):
        if ask.y.touches(variant):
            shared = 1.0 if ask.x.touches(variant) else min(1.0, (tiles + len(ask.y)) / ask.cells)
        else:
            shared = 1.0 if ask.x.touches(variant) else min(1.0, tiles / ask.cells)
        runs += shared * ask.seeds
    variants = len(ask.experiment.variants)
    largest = training_of(ask.experiment_at(len(ask.x) - 1, len(ask.y) - 1))
    memory = training_memory(largest, ask.experiment.n_steps, rows_at_once(largest, variants), probed=False)
    return Estimate(
        tiles * _TILE_FIXED + runs * float(seconds.sum()), tile_bytes(ask.cells, variants, ask.form), memory
    )
