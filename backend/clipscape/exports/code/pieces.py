"""What scripts are put together from: the source of plain functions, and calls with a scenario's numbers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from clipscape.axes import effective
from clipscape.catalog import Entry
from clipscape.families import FAMILIES
from clipscape.scenario import Choice, Experiment
from clipscape.understanding import is_network

Plain = Callable[..., Any]
_PLAIN = "clipscape.plain."


def entry_of(family: str, choice: Choice) -> Entry:
    """Return the catalogue's entry of a choice."""
    return FAMILIES[family].catalog[choice.kind]


def sources(functions: Iterable[Plain]) -> Iterator[str]:
    """Yield the text of each function once, in order; what a function calls of `clipscape.plain` comes before it."""
    for function in with_helpers(functions):
        yield source_of(function)


@cache
def source_of(function: Plain) -> str:
    """Return the text of a function."""
    return inspect.getsource(function).rstrip("\n")


def with_helpers(functions: Iterable[Plain]) -> list[Plain]:
    """Return the functions, each once, and before each the functions of `clipscape.plain` that it calls."""
    return list(dict.fromkeys(piece for f in functions for piece in (*with_helpers(helpers_of(f)), f)))


@cache
def helpers_of(function: Plain) -> list[Plain]:
    """Return the functions of `clipscape.plain` that a function calls."""
    called = re.findall(r"\b(\w+)\(", source_of(function))
    known = (function.__globals__.get(name) for name in dict.fromkeys(called) if name != function.__name__)
    return [helper for helper in known if inspect.isfunction(helper) and helper.__module__.startswith(_PLAIN)]


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


def rule_of(experiment: Experiment, variant: int, family: str) -> Plain:
    """Return the plain function of what a variant uses of a family; some clips have one of their own for networks."""
    place = -1 if family == "clip" and is_network(experiment.problem) else 0
    return own(experiment, variant, family)[0].plain[place]


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
