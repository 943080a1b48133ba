"""The catalogue as the page receives it, with every formula also as MathML, so that no script has to typeset it."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

from latex2mathml.converter import convert

from clipscape import ENGINE_VERSION, __version__
from clipscape.api.limits import limits
from clipscape.catalog import Entry
from clipscape.families import FAMILIES, Family
from clipscape.problems.base import Problem
from clipscape.release import release
from clipscape.settings import Settings

_ABOUT = ("formula", "formula_mathml", "source")


def catalog_answer(settings: Settings, *, formulas: bool = True) -> dict[str, Any]:
    """Return everything selectable, family by family; without `formulas`, entries leave out formula and source."""
    families = {family.plural: _entries(family.key) for family in FAMILIES.values()}
    if not formulas:
        families = {plural: [_without(entry, _ABOUT) for entry in entries] for plural, entries in families.items()}
    return {
        "engine": ENGINE_VERSION,
        "version": __version__,
        "release": release(),
        **families,
        "limits": limits(settings),
    }


def _without(entry: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in names}


@cache
def _entries(key: str) -> list[dict[str, Any]]:
    return [_entry(FAMILIES[key], entry) for entry in FAMILIES[key].catalog.values()]


def _entry(family: Family, entry: Entry) -> dict[str, Any]:
    described = {
        "kind": entry.kind,
        "label": entry.label,
        "help": entry.help,
        "formula": entry.formula,
        "formula_mathml": convert(entry.formula, display="block"),
        "source": entry.source,
        "traits": dict(entry.traits),
        "parameters": [asdict(parameter) for parameter in entry.parameters],
        "lines": [asdict(line) for line in entry.lines],
    }
    is_landscape = family.key == "problem" and entry.traits.get("group") != "network"
    return {**described, **_problem_facts(entry.make(**entry.defaults()))} if is_landscape else described


def _problem_facts(problem: Problem) -> dict[str, Any]:
    """What is known of a landscape with its default parameters."""
    return {
        "dim": problem.dim,
        "window": problem.window,
        "start": problem.start,
        "axis_labels": problem.axis_labels,
        "minimizers": problem.minimizers,
        "optimal_value": problem.optimal_value,
        "has_examples": problem.examples is not None,
    }
