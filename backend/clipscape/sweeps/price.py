"""What a map will cost, known before anything is computed; errs on the dear side, as `cost` does."""

from __future__ import annotations

from clipscape.cost import ANSWER_BYTES, loop_seconds
from clipscape.problems.base import Problem
from clipscape.scenario import Experiment
from clipscape.wire import BYTES_PER_NUMBER, ArrayForm

_FIXED_SECONDS = 3e-3
_VERDICT_SECONDS = 2e-6
"""To judge a row, all rows together."""
_IN_CACHE, _JUDGED_SECONDS = 0.35, 1.5e-8
"""A tile keeps no series: what a row and step cost, as a share of a run with series, and to watch it for the verdict.
"""
_NUMBERS = 5
"""Of a cell and variant, besides two small whole numbers."""


def step_seconds(experiment: Experiment, problem: Problem) -> tuple[float, float]:
    """Estimate what one step costs whatever the rows, and what it costs more for every row of a tile."""
    per_step, per_row = loop_seconds(experiment, problem)
    return per_step, _IN_CACHE * per_row + _JUDGED_SECONDS


def batch_seconds(experiment: Experiment, problem: Problem, rows: float) -> float:
    """Estimate the CPU seconds of one batch of a map."""
    per_step, per_row = step_seconds(experiment, problem)
    return _FIXED_SECONDS + rows * _VERDICT_SECONDS + experiment.n_steps * (per_step + rows * per_row)


def tile_bytes(cells: int, variants: int, form: ArrayForm) -> float:
    """Estimate the size of all tiles."""
    return ANSWER_BYTES + cells * (variants * _NUMBERS + 1) * BYTES_PER_NUMBER[form]
