"""Which numbers of an experiment can be the axis of a map, and how each axis may lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from clipscape.axes import Target, effective, resolve
from clipscape.catalog import Parameter, Scale
from clipscape.families import FAMILIES
from clipscape.scenario import Experiment
from clipscape.understanding import problem_of

REBUILT = ("problem", "task", "init")
"""Parts whose numbers belong to the whole batch: a map has one batch for each of their values."""
_SHARED = ("optimizer", "schedule", "noise", "weight_decay")
_NUMERIC = ("float", "int")
THRESHOLD, LEARNING_RATE = "variants.*.threshold", "variants.*.learning_rate"

Found = tuple[tuple[Target, Parameter], ...]


@dataclass(frozen=True)
class AxisChoice:
    """One number that can be an axis: the range to suggest, the range that is accepted, and what it is now."""

    path: str
    label: str
    scale: Scale
    low: float
    high: float
    min: float
    max: float
    integer: bool
    current: float | None
    """None where it differs from variant to variant."""

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def axis_choices(experiment: Experiment) -> list[AxisChoice]:
    """List every number of an understood experiment that can be an axis, the usual ones first."""
    return [choice for path, label in _candidates(experiment) if (choice := axis_choice(experiment, path, label))]


def axis_choice(experiment: Experiment, path: str, label: str | None = None) -> AxisChoice | None:
    """Describe the axis along `path`, or return None where it leads to nothing, or to something that is no number."""
    found = find(experiment, path)
    if not found or any(parameter.type not in _NUMERIC for _, parameter in found):
        return None
    parameters = [parameter for _, parameter in found]
    present = [float(present_value(experiment, target)) for target, _ in found]
    least, most = _accepted(parameters)
    within = [*_offered(experiment, found), *present]
    low, high = min(within), max(within)
    log = all(parameter.scale == "log" for parameter in parameters) and low > 0
    return AxisChoice(
        path=path,
        label=label or dict(_candidates(experiment)).get(path) or parameters[0].label,
        scale="log" if log else "linear",
        low=max(low, least),
        high=min(high, most),
        min=least,
        max=most,
        integer=any(parameter.type == "int" for parameter in parameters),
        current=present[0] if len(set(present)) == 1 else None,
    )


def find(experiment: Experiment, path: str) -> Found:
    """Return what an axis along `path` sets: numbers of variants, or of what the whole batch shares."""
    parts = path.split(".")
    match parts:
        case [key, "params", name] if key in REBUILT and getattr(experiment, key) is not None:
            parameter = FAMILIES[key].catalog[getattr(experiment, key).kind].parameter(name)
            variants = range(len(experiment.variants))
            return () if parameter is None else tuple((Target(variant, key, name), parameter) for variant in variants)
    return tuple(resolve(experiment, parts))


def present_value(experiment: Experiment, target: Target) -> Any:
    """Return what a target is set to in the document."""
    if target.part == "seed":
        return experiment.seed
    if target.part == "start":
        assert experiment.start is not None
        return experiment.start[int(target.name)]
    if target.part in REBUILT:
        return getattr(experiment, target.part).params[target.name]
    return effective(experiment, target.variant, target.part).params[str(target.name)]


def _accepted(parameters: list[Parameter]) -> tuple[float, float]:
    """The values that all of them accept; thresholds of 0 are refused elsewhere, so none is offered."""
    lows = [parameter.low for parameter in parameters if parameter.low is not None]
    highs = [parameter.high for parameter in parameters if parameter.high is not None]
    return max(lows, default=-1e300), min(highs, default=1e300)


def _offered(experiment: Experiment, found: Found) -> Iterator[float]:
    """Yield the ends of the ranges to begin with: of the sliders, and of the window for a start."""
    for target, parameter in found:
        if target.part == "start":
            yield from problem_of(experiment).window[int(target.name)]
            continue
        low = parameter.low if parameter.slider_low is None else parameter.slider_low
        high = parameter.high if parameter.slider_high is None else parameter.slider_high
        yield from (end for end in (low, high) if end is not None)


def _candidates(experiment: Experiment) -> Iterator[tuple[str, str | None]]:
    """Yield (path, label) of everything that may be a number; None: the parameter's own label."""
    yield THRESHOLD, None
    yield LEARNING_RATE, None
    for key in (*REBUILT, *_SHARED):
        choice = getattr(experiment, key)
        if choice is not None:
            for parameter in FAMILIES[key].catalog[choice.kind].parameters:
                if parameter.role is None:
                    yield f"{key}.params.{parameter.name}", None
    for index, label in enumerate(problem_of(experiment).axis_labels if experiment.start else ()):
        yield f"start.{index}", f"Start, {label}"
    for index, variant in enumerate(experiment.variants):
        for parameter in FAMILIES["clip"].catalog[variant.clip.kind].parameters:
            if parameter.role is None:
                yield f"variants.{index}.clip.params.{parameter.name}", f"{parameter.label} ({variant.name})"
