"""`SweepAxis`: one side of a map, from what was asked to the values it takes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, Strict

from clipscape.axes import Axis, Target
from clipscape.catalog import Parameter, Scale
from clipscape.complaints import Complaint, ScenarioError
from clipscape.families import FAMILIES, check_value, filled_params
from clipscape.scenario import Experiment, Finite, Model
from clipscape.sweeps.choices import REBUILT, AxisChoice, axis_choice, axis_choices, find, present_value

_FINENESS = 20
"""Values of an axis are rounded to fewer digits by at most this fraction of the distance between two of them."""
_FEWEST_DIGITS, _ALL_DIGITS = 3, 17


class AxisBody(Model):
    """One side of a map. What is left out is taken from the catalogue, so that the present value lies inside."""

    path: Annotated[str, Strict(), Field(min_length=1, max_length=120)]
    low: Finite | None = None
    high: Finite | None = None
    scale: Literal["log", "linear"] | None = None


@dataclass(frozen=True)
class SweepAxis:
    """`values` ascend; every target has values[k] in column (or line) k of the map."""

    path: str
    label: str
    scale: Scale
    low: float
    high: float
    integer: bool
    values: tuple[float, ...]
    targets: frozenset[Target]

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def rebuilds(self) -> tuple[str, str] | None:
        """Part and name of the number where each value needs a batch of its own, else None."""
        target = next(iter(self.targets))
        return (target.part, str(target.name)) if target.part in REBUILT else None

    def touches(self, variant: int) -> bool:
        """Say whether a variant has the number at all."""
        return any(target.variant == variant for target in self.targets)

    def current(self, experiment: Experiment, variant: int) -> float | None:
        """What the number is for a variant in the document itself, or None where the variant does not have it."""
        own = [target for target in self.targets if target.variant == variant]
        return float(present_value(experiment, own[0])) if own else None

    def at(self, indices: Any) -> Axis:
        """The axis of a plan whose cells lie at these columns (or lines) of the map."""
        return Axis(self.path, tuple(np.array(self.values)[indices].tolist()), self.targets)

    def rebuilt(self, experiment: Experiment, index: int) -> Experiment:
        """The experiment with value number `index`, where each value needs a batch of its own; else unchanged."""
        if self.rebuilds is None:
            return experiment
        key, name = self.rebuilds
        choice = getattr(experiment, key)
        params = filled_params(FAMILIES[key].catalog[choice.kind], {**choice.params, name: self.values[index]})
        return experiment.model_copy(update={key: choice.model_copy(update={"params": params})})

    def coarser(self, count: int) -> SweepAxis:
        """The same range with so many values, or as many whole numbers as there are."""
        return replace(self, values=spread(self.low, self.high, self.scale, count, integer=self.integer))

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data."""
        names = ("path", "label", "scale", "low", "high", "integer")
        return {**{name: getattr(self, name) for name in names}, "values": list(self.values)}

    @classmethod
    def from_data(cls, experiment: Experiment, data: dict[str, Any]) -> SweepAxis:
        """Read what `as_data` wrote for the same experiment; it has been checked before."""
        targets = frozenset(target for target, _ in find(experiment, data["path"]))
        return cls(**{**data, "values": tuple(data["values"])}, targets=targets)


def read_sweep_axis(experiment: Experiment, key: str, asked: AxisBody, count: int) -> SweepAxis:
    """Resolve and check the side `key` of a map; raise `ScenarioError` with every complaint."""
    choice = axis_choice(experiment, asked.path)
    if choice is None:
        raise ScenarioError([_no_axis(experiment, key)])
    scale = asked.scale or choice.scale
    low = choice.low if asked.low is None else asked.low
    high = choice.high if asked.high is None else asked.high
    found = find(experiment, asked.path)
    complaints = list(_wrong_range(key, scale, low, high, choice, [parameter for _, parameter in found]))
    if complaints:
        raise ScenarioError(complaints)
    values = spread(low, high, scale, count, integer=choice.integer)
    if len(values) < 2:
        raise ScenarioError([Complaint(f"{key}.high", f"is too close to {key}.low", "spread the two ends")])
    targets = frozenset(target for target, _ in found)
    return SweepAxis(asked.path, choice.label, scale, low, high, choice.integer, values, targets)


def _no_axis(experiment: Experiment, key: str) -> Complaint:
    possible = ", ".join(choice.path for choice in axis_choices(experiment))
    return Complaint(f"{key}.path", "leads to no number of this experiment", f"use one of: {possible}")


def _wrong_range(
    key: str, scale: Scale, low: float, high: float, choice: AxisChoice, parameters: list[Parameter]
) -> Iterator[Complaint]:
    if not low < high:
        yield Complaint(f"{key}.low", f"must be less than {key}.high", "swap or spread the two ends")
        return
    if scale == "log" and low <= 0:
        remedy = "raise it, or use the linear scale"
        yield Complaint(f"{key}.low", "must be greater than 0 on a logarithmic axis", remedy)
        return
    for name, end in (("low", low), ("high", high)):
        wrong = (next(check_value(parameter, end, (key, name)), None) for parameter in parameters)
        yield from [complaint for complaint in wrong if complaint is not None][:1]


def spread(low: float, high: float, scale: Scale, count: int, *, integer: bool) -> tuple[float, ...]:
    """Return `count` values from `low` to `high`: with as few digits as keep them evenly spaced, the ends as given.

    Of whole numbers there may be fewer than asked for.
    """
    raw = (np.geomspace if scale == "log" else np.linspace)(low, high, count).tolist()
    if integer:
        inner = [float(round(value)) for value in raw]
    elif scale == "log":
        digits = 1 + _places(math.expm1((math.log(high) - math.log(low)) / (count - 1)))
        shown = min(_ALL_DIGITS, max(_FEWEST_DIGITS, digits)) - 1
        inner = [float(f"{value:.{shown}e}") for value in raw]
    else:
        places = _places((high - low) / (count - 1))
        inner = [round(value, places) + 0.0 for value in raw]
    return tuple(dict.fromkeys([low, *(value for value in inner[1:-1] if low < value < high), high]))


def _places(step: float) -> int:
    """How many decimal places to keep, so that rounding moves nothing by more than a fraction of `step`."""
    return math.ceil(math.log10(_FINENESS) - math.log10(max(step, 5e-324)))
