"""What is wrong with a readable link: a remark on the page, a `Complaint` in the library and on the command line.

Whoever types `threshold=-3` reads it back, as plain text and shortened: it is their own line that they look at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from math import isinf, isnan
from typing import Literal, NamedTuple, get_args

from clipscape.catalog import Entry, Parameter
from clipscape.complaints import Complaint, ScenarioError
from clipscape.families import FAMILIES, check_value
from clipscape.presets import list_presets
from clipscape.readable_base import Data, is_network, read_number
from clipscape.scenario import (
    MAX_COORDINATE,
    MAX_MAP_RESOLUTION,
    MAX_MAP_SEEDS,
    MAX_SEED,
    MAX_STEPS,
    MAX_VARIANTS,
    Measure,
)

LONGEST = 4096
"""Characters of a query that are read."""
_MOST_TOLD = 10


class Fault(NamedTuple):
    """One part of a query that could not be used, and the document as it was when its turn came.

    `about` is what is wrong: the value, a key that nobody knows ("unknown"), or a preset named for a scenario that is
    there already ("begun"). `family` and `name` are given where the key names a parameter.
    """

    key: str
    text: str
    document: Data
    about: Literal["value", "unknown", "begun"] = "value"
    family: str | None = None
    name: str = ""


def shown(text: str, most: int = 40) -> str:
    """Return what somebody typed as plain text: printable ASCII, at most so many characters."""
    plain = re.sub("[^ -~]", "?", text)
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def remark(fault: Fault) -> str:
    """Say what the page says of it; `frontend/js/state/readable.js` has the same words."""
    if fault.key == "preset":
        return "There is no preset of that name; this is the default comparison."
    if fault.about == "unknown":
        named = f'The link\'s "{shown(fault.key)}"' if fault.key else "A part of the link"
        return f"{named} is not known here."
    return f"The link's {shown(fault.key)} could not be used."


def check_query(
    search: str, pairs: list[tuple[str, str]], document: Data, faults: list[Fault], keys: Collection[str]
) -> None:
    """Raise `ScenarioError` with what could not be used, and what was passed over without a word."""
    complaints = [_complaint(fault, keys) for fault in faults]
    if len(search) > LONGEST:
        complaints.append(Complaint("link", f"has more than {LONGEST} characters", "use the long link instead"))
    given = dict(pairs)
    if "threshold" in given and not any(fault.key == "threshold" for fault in faults) and not _thresholds(document):
        rules = ", ".join(entry.kind for entry in FAMILIES["clip"].catalog.values() if entry.with_role("threshold"))
        what = "no variant has a threshold"
        complaints.append(Complaint("threshold", what, f"choose clips that have one: {rules}"))
    if given.get("clips", "").count(",") >= MAX_VARIANTS:
        complaints.append(Complaint("clips", f"has more entries than {MAX_VARIANTS}", "remove some"))
    if complaints:
        raise ScenarioError(complaints[:_MOST_TOLD])


def near(word: str, names: Collection[str]) -> str | None:
    """Return "did you mean threshold?" where one of the names is nearly the word, else None."""
    same_end = [name for name in names if name.rpartition(".")[2] == word]
    found = same_end or get_close_matches(word, names, n=1)
    return f"did you mean {found[0]}?" if found else None


def unknown_preset(name: str) -> Complaint:
    """Complain that there is no preset of this name."""
    names = [preset.name for preset in list_presets()]
    return Complaint("preset", f"there is no preset {shown(name)}", near(name, names) or _one_of(names))


def _complaint(fault: Fault, keys: Collection[str]) -> Complaint:
    where = shown(fault.key) or "link"
    if fault.about == "begun":
        return Complaint(where, "the scenario is there already", "name the preset in its place: it is one itself")
    if fault.key == "preset":
        return unknown_preset(fault.text)
    if fault.about == "unknown":
        names = [*keys, *_parameters(fault.document)]
        known = f"names: {', '.join(keys)}; of a parameter: family.parameter"
        return Complaint(where, "there is no setting of this name", near(fault.key, names) or known)
    what, remedy = _wrong_value(fault)
    return Complaint(where, what, remedy)


def _wrong_value(fault: Fault) -> tuple[str, str]:
    """Say of a known key why its value is of no use, and what is allowed."""
    key, text, document = fault.key, fault.text, fault.document
    if key == "learning_rate":
        return _wrong_parameter("optimizer", key, fault)
    if key == "threshold":
        return next(filter(None, (_wrong_number(parameter, text) for parameter in _thresholds(document))))
    if fault.family is not None:
        return _wrong_parameter(fault.family, fault.name, fault)
    if key in FAMILIES:
        return _wrong_kind(key, text, document)
    if key in _OF_THE_MAP and document["view"]["tab"] != "map":
        return "only the Map tab has it", "add tab=map"
    return f"{shown(text) or 'nothing'} is not possible", _ALLOWED.get(key, "see docs/teaching.md")


def _wrong_kind(key: str, text: str, document: Data) -> tuple[str, str]:
    family, trains = FAMILIES[key], is_network(document["experiment"]["problem"]["kind"])
    if document["experiment"].get(key) is None:
        return "only a network has it", "choose a network as the problem"
    known = [kind for kind in family.catalog if key != "problem" or is_network(kind) == trains]
    if text in family.catalog:
        return f"{shown(text)} is a landscape, and this comparison trains a network", _one_of(known)
    return f"{shown(text)} is not a known {family.noun}", near(text, known) or _one_of(known)


def _wrong_parameter(family: str, name: str, fault: Fault) -> tuple[str, str]:
    choice = fault.document["experiment"].get(family)
    if choice is None:
        return f"only a network has a {FAMILIES[family].noun}", "choose a network as the problem"
    entry: Entry = FAMILIES[family].catalog[choice["kind"]]
    parameter = entry.parameter(name)
    if parameter is None:
        names = [p.name for p in entry.parameters]
        listed = ", ".join(names) or "none"
        return f"{entry.kind} has no such parameter", near(name, names) or f"its parameters: {listed}"
    written = ", ".join(map(str, parameter.choices))
    return _wrong_number(parameter, fault.text) or (f"{shown(fault.text)} is not possible", f"write {written}")


def _wrong_number(parameter: Parameter, text: str) -> tuple[str, str] | None:
    """Say why a text is no value of a parameter, and what is one; None where it is one."""
    number = read_number(text)
    if isinf(number):
        return f"{shown(text)} is not possible: it must be a finite number", f"default {parameter.default}"
    complaint = next(check_value(parameter, text if isnan(number) else number, ()), None)
    if complaint is None:
        return None
    return f"{shown(text) or 'nothing'} is not possible: {complaint.what}", complaint.remedy


def _thresholds(document: Data) -> list[Parameter]:
    """The threshold of every variant that has one."""
    entries = (FAMILIES["clip"].catalog[variant["clip"]["kind"]] for variant in document["experiment"]["variants"])
    return [parameter for entry in entries if (parameter := entry.with_role("threshold")) is not None]


def _parameters(document: Data) -> Iterator[str]:
    """Every parameter that the document has, as a link names it."""
    for key, family in FAMILIES.items():
        choice = document["experiment"].get(key)
        if choice:
            yield from (f"{key}.{parameter.name}" for parameter in family.catalog[choice["kind"]].parameters)


def _one_of(names: Collection[str]) -> str:
    return f"use one of: {', '.join(names)}"


_OF_THE_MAP = ("x", "y", "resolution", "seeds", "measure")
_SWITCH = "use true or false"
_AXIS = "write path,low,high, for example variants.*.threshold,0.01,100"
_ALLOWED = {
    "tab": "use map, or leave it out: the problem decides between compare and recurrent",
    "clips": f"use a list of: {', '.join(FAMILIES['clip'].catalog)}",
    "start": f"use two numbers such as 1,2, each from {-MAX_COORDINATE:g} to {MAX_COORDINATE:g}",
    "n_steps": f"use a whole number from 1 to {MAX_STEPS}",
    "seed": f"use a whole number from 0 to {MAX_SEED}",
    "surface": "use contour or surface",
    "step": f"use a whole number from 0 to {MAX_STEPS}",
    "speed": "use a number from 0.01 to 100",
    "theme": "use auto, light or dark",
    "slow": _SWITCH,
    "paused": _SWITCH,
    "hide": "use names of parts, as in docs/teaching.md: curves,optimizer",
    "x": _AXIS,
    "y": _AXIS,
    "resolution": f"use a whole number from 2 to {MAX_MAP_RESOLUTION}",
    "seeds": f"use a whole number from 1 to {MAX_MAP_SEEDS}",
    "measure": f"use one of: {', '.join(get_args(Measure))}",
    "ask": "use outcome, outcome,2 (the second variant), lowest_loss or first",
}
