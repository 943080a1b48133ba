"""The families a document chooses from, and the check of one choice against its catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clipscape.catalog import Catalog, Entry, Parameter, ParameterValue, catalog
from clipscape.clipping import CLIPPERS
from clipscape.complaints import Complaint, path
from clipscape.noise import NOISES
from clipscape.optimizers import OPTIMIZERS
from clipscape.planes import PLANES
from clipscape.problems import PROBLEMS
from clipscape.problems.initializers import INITS
from clipscape.problems.networks import NETWORKS
from clipscape.problems.tasks import TASKS
from clipscape.schedules import SCHEDULES
from clipscape.weight_decay import WEIGHT_DECAYS


@dataclass(frozen=True)
class Family:
    """One thing a document chooses: the key it stands under, the plural the API lists it under, and its catalogue."""

    key: str
    plural: str
    noun: str
    catalog: Catalog


FAMILIES: Mapping[str, Family] = {
    family.key: family
    for family in (
        Family("problem", "problems", "problem", catalog(*PROBLEMS.values(), *NETWORKS.values())),
        Family("task", "tasks", "task", TASKS),
        Family("init", "inits", "kind of first weights", INITS),
        Family("clip", "clippers", "clipping rule", CLIPPERS),
        Family("optimizer", "optimizers", "optimizer", OPTIMIZERS),
        Family("schedule", "schedules", "schedule", SCHEDULES),
        Family("noise", "noises", "noise", NOISES),
        Family("weight_decay", "weight_decays", "weight decay", WEIGHT_DECAYS),
        Family("plane", "planes", "plane", PLANES),
    )
}

Where = tuple[str | int, ...]


def check_choice(family: Family, kind: str, params: Mapping[str, Any], where: Where) -> Iterator[Complaint]:
    """Yield what is wrong with a kind and its parameters; nothing when both fit the catalogue."""
    entry = family.catalog.get(kind)
    if entry is None:
        known = ", ".join(family.catalog)
        yield Complaint(path(*where, "kind"), f"is not a known {family.noun}", f"use one of: {known}")
        return
    for name, value in params.items():
        parameter = entry.parameter(name)
        if parameter is None:
            names = ", ".join(p.name for p in entry.parameters) or "none"
            yield Complaint(path(*where, "params", name), f"{kind} has no such parameter", f"its parameters: {names}")
        else:
            yield from check_value(parameter, value, (*where, "params", name))


def check_value(parameter: Parameter, value: Any, where: Where) -> Iterator[Complaint]:
    """Yield a complaint if `parameter` does not accept `value`."""
    if parameter.role == "threshold" and isinstance(value, int | float) and value <= 0:
        what = f"{parameter.name} must be greater than 0: PyTorch would silently reverse the gradient"
        yield Complaint(path(*where), what, 'use a positive threshold, or the clip "none" to switch clipping off')
        return
    what_is_wrong = parameter.problem_with(value)
    if what_is_wrong is not None:
        yield Complaint(path(*where), f"{parameter.name} {what_is_wrong}", _remedy(parameter))


def _remedy(parameter: Parameter) -> str:
    shown = str(parameter.default).lower() if isinstance(parameter.default, bool) else f"{parameter.default}"
    low, high = parameter.low, parameter.high
    allowed = f"from {low:g} to {high:g}, " if low is not None and high is not None else ""
    return f"{parameter.label.lower()}: {allowed}default {shown}"


def filled_params(entry: Entry, params: Mapping[str, Any]) -> dict[str, ParameterValue]:
    """Return every parameter of `entry` in catalogue order, in its own type: what was given, else the default."""
    return {p.name: _typed(p, params.get(p.name, p.default)) for p in entry.parameters}


def _typed(parameter: Parameter, value: Any) -> ParameterValue:
    if parameter.type == "choice":
        return next(choice for choice in parameter.choices if choice == value)
    if parameter.type == "bool":
        return bool(value)
    return int(value) if parameter.type == "int" else float(value)
