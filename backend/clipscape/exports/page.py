"""A run as one HTML file that plays without a server: what the page would have received, put into the file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from clipscape.answers import run_answer, surface_answer
from clipscape.asks import RunAsk
from clipscape.describing import settings_of, title_of
from clipscape.exports.asks import PAGE_RESOLUTION
from clipscape.exports.bundle import bundle
from clipscape.families import FAMILIES
from clipscape.finished import Finished
from clipscape.network_jobs import whole_training
from clipscape.scenario import Experiment, Scenario
from clipscape.training import TrainingRun
from clipscape.wire import dump_json

PAGE = "standalone.html"
_FIELDS = ("params", "loss", "grad", "clip_input", "clipped", "fired", "angle")
_TRAINING_FIELDS = (
    "loss",
    "accuracy",
    "grad_norm",
    "clip_input_norm",
    "clipped_norm",
    "fired",
    "angle",
    "update_ratio",
)
_SHARED = ("problem", "optimizer", "schedule", "noise", "weight_decay")


def page_data(scenario: Scenario, finished: Finished, link: str) -> bytes:
    """Return what the file's script reads: document and run in the form of the API, words for the settings."""
    plan = finished.plan
    head = {
        "document": scenario.as_data(),
        "catalog": catalog_of(plan.experiment),
        "facts": settings_of(plan.experiment),
        "link": link,
    }
    if isinstance(finished.run, TrainingRun):
        return dump_json({**head, "training": whole_training(plan, finished.run, _TRAINING_FIELDS, "base64")})
    ask = RunAsk(plan.experiment, None, _FIELDS, "base64")
    ground = surface_answer(plan.problem, plan.problem.window, PAGE_RESOLUTION, "base64")
    return dump_json({**head, "run": run_answer(ask, plan, finished.run), "surface": ground})


def page_of(folder: Path, title: str, data: bytes) -> bytes:
    """Return the HTML file: the page in `folder` with what `page_data` returned."""
    return bundle(folder, PAGE).filled(title, data)


def title_of_page(scenario: Scenario) -> str:
    """Return what a browser's tab says."""
    return f"{title_of(scenario)} - Clipscape"


def catalog_of(experiment: Experiment) -> dict[str, Any]:
    """Return the entries of the catalogue that an experiment uses, family by family, as the page knows them."""
    shared = _SHARED if experiment.task is None else (*_SHARED, "task", "init")
    kinds = {key: {getattr(experiment, key).kind} for key in shared}
    kinds["clip"] = {variant.clip.kind for variant in experiment.variants}
    kinds["optimizer"] |= {variant.optimizer.kind for variant in experiment.variants if variant.optimizer is not None}
    return {FAMILIES[key].plural: [_entry(key, kind) for kind in sorted(found)] for key, found in kinds.items()}


def _entry(key: str, kind: str) -> dict[str, Any]:
    entry = FAMILIES[key].catalog[kind]
    parameters = [asdict(parameter) for parameter in entry.parameters]
    return {"kind": kind, "label": entry.label, "traits": dict(entry.traits), "parameters": parameters}
