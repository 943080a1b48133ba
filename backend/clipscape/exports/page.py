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
from clipscape.scenario import Experiment, Scenario
from clipscape.wire import dump_json

PAGE = "standalone.html"
_FIELDS = ("params", "loss", "grad", "clip_input", "clipped", "fired", "angle")
_SHARED = ("problem", "optimizer", "schedule", "noise", "weight_decay")


def page_data(scenario: Scenario, finished: Finished, link: str) -> bytes:
    """Return what the file's script reads: document, run and surface in the form of the API, words for the settings.

    The run must be one of a landscape.
    """
    plan = finished.plan
    ask = RunAsk(plan.experiment, None, _FIELDS, "base64")
    return dump_json({
        "document": scenario.as_data(),
        "run": run_answer(ask, plan, finished.run),  # type: ignore[arg-type]
        "surface": surface_answer(plan.problem, plan.problem.window, PAGE_RESOLUTION, "base64"),
        "catalog": catalog_of(plan.experiment),
        "facts": settings_of(plan.experiment),
        "link": link,
    })  # fmt: skip


def page_of(folder: Path, title: str, data: bytes) -> bytes:
    """Return the HTML file: the page in `folder` with what `page_data` returned."""
    return bundle(folder, PAGE).filled(title, data)


def title_of_page(scenario: Scenario) -> str:
    """Return what a browser's tab says."""
    return f"{title_of(scenario)} - Clipscape"


def catalog_of(experiment: Experiment) -> dict[str, Any]:
    """Return the entries of the catalogue that an experiment uses, family by family, as the page knows them."""
    kinds = {key: {getattr(experiment, key).kind} for key in _SHARED}
    kinds["clip"] = {variant.clip.kind for variant in experiment.variants}
    kinds["optimizer"] |= {variant.optimizer.kind for variant in experiment.variants if variant.optimizer is not None}
    return {FAMILIES[key].plural: [_entry(key, kind) for kind in sorted(found)] for key, found in kinds.items()}


def _entry(key: str, kind: str) -> dict[str, Any]:
    entry = FAMILIES[key].catalog[kind]
    parameters = [asdict(parameter) for parameter in entry.parameters]
    return {"kind": kind, "label": entry.label, "traits": dict(entry.traits), "parameters": parameters}
