"""Links that people write by hand: `?preset=pascanu-wall&learning_rate=0.2&threshold=1`, read as the page reads them.

The page reads the same links in `frontend/js/state/readable.js`; a test in the browser compares the two. On the page
reading never fails: what could not be used is left out and told in a remark. The library and the command line refuse
it (`read_query`, `changed`), in the words of `readable_faults`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from math import isfinite
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from pydantic import ValidationError

from clipscape.canonical import canonical_number
from clipscape.catalog import Entry, Parameter
from clipscape.families import FAMILIES
from clipscape.presets import list_presets
from clipscape.readable_base import DEFAULT, DEFAULT_RECURRENT, Data, filled, filled_choice, is_network, read_number
from clipscape.readable_faults import LONGEST, Fault, check_query, remark
from clipscape.readable_map import read_axis, with_map
from clipscape.scenario import MAX_COORDINATE, MAX_SEED, MAX_STEPS, Question
from clipscape.understanding import read_scenario

_SHARED = ("problem", "optimizer", "schedule", "noise", "weight_decay")
_PARTS = ("task", "init")
_NETWORK = ("problem", *_PARTS)
_HIDDEN = re.compile(r"[a-z_]{1,60}")

Reader = Callable[[Data, str], Data | None]
"""What a key of the link does to a document; None where its text cannot be used."""


class Expanded(NamedTuple):
    """The document that a link describes, and a sentence for everything in it that could not be used."""

    document: Data
    remarks: list[str]


def expand_query(search: str) -> Expanded:
    """Return the document, plain JSON data, that a query such as `?problem=canyon&threshold=2` describes."""
    faults: list[Fault] = []
    document = _described(search[:LONGEST], faults)
    return Expanded(document, [remark(fault) for fault in faults])


def read_query(search: str) -> Data:
    """Return the same document; raise `ScenarioError` where anything of the query could not be used."""
    faults: list[Fault] = []
    document = _described(search, faults)
    check_query(search, _pairs(search), document, faults, READERS)
    return document


def changed(document: Data, search: str) -> Data:
    """Return a whole document with what a query changes of it; raise `ScenarioError` where anything is of no use."""
    faults: list[Fault] = []
    pairs = _pairs(search)
    if any(key == "preset" for key, _ in pairs):
        faults.append(Fault("preset", "", filled(document), "begun"))
    document = _expanded(document, pairs, faults)
    check_query(search, pairs, document, faults, READERS)
    return document


def _described(search: str, faults: list[Fault]) -> Data:
    pairs = _pairs(search)
    given: dict[str, str] = {}
    for key, text in pairs:
        given.setdefault(key, text)
    return _expanded(_base(given, faults), pairs, faults)


def _pairs(search: str) -> list[tuple[str, str]]:
    return parse_qsl(search.removeprefix("?"), keep_blank_values=True, separator="&")


def _expanded(document: Data, pairs: list[tuple[str, str]], faults: list[Fault]) -> Data:
    document = filled(document)
    for key, reader in READERS.items():
        text = next((text for name, text in pairs if name == key), None)
        if text is not None:
            document = _applied(reader, document, Fault(key, text, document), faults)
    for key, text in pairs:
        if key not in READERS and key != "preset":
            owner, name = _owner(document, key)
            fault = Fault(key, text, document, "value" if owner else "unknown", owner, name)
            document = _applied(_parameter_reader(owner, name), document, fault, faults)
    return filled(document)


def _base(given: Mapping[str, str], faults: list[Fault]) -> Data:
    wish = given.get("preset")
    preset = next((preset for preset in list_presets() if preset.name == wish), None)
    recurrent = given.get("tab") == "recurrent" or is_network(given.get("problem", ""))
    base = deepcopy(DEFAULT_RECURRENT if recurrent else DEFAULT)
    if wish is not None and preset is None:
        faults.append(Fault("preset", wish, base))
    if preset is None:
        return base
    scenario = read_scenario(preset.scenario).as_data()
    return {**base, **scenario, "view": {**base["view"], **scenario["view"]}}


def _applied(reader: Reader, document: Data, fault: Fault, faults: list[Fault]) -> Data:
    now = reader(document, fault.text)
    if now is None:
        faults.append(fault)
        return document
    return filled(now)


def _owner(document: Data, key: str) -> tuple[str | None, str]:
    """Say which family a key sets a parameter of: `problem.height`, or for networks just `hidden_size`."""
    family, *rest = key.split(".")
    if family in (*_SHARED, *_PARTS) and rest:
        return family, rest[0]
    if _trains(document):
        for part in _NETWORK:
            entry = _entry_in_use(document, part)
            if entry is not None and entry.parameter(key) is not None:
                return part, key
    return None, key


def _trains(document: Data) -> bool:
    return is_network(document["experiment"]["problem"]["kind"])


def _entry_in_use(document: Data, family: str) -> Entry | None:
    choice = document["experiment"].get(family)
    return FAMILIES[family].catalog.get(choice["kind"]) if choice else None


def _with(document: Data, family: str, value: Any) -> Data:
    return {**document, "experiment": {**document["experiment"], family: value}}


def _plain(number: float) -> int | float:
    """JSON does not tell 300.0 from 300."""
    return int(number) if isfinite(number) and number.is_integer() else number


def _accepts(parameter: Parameter, value: Any) -> bool:
    if isinstance(value, float) and not isfinite(value):
        return False
    return value is not None and parameter.problem_with(value) is None


def _kind_reader(family: str) -> Reader:
    def read(document: Data, text: str) -> Data | None:
        now = document["experiment"].get(family)
        if text not in FAMILIES[family].catalog or not now:
            return None
        if now["kind"] == text:
            return document
        if _trains(document) and family in _NETWORK:
            return _with_part(document, family, text)
        if family == "problem":
            changed = {**_with(document, "problem", {"kind": text, "params": {}})["experiment"], "start": None}
            return {**document, "experiment": changed, "view": {**document["view"], "step": 0, "camera": None}}
        kept = {name: value for name, value in now["params"].items() if (family, name) == _KEPT}
        return _with(document, family, {"kind": text, "params": kept})

    return read


_KEPT = ("optimizer", "learning_rate")
"""A learning rate stays when the optimizer changes."""


def _with_part(document: Data, family: str, kind: str) -> Data | None:
    """Another network, task or initialisation: parameters of the same name and range stay as they are."""
    if family == "problem" and not is_network(kind):
        return None
    old, entry = document["experiment"][family]["params"], FAMILIES[family].catalog[kind]
    kept = {
        p.name: old[p.name]
        for p in entry.parameters
        if p.name in old
        and (p.low is None or old[p.name] >= p.low)
        and (p.high is None or old[p.name] <= p.high)
    }  # fmt: skip
    return _with(document, family, filled_choice(family, {"kind": kind, "params": kept}))


def _parameter_reader(family: str | None, name: str) -> Reader:
    def read(document: Data, text: str) -> Data | None:
        entry = _entry_in_use(document, family) if family else None
        parameter = entry.parameter(name) if entry else None
        if parameter is None or family is None:
            return None
        value = _parameter_value(parameter, text)
        if not _accepts(parameter, value):
            return None
        choice = document["experiment"][family]
        return _with(document, family, {**choice, "params": {**choice["params"], name: value}})

    return read


def _parameter_value(parameter: Parameter, text: str) -> Any:
    if parameter.type == "bool":
        return _read_switch(text)
    if parameter.type == "choice":
        return next((choice for choice in parameter.choices if _as_text(choice) == text), None)
    return _plain(read_number(text))


def _as_text(choice: Any) -> str:
    """Write a choice as JavaScript does: 1e-6 is 0.000001."""
    if isinstance(choice, bool):
        return str(choice).lower()
    return canonical_number(float(choice)) if isinstance(choice, int | float) else str(choice)


def _read_tab(document: Data, text: str) -> Data | None:
    if text == "map":
        return {**document, "view": {**document["view"], "tab": text}}
    return document if text == document["view"]["tab"] else None


def _read_clips(document: Data, text: str) -> Data | None:
    variants: list[Data] = []
    for kind in text.split(",")[:16]:
        entry = FAMILIES["clip"].catalog.get(kind.strip())
        if entry is None:
            return None
        position = entry.traits.get("positions", ("before",))[0]
        name = _free_name([variant["name"] for variant in variants], entry.label)
        variants.append({"name": name, "clip": {"kind": entry.kind, "params": {}, "position": position}})
    return _with(document, "variants", variants)


def _free_name(taken: list[str], wish: str) -> str:
    """Return a name that no other variant has: "Norm", "Norm 2", ..."""
    name, copy = wish[:56], 2
    while name in taken:
        name, copy = f"{wish[:56]} {copy}", copy + 1
    return name


def _read_threshold(document: Data, text: str) -> Data | None:
    value, variants = _plain(read_number(text)), []
    for variant in document["experiment"]["variants"]:
        clip = variant["clip"]
        parameter = FAMILIES["clip"].catalog[clip["kind"]].with_role("threshold")
        if parameter is None:
            variants.append(variant)
            continue
        if not _accepts(parameter, value):
            return None
        variants.append({**variant, "clip": {**clip, "params": {**clip["params"], parameter.name: value}}})
    return _with(document, "variants", variants)


def _read_start(document: Data, text: str) -> Data | None:
    start = [_plain(read_number(part)) for part in text.split(",")]
    fits = len(start) == 2 and all(abs(x) <= MAX_COORDINATE for x in start)
    return _with(document, "start", start) if fits else None


def _whole_reader(key: str, low: int, high: int) -> Reader:
    def read(document: Data, text: str) -> Data | None:
        value = _plain(read_number(text))
        return _with(document, key, value) if isinstance(value, int) and low <= value <= high else None

    return read


def _read_switch(text: str) -> bool | None:
    """Read a switch; `&slow` alone switches on."""
    return {"": True, "true": True, "false": False}.get(text)


def _is_step(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value <= MAX_STEPS


def _can_be_hidden(names: Any) -> bool:
    return len(names) <= 64 and all(_HIDDEN.fullmatch(name) for name in names)


def _view_reader(key: str, read: Callable[[str], Any], accepts: Callable[[Any], bool]) -> Reader:
    def read_into(document: Data, text: str) -> Data | None:
        value = read(text)
        if value is None or not accepts(value):
            return None
        rest = {name: old for name, old in document["view"].items() if name != key or value is not False}
        return {**document, "view": rest if value is False else {**rest, key: value}}

    return read_into


def _number_in_view(text: str) -> int | float:
    return _plain(read_number(text))


def _read_question(document: Data, text: str) -> Data | None:
    """Read `outcome`, `outcome,2` (the second variant), `lowest_loss` or `first`."""
    about, _, number = text.partition(",")
    variant = _plain(read_number(number or "1")) if about == "outcome" else None
    if about == "own" or (about != "outcome" and number):
        return None
    try:
        question = Question.model_validate(
            {"about": about} if variant is None else {"about": about, "variant": variant - 1}
        )
    except ValidationError:
        return None
    fits = question.fits(len(document["experiment"]["variants"]))
    return {**document, "question": question.model_dump(mode="json", exclude_none=True)} if fits else None


def _map_reader(key: str, read: Callable[[str], Any]) -> Reader:
    return lambda document, text: with_map(document, key, read(text))


READERS: Mapping[str, Reader] = {
    "tab": _read_tab,
    **{family: _kind_reader(family) for family in ("problem", "task", "init", *_SHARED[1:])},
    "clips": _read_clips,
    "learning_rate": _parameter_reader("optimizer", "learning_rate"),
    "threshold": _read_threshold,
    "start": _read_start,
    "n_steps": _whole_reader("n_steps", 1, MAX_STEPS),
    "seed": _whole_reader("seed", 0, MAX_SEED),
    "surface": _view_reader("surface", str, lambda text: text in ("contour", "surface")),
    "step": _view_reader("step", _number_in_view, _is_step),
    "speed": _view_reader("speed", _number_in_view, lambda speed: 0.01 <= speed <= 100),
    "theme": _view_reader("theme", str, lambda text: text in ("auto", "light", "dark")),
    "slow": _view_reader("slow", _read_switch, lambda _: True),
    "paused": _view_reader("paused", _read_switch, lambda _: True),
    "hide": _view_reader("hide", lambda text: [name.strip() for name in text.split(",")], _can_be_hidden),
    **{axis: _map_reader(axis, lambda text: read_axis(text, read_number)) for axis in ("x", "y")},
    **{key: _map_reader(key, _number_in_view) for key in ("resolution", "seeds")},
    "measure": _map_reader("measure", str),
    "ask": _read_question,
}
"""Keys that a readable link may have besides `preset`, in the order in which they act."""
