"""The small pictures of the networks' presets: trained once, kept in the preset's file.

`python -m clipscape.preset_pictures` writes them anew; a test holds them against what training gives.
"""

from __future__ import annotations

import math
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import orjson

from clipscape.explain_training import explain_training
from clipscape.plan import Plan, make_plan
from clipscape.presets import list_presets
from clipscape.training import TrainingRun, train
from clipscape.understanding import read_scenario

POINTS = 30
"""About this many points of each curve."""


def curves_of(scenario: dict[str, Any]) -> dict[str, Any]:
    """Train a network's preset; return `{"baseline", "paths": [{"name", "points": [[update, loss]], "status"}]}`."""
    plan = make_plan(read_scenario(scenario).experiment)
    experiment, training = plan.experiment, plan.problem.training
    assert training is not None
    run = train(plan.problem, plan.chain, plan.start, experiment.n_steps, seeds=plan.seeds)
    return {"baseline": float(f"{training.task.baseline.loss:.6g}"), "paths": _paths(plan, run)}


def _paths(plan: Plan, run: TrainingRun) -> list[dict[str, Any]]:
    steps, losses = run.probes.steps.tolist(), run.probes.held_out_loss
    every = math.ceil(len(steps) / POINTS)
    return [
        {
            "name": variant.name,
            "points": [
                [step, float(f"{loss:.4g}")]
                for step, loss in list(zip(steps, losses[:, row].tolist(), strict=True))[::every]
                if math.isfinite(loss)
            ],
            "status": verdict.outcome.status,
        }
        for row, (variant, verdict) in enumerate(
            zip(plan.experiment.variants, explain_training(plan, run), strict=True)
        )
    ]


def main() -> None:
    """Write the curves into the files of all networks' presets."""
    folder = Path(str(resources.files("clipscape").joinpath("presets")))
    by_name = {preset.name: preset for preset in list_presets()}
    for file in sorted(folder.glob("*.json")):
        stored = orjson.loads(file.read_bytes())
        if by_name[stored["name"]].is_network:
            print(stored["name"], file=sys.stderr)
            stored["curves"] = curves_of(stored["scenario"])
            file.write_bytes(orjson.dumps(stored, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    main()
