"""Numbers from the literature, with the tolerance to which they hold: `tests/data/facts.json` and `stated(...)`.

Comparing with one remembers how close it came: `RECORDED`. `make figures` writes docs/how-tested.md from that.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

FACTS = {fact["id"]: fact for fact in json.loads((Path(__file__).parent / "data" / "facts.json").read_text())}
WRITE_TO = "CLIPSCAPE_RECORDED_FACTS"
"""Where conftest.py writes what was recorded, when this variable is set."""


@dataclass
class Reached:
    """How close everything that was compared with one statement came."""

    statement: str
    group: str
    rel: float
    abs: float
    error: float = 0.0
    """The largest: relative where a relative tolerance was stated, else absolute."""
    comparisons: int = 0


RECORDED: dict[str, Reached] = {}


@dataclass(eq=False, repr=False)
class Stated:
    """A number, or several, and how far off a result may be; `==` compares and records."""

    statement: str
    expected: Any
    rel: float = 0.0
    abs: float = 0.0
    group: str = "literature"
    _said: str = field(default="", init=False)

    __array_ufunc__ = None  # numpy leaves comparisons to this class

    def __eq__(self, actual: object) -> bool:
        wanted, found = np.asarray(self.expected, dtype=float), np.asarray(actual, dtype=float)
        if wanted.shape != found.shape:
            return False
        with np.errstate(all="ignore"):
            off = np.where(wanted == found, 0.0, np.abs(wanted - found))
            allowed = np.maximum(self.rel * np.abs(wanted), self.abs)
            relative = np.where(off <= self.abs, 0.0, off / np.abs(wanted))
        error = float((relative if self.rel else off).max(initial=0.0))
        known = RECORDED.setdefault(self.statement, Reached(self.statement, self.group, self.rel, self.abs))
        known.error, known.comparisons = max(known.error, error), known.comparisons + found.size
        self._said = f", off by {error:.3g}"
        return bool((off <= allowed).all())

    def __hash__(self) -> int:
        return hash(self.statement)

    def __repr__(self) -> str:
        return f"{self.expected} (rel {self.rel:g}, abs {self.abs:g}{self._said})"


def fact(name: str, part: int | str | None = None) -> Stated:
    """Return the expected number or vector of a fact (or one part of it) with its stated tolerance."""
    found = FACTS[name]
    expected = found["expected"] if part is None else found["expected"][part]
    return Stated(found["statement"], expected, found["rtol"], found["atol"])


def stated(statement: str, expected: Any, *, rel: float = 0.0, abs: float = 0.0, group: str = "literature") -> Stated:
    """Return a number that is stated in a test, with its tolerance."""
    return Stated(statement, expected, rel, abs, group)


def parts(name: str) -> list[str]:
    """Return the names of the parts of a fact that has several."""
    return list(FACTS[name]["expected"])


def write_recorded() -> None:
    """Write what was recorded, where the environment says."""
    target = os.environ.get(WRITE_TO)
    if target:
        Path(target).write_text(json.dumps([vars(reached) for reached in RECORDED.values()]))
