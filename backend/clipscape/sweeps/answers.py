"""What is told about a map before its first tile."""

from __future__ import annotations

from typing import Any

from clipscape import ENGINE_VERSION
from clipscape.outcomes import STATUSES
from clipscape.sweeps.ask import SweepAsk
from clipscape.sweeps.axis import SweepAxis
from clipscape.sweeps.choices import axis_choices
from clipscape.sweeps.cutting import levels
from clipscape.sweeps.overlays import overlays


def start_answer(ask: SweepAsk) -> dict[str, Any]:
    """Everything but the cells."""
    experiment, problem, price = ask.experiment, ask.problem, ask.estimate()
    facts = ("kind", "dim", "window", "axis_labels", "minimizers", "optimal_value")
    return {
        "engine": ENGINE_VERSION,
        "experiment": experiment.as_data(),
        "problem": {name: getattr(problem, name) for name in facts},
        "x": ask.x.as_data(),
        "y": ask.y.as_data(),
        "variants": [
            {
                "name": variant.name,
                "x": ask.x.touches(index),
                "y": ask.y.touches(index),
                "current": {"x": ask.x.current(experiment, index), "y": ask.y.current(experiment, index)},
            }
            for index, variant in enumerate(experiment.variants)
        ],
        "seeds": ask.seeds,
        "levels": levels(ask),
        "statuses": STATUSES,
        "overlays": [overlay.as_data() for overlay in overlays(ask)],
        "estimate": {"seconds": round(price.seconds, 3), "runs": ask.runs},
    }


def estimate_answer(ask: SweepAsk, limit_seconds: float) -> dict[str, Any]:
    """What a map would cost, what its axes are, and what else they could be."""
    return {
        "runs": ask.runs,
        "cells": ask.cells,
        "seconds": round(ask.estimate().seconds, 3),
        "limit_seconds": limit_seconds,
        "resolution": [len(ask.x), len(ask.y)],
        "x": _range(ask.x),
        "y": _range(ask.y),
        "seeds": ask.seeds,
        "noisy": bool(ask.is_random.any()),
        "choices": [choice.as_data() for choice in axis_choices(ask.experiment)],
    }


def _range(axis: SweepAxis) -> dict[str, Any]:
    return {name: value for name, value in axis.as_data().items() if name != "values"}
