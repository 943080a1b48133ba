"""What every implementation returns, and the check that they all computed the same thing."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

TOLERANCE = 1e-10
FIRST_STEPS, ENOUGH_ROWS = 10, 0.9
"""Two correct implementations differ in the last bit of exp and tanh, and the wall magnifies that at every bounce: a
few rows in a hundred end elsewhere. So every row must agree over the first steps, and this share of them to the end.
"""


@dataclass(frozen=True)
class Result:
    """Either the series or the summaries of all rows; what was not asked for is None."""

    params: Array | None = None
    """(steps + 1, rows, 2)"""
    loss: Array | None = None
    """(steps + 1, rows)"""
    grad_norm: Array | None = None
    """(steps, rows)"""
    clipped_norm: Array | None = None
    """(steps, rows)"""
    final_loss: Array | None = None
    """(rows,), as are the following."""
    best_loss: Array | None = None
    max_grad_norm: Array | None = None
    clip_fraction: Array | None = None

    def head(self, steps: int) -> Result:
        """Return the first steps of the series; summaries belong to the whole run and are left out."""
        names = ("params", "loss", "grad_norm", "clipped_norm")
        series = {name: getattr(self, name) for name in names}
        return Result(**{name: array[:steps] for name, array in series.items() if array is not None})


def agreeing_rows(ours: Result, peer: Result, tolerance: float = TOLERANCE) -> npt.NDArray[np.bool_]:
    """Tell of each row whether everything that both recorded agrees to `tolerance`.

    Relative to the largest number of its kind in that run, or to 1 where that is smaller.
    """
    agree = []
    for field in fields(Result):
        left, right = getattr(ours, field.name), getattr(peer, field.name)
        if left is not None and right is not None:
            by_row = [array[:, np.newaxis] if array.ndim == 1 else array.swapaxes(0, 1) for array in (left, right)]
            mine, other = (array.reshape(len(array), -1) for array in by_row)
            scale = np.maximum(1.0, np.abs(mine).max(axis=1))
            agree.append(np.abs(mine - other).max(axis=1) <= tolerance * scale)
    return np.asarray(np.logical_and.reduce(agree))


def share_that_agrees(ours: Result, peer: Result, tolerance: float = TOLERANCE) -> float:
    """Return the share of rows that agree to the end. Raises ValueError when the two did not compute the same thing."""
    share = float(agreeing_rows(ours, peer, tolerance).mean())
    if share < ENOUGH_ROWS:
        raise ValueError(f"only {share:.0%} of the rows agree")
    if ours.params is not None and not agreeing_rows(ours.head(FIRST_STEPS), peer.head(FIRST_STEPS), tolerance).all():
        raise ValueError(f"the first {FIRST_STEPS} steps differ")
    return share
