"""The presets as the page shows them: scenario, one idea, and a small picture computed from the scenario itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from clipscape.complaints import Complaint, ScenarioError
from clipscape.explain import explain
from clipscape.plan import make_plan
from clipscape.presets import Preset, list_presets
from clipscape.simulation import simulate
from clipscape.surfaces import surface
from clipscape.understanding import read_scenario
from clipscape.wire import encode_array

ROWS, COLUMNS = 24, 32
"""Points of the small picture's grid."""
PATH_POINTS = 48
"""At most this many points of each path."""


def presets_answer() -> Iterator[dict[str, Any] | None]:
    """Yield None after each picture and the whole answer at the end."""
    described = []
    for preset in list_presets():
        described.append(describe(preset.name))
        yield None
    yield {"presets": described}


def preset_answer(name: str) -> dict[str, Any]:
    """Return one preset; raise `ScenarioError` with code "not_found" if there is none of that name."""
    if all(preset.name != name for preset in list_presets()):
        known = ", ".join(preset.name for preset in list_presets())
        raise ScenarioError([Complaint("name", "is not a preset", f"use one of: {known}")], code="not_found")
    return describe(name)


@cache
def describe(name: str) -> dict[str, Any]:
    """Return what the gallery shows of a preset."""
    preset = next(preset for preset in list_presets() if preset.name == name)
    scenario = read_scenario(preset.scenario)
    return {
        "name": preset.name,
        "title": preset.title,
        "idea": preset.idea,
        "scenario": scenario.as_data(),
        "thumbnail": thumbnail(preset),
    }


def thumbnail(preset: Preset) -> dict[str, Any]:
    """Run a preset and thin what it shows: heights `(24, 32)` over the window and one short path per variant.

    Of a network: the loss of the best blind guess, and one short curve of held-out losses per variant, as stored.
    """
    if preset.curves is not None:
        return preset.curves
    experiment = read_scenario(preset.scenario).experiment
    plan = make_plan(experiment)
    run = simulate(plan.problem, plan.chain, plan.start, experiment.n_steps, seeds=plan.seeds)
    grid = surface(plan.problem, resolution=COLUMNS, rows=ROWS)
    paths = [
        {
            "name": variant.name,
            "points": _thinned(run.params[: run.n_steps[row] + 1, row]),
            "status": verdict.outcome.status,
        }
        for row, (variant, verdict) in enumerate(zip(experiment.variants, explain(plan, run), strict=True))
    ]
    return {"window": plan.problem.window, "z": encode_array(grid.z, "base64"), "paths": paths}


def _thinned(points: npt.NDArray[np.float64]) -> list[list[float]]:
    """Keep the first and the last point and evenly spread ones between, with six digits."""
    chosen = np.unique(np.linspace(0, len(points) - 1, min(PATH_POINTS, len(points))).astype(int))
    return [[float(f"{x:.6g}") for x in point] for point in points[chosen]]
