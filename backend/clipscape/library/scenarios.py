"""`Scenario`: the document behind every link, preset, file and request, read from any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode

import orjson

from clipscape import scenario as documents
from clipscape.addresses import HashLink, QueryLink, StoredLink, as_address, hash_of
from clipscape.canonical import canonical_number
from clipscape.complaints import Complaint, ScenarioError
from clipscape.exports.code import LANGUAGES
from clipscape.library.stored import fetch_stored
from clipscape.presets import list_presets
from clipscape.readable import changed, read_query
from clipscape.readable_faults import near, shown, unknown_preset
from clipscape.understanding import read_scenario


@dataclass(frozen=True)
class Scenario:
    """Everything that decides a run, and how it is looked at. Immutable; defaults are written out.

    >>> scenario = Scenario.preset("leash-or-cap")
    >>> scenario.variants
    ('No clipping', 'Norm', 'Value')
    >>> Scenario.read("?problem=canyon&threshold=2").problem
    'canyon'
    """

    document: documents.Scenario
    """The checked document itself."""

    @classmethod
    def read(cls, source: Source) -> Scenario:
        """Make a scenario of whatever stands for one.

        A `Scenario`, a dictionary, JSON text, a file (its path, or its name), the name of a preset, or any link: with
        the document in it (`#1.…`), readable (`?preset=…&threshold=2`) or short (`https://…/s/…`, which is asked
        for). Raises `ScenarioError` with what is wrong and what to do, also where only a part of a readable link
        cannot be used: the page leaves that out and says so.
        """
        if isinstance(source, Scenario):
            return source
        if isinstance(source, Mapping):
            return cls.from_dict(source)
        if isinstance(source, PathLike):
            return cls.from_file(source)
        if not isinstance(source, str):
            raise TypeError(f"a scenario cannot be read from {type(source).__name__}")
        return cls._from_text(source)

    @classmethod
    def _from_text(cls, text: str) -> Scenario:
        if text.lstrip().startswith("{"):
            return cls.from_json(text)
        if text in cls.preset_names():
            return cls.preset(text)
        if as_address(text) is not None:
            return cls.from_link(text)
        if Path(text).exists():
            return cls.from_file(text)
        names = cls.preset_names()
        known = f"name a file, a link, or one of {', '.join(names)}"
        what = f"{shown(text, 300)} is neither a file nor a preset nor a link"
        raise ScenarioError([Complaint("", what, near(text, names) or known)])

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Scenario:
        """Read plain JSON data; a file with a scenario in it, such as an exported run, is one too.

        >>> Scenario.from_dict({"experiment": {"problem": {"kind": "cliff"},
        ...                                    "variants": [{"name": "Norm", "clip": {"kind": "norm"}}]}}).n_steps
        300
        """
        found = data.get("scenario", data)
        return cls(read_scenario(dict(found) if isinstance(found, Mapping) else found))

    @classmethod
    def from_json(cls, text: str | bytes) -> Scenario:
        """Read JSON text."""
        try:
            data = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            what = f"is not JSON: line {error.lineno}, column {error.colno}"
            raise ScenarioError([Complaint("", what, "correct it there")]) from None
        return cls.from_dict(data) if isinstance(data, dict) else cls(read_scenario(data))

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> Scenario:
        """Read a JSON file. Raises OSError where it cannot be read."""
        return cls.from_json(Path(path).read_bytes())

    @classmethod
    def preset(cls, name: str) -> Scenario:
        """Return the scenario of a preset; `clipscape presets` lists them."""
        found = next((preset for preset in list_presets() if preset.name == name), None)
        if found is None:
            raise ScenarioError([unknown_preset(name)], "not_found")
        return cls.from_dict(found.scenario)

    @staticmethod
    def preset_names() -> tuple[str, ...]:
        """Return the names of the presets, in their order."""
        return tuple(preset.name for preset in list_presets())

    @classmethod
    def from_link(cls, link: str) -> Scenario:
        """Read any form of link. A short one is fetched from the server it names; raises OSError where that fails."""
        match as_address(link):
            case HashLink() as address:
                return cls.from_dict({"scenario": address.document()})
            case QueryLink(text):
                return cls.from_dict(read_query(text))
            case StoredLink(site, name) as address:
                address.check()
                return cls.from_dict({"scenario": fetch_stored(site, name)})
            case None:
                raise ScenarioError([Complaint("link", "is not a link", "begin with https://, #1. or ?")])

    def using(self, **values: Any) -> Scenario:
        """Return the same scenario with other values, named as in a readable link.

        `learning_rate`, `threshold` (of every variant that has one), `n_steps`, `seed`, `start` (a pair), `problem`,
        `optimizer`, `clips` (a list of rules) and so on; with `__` for the dot, any parameter: `problem__height`.
        Raises `ScenarioError` with what cannot be used, why, and what is allowed.

        >>> scenario = Scenario.preset("leash-or-cap").using(threshold=0.5, problem__height=10)
        >>> scenario.document.experiment.problem.params["height"]
        10.0
        """
        written = {name.replace("__", "."): _as_text(value) for name, value in values.items()}
        return Scenario.from_dict(changed(self.to_dict(), urlencode(written)))

    @property
    def problem(self) -> str:
        """Which landscape or network it is."""
        return self.document.experiment.problem.kind

    @property
    def n_steps(self) -> int:
        """How many steps."""
        return self.document.experiment.n_steps

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of what is compared."""
        return tuple(variant.name for variant in self.document.experiment.variants)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return self.document.as_data()

    def to_json(self) -> str:
        """Return the one canonical JSON text of it."""
        return self.document.canonical_json()

    def link(self, site: str = "") -> str:
        """Return the link that carries all of it: its hash, after the address of any Clipscape.

        >>> scenario = Scenario.preset("leash-or-cap")
        >>> Scenario.read(scenario.link("https://clipscape.example")) == scenario
        True
        """
        return f"{site.rstrip('/')}/{hash_of(self.to_dict())}" if site else hash_of(self.to_dict())

    def code(self, language: str = "numpy") -> str:
        """Return it as code: a script for "numpy" or "pytorch", or the "lines" of other libraries.

        >>> print(Scenario.preset("leash-or-cap").code("lines").splitlines()[0])
        # No clipping: No clipping, Gradient descent
        """
        if language not in LANGUAGES:
            raise ValueError("language must be numpy, pytorch or lines")
        return LANGUAGES[language][1](self.document.experiment)

    def save(self, path: str | PathLike[str]) -> None:
        """Write it to a JSON file."""
        Path(path).write_bytes(orjson.dumps(self.to_dict(), option=orjson.OPT_INDENT_2) + b"\n")


Source: TypeAlias = Scenario | Mapping[str, Any] | str | PathLike[str]
"""What stands for a scenario; see `Scenario.read`."""


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and isfinite(value):
        return canonical_number(float(value))
    return ",".join(map(_as_text, value)) if isinstance(value, list | tuple) else str(value)
