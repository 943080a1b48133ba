"""At which steps of a run more is looked at than its numbers."""

from __future__ import annotations

import numpy as np

from clipscape.problems.training import IntArray

MOST_PROBES, FEWEST_PROBES, STEPS_BETWEEN = 60, 20, 20
MOST_COLUMNS = 200


def probe_steps(n_steps: int) -> IntArray:
    """Return the points of a run of `n_steps` updates that are probed: evenly spread, the first and the last too.

    A probe costs as much as several updates, so short runs have fewer.
    """
    return _spread(n_steps + 1, min(MOST_PROBES, max(FEWEST_PROBES, n_steps // STEPS_BETWEEN)))


def heat_steps(n_steps: int) -> IntArray:
    """Return the updates of which every time step's gradient norm is kept: evenly spread, the first and last too."""
    return _spread(n_steps, MOST_COLUMNS)


def _spread(count: int, most: int) -> IntArray:
    """Return at most `most` of the numbers 0 .. count - 1."""
    if count <= most:
        return np.arange(count, dtype=np.int64)
    return np.round(np.linspace(0, count - 1, most)).astype(np.int64)
