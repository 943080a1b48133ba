"""Which moments of a run an animation shows: at the pace of the page's player, and at most so long."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FRAME = 0.06
"""Seconds that a frame is shown."""
LONGEST = 11.0
"""Seconds in which all steps are shown, at most."""
_BEGIN, _END = 0.8, 2.6
"""Seconds that the first and the last frame are shown."""


def pace(step: float) -> float:
    """Steps per second: the first ones decide most runs, so it begins at a fifth, as the page's clock does."""
    return 20 * min(1.0, 0.2 + step / 40)


def moments(n_steps: int) -> npt.NDArray[np.float64]:
    """Return the step of every frame, with its fraction, from 0 to `n_steps`.

    The player needs 2 ln 5 + (n - 32) / 20 seconds for n > 32 steps; where that is too long, all of it is faster.
    """
    fine = np.linspace(0, n_steps, 2000)
    middle = (fine[1:] + fine[:-1]) / 2
    speeds = np.array([pace(step) for step in middle])
    times = np.concatenate([[0.0], np.cumsum(np.diff(fine) / speeds)])
    frames = max(2, round(min(times[-1], LONGEST) / FRAME))
    return np.asarray(np.interp(np.linspace(0, times[-1], frames + 1), times, fine))


def durations(frames: int) -> list[int]:
    """Return how long every frame is shown, in milliseconds."""
    return [round(1000 * _BEGIN), *[round(1000 * FRAME)] * (frames - 2), round(1000 * _END)]
