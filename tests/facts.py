"""Numbers from the literature, with the tolerance to which they hold: `tests/data/facts.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

_FACTS = {fact["id"]: fact for fact in json.loads((Path(__file__).parent / "data" / "facts.json").read_text())}


def fact(name: str, part: int | str | None = None) -> Any:
    """Return the expected number or vector of a fact (or one part of it) with its stated tolerance."""
    found = _FACTS[name]
    expected = found["expected"] if part is None else found["expected"][part]
    return pytest.approx(expected, rel=found["rtol"], abs=found["atol"])


def parts(name: str) -> list[str]:
    """Return the names of the parts of a fact that has several."""
    return list(_FACTS[name]["expected"])
