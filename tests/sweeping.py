"""Maps for tests: ask for one, compute all its tiles here, put the cells where they belong."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from clipscape.sweeps import SweepAsk, compute_tile, read_sweep_ask, tiles
from clipscape.wire import ArrayForm, decode_array

Maps = list[dict[str, npt.NDArray[Any]]]
"""Of every variant, every quantity as `(ny, nx)`."""

FIELDS = ("status", "final_loss", "steps", "clip_fraction", "max_grad_norm", "thrown")


def ask_for(experiment: dict[str, Any], form: ArrayForm = "base64", **more: Any) -> SweepAsk:
    return read_sweep_ask({"experiment": experiment, **more}, form)


def whole_map(ask: SweepAsk) -> Maps:
    """Compute a map tile by tile."""
    answers = [orjson.loads(compute_tile(request)) for request in tiles(ask)]
    return assembled(ask, answers)


def assembled(ask: SweepAsk, answers: list[dict[str, Any]]) -> Maps:
    """Put the cells of tiles into their places; fail if one is told twice or not at all."""
    told = np.concatenate([array(answer["cells"]) for answer in answers])
    assert sorted(told.tolist()) == list(range(ask.cells))
    found = []
    for variant in range(len(ask.experiment.variants)):
        parts = [flat(answer["variants"][variant]) for answer in answers]
        joined = {key: np.concatenate([array(part[key]) for part in parts]) for key in parts[0]}
        order = np.argsort(told)
        found.append({key: values[order].reshape(len(ask.y), len(ask.x)) for key, values in joined.items()})
    return found


def flat(numbers: dict[str, Any]) -> dict[str, Any]:
    """Of shares every status by itself: "shares.converged"."""
    shares = numbers.get("shares", {})
    rest = {key: value for key, value in numbers.items() if key != "shares"}
    return {**rest, **{f"shares.{status}": share for status, share in shares.items()}}


def array(value: Any) -> npt.NDArray[Any]:
    """Read an array in either form; null is NaN."""
    if isinstance(value, dict):
        assert len(base64.b64decode(value["bdata"])) > 0
        return decode_array(value)
    return np.array([np.nan if number is None else number for number in value])
