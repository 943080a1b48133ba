"""What scripts are put together from: the source of plain functions, and calls with a scenario's numbers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from clipscape.axes import effective
from clipscape.catalog import Entry
from clipscape.complaints import Complaint, ScenarioError
from clipscape.families import FAMILIES
from clipscape.plain.vectors import norm
from clipscape.scenario import Choice, Experiment
from clipscape.understanding import is_network

Plain = Callable[..., Any]


def entry_of(family: str, choice: Choice) -> Entry:
    """Return the catalogue's entry of a choice."""
    return FAMILIES[family].catalog[choice.kind]


def refuse_network(experiment: Experiment) -> None:
    """Raise `ScenarioError` where the problem is a network: its script would be a training program of its own."""
    if is_network(experiment.problem):
        what = "is a network, and scripts are written for landscapes only"
        raise ScenarioError([Complaint("experiment.problem.kind", what, "choose a landscape, or ask for the lines")])


def sources(functions: Iterable[Plain]) -> Iterator[str]:
    """Yield the text of each function once, in order, `norm` before the first that uses it."""
    given: list[Plain] = []
    for function in functions:
        needed = [norm] if re.search(r"\bnorm\(", inspect.getsource(function)) else []
        for piece in (*needed, function):
            if piece not in given:
                given.append(piece)
                yield inspect.getsource(piece).rstrip("\n")


def call(function: Plain, params: Mapping[str, Any], given: Mapping[str, str]) -> str:
    """Write the call of a plain function: its parameters by name, and of `given` (name -> text) what it asks for."""
    names = list(inspect.signature(function).parameters)
    written = [f"{name}={literal(params[name]) if name in params else given[name]}" for name in names]
    return f"{function.__name__}({', '.join(written)})"


def literal(value: Any) -> str:
    """Write a value so that it reads back to the last bit; whole numbers without a decimal point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"{value:.1f}"
    return repr(value)


def own(experiment: Experiment, variant: int, family: str) -> tuple[Entry, Mapping[str, Any]]:
    """Return what a variant uses of a family: its entry and parameters."""
    choice = effective(experiment, variant, family)
    return entry_of(family, choice), choice.params


def is_plain_schedule(experiment: Experiment, variant: int) -> bool:
    """Whether the learning rate of a variant stays as it is."""
    entry, params = own(experiment, variant, "schedule")
    return entry.kind == "constant" and not params["warmup_steps"]


def clips_direction(experiment: Experiment, variant: int) -> bool:
    """Whether the clip of a variant works on the optimizer's direction."""
    clip = experiment.variants[variant].clip
    return clip.position == "after" and clip.kind != "none"


def heading(title: str) -> str:
    """Write a comment that divides a script."""
    return f"# {title} {'-' * max(3, 76 - len(title))}"
