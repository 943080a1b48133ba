"""Documents of small networks for tests of their training, and comparison of whole runs."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from clipscape.plan import Plan, make_plan
from clipscape.training import TrainingRun, train
from clipscape.understanding import read_scenario

SMALL_TASK = {"kind": "adding", "params": {"sequence_length": 6, "batch_size": 3}}
SMALL_SIZE = {"hidden_size": 4}


def network_document(*variants: dict[str, Any], kind: str = "tanh_rnn", **changes: Any) -> dict[str, Any]:
    """Return a document of a small network; a variant is a clip, or `{"clip": ..., ...}`."""
    named = [
        {"name": str(index), **(variant if "clip" in variant else {"clip": variant})}
        for index, variant in enumerate(variants or ({"kind": "none"},))
    ]
    params = {**SMALL_SIZE, **changes.pop("params", {})}
    experiment = {"problem": {"kind": kind, "params": params}, "task": SMALL_TASK, "n_steps": 30, "variants": named}
    return {"experiment": {**experiment, **changes}}


def plan_of(document: dict[str, Any]) -> Plan:
    """Read a document and lay it out in rows."""
    return make_plan(read_scenario(document).experiment)


def train_plan(plan: Plan) -> TrainingRun:
    """Train all rows of a plan."""
    return train(plan.problem, plan.chain, plan.start, plan.experiment.n_steps, seeds=plan.seeds)


def arrays_of(run: Any, prefix: str = "") -> dict[str, np.ndarray[Any, Any]]:
    """Return every array in a run by its name."""
    found: dict[str, np.ndarray[Any, Any]] = {}
    for field in fields(run):
        value = getattr(run, field.name)
        if is_dataclass(value):
            found |= arrays_of(value, f"{prefix}{field.name}.")
        elif value is not None:
            found[f"{prefix}{field.name}"] = value
    return found


def same(left: Any, right: Any) -> bool:
    """Say whether two arrays, or entries of arrays, hold the same bits, NaN included."""
    left, right = np.asarray(left), np.asarray(right)
    return bool(np.array_equal(left, right, equal_nan=left.dtype.kind == "f"))
