"""What a map shows of a cell that was run with several seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from clipscape.outcomes import STATUSES

Numbers = dict[str, npt.NDArray[Any]]
_CONVERGED, _NEVER = STATUSES.index("converged"), np.iinfo(np.int32).max


def over_seeds(numbers: Numbers, seeds: int) -> Numbers:
    """Turn `(seeds * cells,)`, seed after seed, into `(cells,)`: how most runs end, shares, and medians.

    Of statuses that are equally frequent the first in `STATUSES` is shown; `shares` `(statuses, cells)` has all, and
    `near` is the share that stays near a minimum to the end, at rest or not. `steps` is the median over the seeds that
    converge, the lower one of two. With one seed there is nothing to share.
    """
    if seeds == 1:
        return {key: array for key, array in numbers.items() if key != "near"}
    by_seed = {key: array.reshape(seeds, -1) for key, array in numbers.items()}
    status = by_seed["status"]
    counts = np.stack([(status == code).sum(axis=0) for code in range(len(STATUSES))])
    converged = counts[_CONVERGED]
    in_order = np.sort(np.where(by_seed["steps"] < 0, _NEVER, by_seed["steps"]), axis=0)
    middle = in_order[np.maximum(converged - 1, 0) // 2, np.arange(len(converged))]
    return {
        "status": counts.argmax(axis=0).astype(np.uint8),
        "final_loss": _finite(_median(by_seed["final_loss"])),
        "steps": np.where(middle == _NEVER, -1, middle).astype(np.int32),
        "clip_fraction": by_seed["clip_fraction"].mean(axis=0),
        "max_grad_norm": _median(by_seed["max_grad_norm"]),
        "thrown": by_seed["thrown"].any(axis=0),
        "near": by_seed["near"].mean(axis=0),
        "shares": counts / seeds,
    }


def _median(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Median along the first axis; a number that is not finite counts as larger than all others."""
    ordered = np.sort(np.where(np.isfinite(values), values, np.inf), axis=0)
    low, high = ordered[(len(values) - 1) // 2], ordered[len(values) // 2]
    return np.asarray(low / 2 + high / 2)


def _finite(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """NaN where a number is not finite."""
    return np.where(np.isfinite(values), values, np.nan)
