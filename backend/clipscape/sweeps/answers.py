"""What is told about a map before its first tile."""

from __future__ import annotations

from typing import Any

from clipscape import ENGINE_VERSION
from clipscape.network_answers import network_facts
from clipscape.outcomes import STATUSES
from clipscape.problems.base import Problem
from clipscape.sweeps.ask import SweepAsk
from clipscape.sweeps.axis import SweepAxis
from clipscape.sweeps.choices import axis_choices
from clipscape.sweeps.cutting import levels
from clipscape.sweeps.overlays import overlays

_FACTS = ("kind", "dim", "window", "axis_labels", "minimizers", "optimal_value")


def start_answer(ask: SweepAsk, workers: int = 1) -> dict[str, Any]:
    """Everything but the cells."""
    experiment = ask.experiment
    return {
        "engine": ENGINE_VERSION,
        "experiment": experiment.as_data(),
        "problem": _facts(ask.problem),
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
        "seeds_note": ask.seeds_note,
        "levels": levels(ask),
        "statuses": STATUSES,
        "overlays": [overlay.as_data() for overlay in overlays(ask)],
        "estimate": _price(ask, workers),
    }


def _facts(problem: Problem) -> dict[str, Any]:
    if problem.training is not None:
        return network_facts(problem)
    return {name: getattr(problem, name) for name in _FACTS}


def estimate_answer(ask: SweepAsk, workers: int, limit_seconds: float) -> dict[str, Any]:
    """What a map would cost, what its axes are, and what else they could be."""
    return {
        **_price(ask, workers),
        "cells": ask.cells,
        "limit_seconds": limit_seconds,
        "resolution": [len(ask.x), len(ask.y)],
        "x": _range(ask.x),
        "y": _range(ask.y),
        "seeds": ask.seeds,
        "seeds_note": ask.seeds_note,
        "noisy": bool(ask.is_random.any()),
        "choices": [choice.as_data() for choice in axis_choices(ask.experiment)],
    }


def _price(ask: SweepAsk, workers: int) -> dict[str, Any]:
    """Seconds of computing in all, and how long that takes when the workers share the tiles."""
    seconds = ask.estimate().seconds
    wait = seconds / max(1, min(workers, ask.cells))
    return {"runs": ask.runs, "seconds": round(seconds, 3), "workers": workers, "wait": round(wait, 3)}


def _range(axis: SweepAxis) -> dict[str, Any]:
    return {name: value for name, value in axis.as_data().items() if name != "values"}
