"""`Axis`: one value of a document replaced by a list of values (slider notches, seeds), named by a dotted path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clipscape.catalog import Parameter
from clipscape.complaints import Complaint, ScenarioError, path
from clipscape.families import FAMILIES, check_value
from clipscape.scenario import MAX_COORDINATE, MAX_SEED, Choice, Experiment

MAX_NOTCHES = 101
START = "start"
"""The path of an axis whose values are points."""
ROLES = ("threshold", "learning_rate")
SHARED = ("optimizer", "schedule", "noise", "weight_decay")
OWN = ("clip", "optimizer", "schedule")
_FORMS = (
    "start, start.0, seed, optimizer.params.<name>, schedule.params.<name>, noise.params.<name>, "
    "weight_decay.params.<name>, variants.<index>.<clip, optimizer or schedule>.params.<name>, "
    "variants.*.threshold or variants.*.learning_rate"
)


@dataclass(frozen=True)
class Target:
    """One number of one variant that the axis sets: a parameter of a family, a coordinate of the start, or the seed."""

    variant: int
    part: str
    name: str | int


@dataclass(frozen=True)
class Axis:
    """`values[n]` is what every target has at notch n."""

    path: str
    values: tuple[Any, ...]
    targets: frozenset[Target]

    def scalars(self) -> tuple[Axis, ...]:
        """Return axes of single numbers that say the same: one for each coordinate where the values are points."""
        if self.path != START:
            return (self,)
        columns = zip(*self.values, strict=True)
        return tuple(
            Axis(f"{START}.{k}", values, frozenset(target for target in self.targets if target.name == k))
            for k, values in enumerate(columns)
        )

    def sets(self, variant: int, part: str, name: str | int) -> bool:
        """Say whether the axis replaces this number."""
        return Target(variant, part, name) in self.targets


def read_axis(experiment: Experiment, axis_path: str, values: tuple[Any, ...]) -> Axis:
    """Resolve `axis_path` in an understood experiment and check every value; raise `ScenarioError` otherwise."""
    if axis_path == START and experiment.start:
        return _read_points(experiment, values)
    found = list(resolve(experiment, axis_path.split(".")))
    if not found:
        raise ScenarioError([Complaint("axes.path", "leads to nothing in this experiment", f"use one of: {_FORMS}")])
    parameters = [parameter for _, parameter in found]
    complaints = [c for index, value in enumerate(values) for c in _check_notch(parameters, value, index)]
    if complaints:
        raise ScenarioError(complaints[:10])
    return Axis(axis_path, values, frozenset(target for target, _ in found))


def _read_points(experiment: Experiment, values: tuple[Any, ...]) -> Axis:
    """Read an axis whose values are starts."""
    resolved = [list(resolve(experiment, [START, str(k)])) for k in range(len(experiment.start or ()))]
    complaints = [c for index, value in enumerate(values) for c in _check_point(resolved, value, index)]
    if complaints:
        raise ScenarioError(complaints[:10])
    return Axis(START, values, frozenset(target for found in resolved for target, _ in found))


def _check_point(resolved: list[list[tuple[Target, Parameter]]], value: Any, index: int) -> Iterator[Complaint]:
    where = path("axes", "values", index)
    if not isinstance(value, tuple | list) or len(value) != len(resolved):
        numbers = f"a list of {len(resolved)} numbers, one for each coordinate"
        yield Complaint(where, f"must be {numbers}", "write a point, for example [0, 1]")
        return
    for found, number in zip(resolved, value, strict=True):
        yield from _check_notch([found[0][1]], number, index)


def effective(experiment: Experiment, variant: int, key: str) -> Choice:
    """Return what this variant uses for a family: its own choice, else the shared one."""
    own = getattr(experiment.variants[variant], key, None)
    choice = own if own is not None else getattr(experiment, key)
    assert isinstance(choice, Choice)
    return choice


Found = Iterator[tuple[Target, Parameter]]


def resolve(experiment: Experiment, parts: list[str]) -> Found:
    """Yield every number that a path, taken apart at its dots, leads to."""
    everyone = range(len(experiment.variants))
    match parts:
        case ["seed"]:
            seed = Parameter("seed", "Seed", 0, "Decides all random numbers.", type="int", low=0, high=MAX_SEED)
            yield from ((Target(variant, "seed", "seed"), seed) for variant in everyone)
        case ["start", index] if index.isascii() and index.isdigit() and int(index) < len(experiment.start or ()):
            low, high = -MAX_COORDINATE, MAX_COORDINATE
            coordinate = Parameter("start", "Coordinate of the start", 0.0, "Where it begins.", low=low, high=high)
            yield from ((Target(variant, "start", int(index)), coordinate) for variant in everyone)
        case [key, "params", name] if key in SHARED:
            sharing = [v for v in everyone if getattr(experiment.variants[v], key, None) is None]
            yield from _named(experiment, sharing, key, name)
        case ["variants", index, key, "params", name] if key in OWN:
            chosen = [v for v in _chosen(index, everyone) if getattr(experiment.variants[v], key) is not None]
            yield from _named(experiment, chosen, key, name)
        case ["variants", index, role] if role in ROLES:
            yield from _with_role(experiment, _chosen(index, everyone), role)


def _chosen(index: str, everyone: range) -> list[int]:
    if index == "*":
        return list(everyone)
    return [variant for variant in everyone if str(variant) == index]


def _named(experiment: Experiment, variants: list[int], key: str, name: str) -> Found:
    for variant in variants:
        parameter = FAMILIES[key].catalog[effective(experiment, variant, key).kind].parameter(name)
        if parameter is not None:
            yield Target(variant, key, name), parameter


def _with_role(experiment: Experiment, variants: list[int], role: str) -> Found:
    key = "clip" if role == "threshold" else "optimizer"
    for variant in variants:
        parameter = FAMILIES[key].catalog[effective(experiment, variant, key).kind].with_role(role)
        if parameter is not None:
            yield Target(variant, key, parameter.name), parameter


def _check_notch(parameters: list[Parameter], value: Any, index: int) -> Iterator[Complaint]:
    where = ("axes", "values", index)
    if isinstance(value, float) and value != value:
        yield Complaint(path(*where), "must be a finite number", "use a finite number")
        return
    for parameter in parameters:
        complaint = next(check_value(parameter, value, where), None)
        if complaint is not None:
            yield complaint
            return
