"""`statuses`: the same verdicts as `judge`, as arrays: for maps of thousands of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipscape.outcomes.ending import WAYS, Ending, Setting
from clipscape.outcomes.kinds import STATUSES
from clipscape.problems.base import Problem
from clipscape.records import BoolArray, Run

_CODE_OF_WAY = np.array([STATUSES.index(status) for status in WAYS], dtype=np.uint8)


@dataclass(frozen=True)
class Statuses:
    """How every row ended, `(rows,)` each."""

    status: npt.NDArray[np.uint8]
    """Index into `STATUSES`."""
    steps: npt.NDArray[np.int32]
    """From which step on it stays converged; -1 where it did not converge."""
    thrown: BoolArray
    """Whether one step led out of the window in one leap."""


def statuses(problem: Problem, run: Run, setting: Setting) -> Statuses:
    """Judge every row of a run that was recorded as series, by the rules of `judge`."""
    with np.errstate(all="ignore"):
        end = Ending(problem, run, setting)
        status = _CODE_OF_WAY[end.way]
        steps = np.where(status == STATUSES.index("converged"), end.near_since, -1).astype(np.int32)
        return Statuses(status, steps, np.asarray(end.leaps.any(axis=0)))
