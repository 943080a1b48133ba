"""`Complaint`: what is wrong with a document, where, and what to do.

Nothing of a document is ever repeated in one; of a line that somebody typed, only as `readable_faults.shown` writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import ValidationError

_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}\Z")


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong: `where` is a dotted path such as `experiment.variants.1.clip.params.max_norm`."""

    where: str
    what: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        """Return the three fields, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.where or 'document'}: {self.what} ({self.remedy})"


class ScenarioError(ValueError):
    """A document cannot be used. `code` is stable; `complaints` say what to change."""

    def __init__(self, complaints: Iterable[Complaint], code: str = "invalid", detail: str | None = None) -> None:
        self.complaints = tuple(complaints)
        self.code = code
        self.detail = detail or "; ".join(str(complaint) for complaint in self.complaints[:3])
        super().__init__(self.detail)


def path(*parts: str | int) -> str:
    """Join the parts of a location; a key that is no plain name (and so may be anything) is shown as `?`."""
    shown = (str(part) if isinstance(part, int) or _PLAIN_NAME.match(part) else "?" for part in parts)
    return ".".join(shown)


def from_pydantic(error: ValidationError, prefix: Sequence[str | int] = ()) -> list[Complaint]:
    """Translate pydantic's findings; at most ten, because one mistake can be repeated a thousand times."""
    found = [item for item in error.errors(include_url=False, include_input=False) if not _follows(item, error)]
    return [Complaint(path(*prefix, *item["loc"]), *_words(item)) for item in found[:10]]


def _follows(item: Any, error: ValidationError) -> bool:
    """Say whether a list is called too short only because its entries, each complained about, were refused."""
    place = item["loc"]
    return item["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in error.errors()
    )


def _words(item: Any) -> tuple[str, str]:
    kind, limits = item["type"], item.get("ctx", {})
    if kind in _FIXED:
        return _FIXED[kind]
    if kind in _BOUNDS:
        word, remedy = _BOUNDS[kind]
        bound = next(
            iter(limits[name] for name in ("ge", "gt", "le", "lt", "max_length", "min_length") if name in limits)
        )
        return f"{word} {bound:g}", remedy
    if kind == "literal_error":
        return "is not one of the known values", f"use {limits['expected']}"
    if kind == "plain":
        return limits["what"], limits["remedy"]
    return "is not acceptable", "compare it with the description under /docs"


_FIXED = {
    "missing": ("is missing", "add it"),
    "extra_forbidden": ("is not a known key", "remove it, or check its spelling under /docs"),
    "model_type": ("must be an object", "write {...}"),
    "model_attributes_type": ("must be an object", "write {...}"),
    "dict_type": ("must be an object", "write {...}"),
    "list_type": ("must be a list", "write [...]"),
    "tuple_type": ("must be a list", "write [...]"),
    "string_type": ("must be text", 'write it in quotes: "..."'),
    "float_type": ("must be a number", "write it without quotes"),
    "finite_number": ("must be a finite number", "use a finite number"),
    "int_type": ("must be a whole number", "write it without quotes or decimals"),
    "bool_type": ("must be true or false", "write true or false without quotes"),
}

_BOUNDS = {
    "greater_than_equal": ("must be at least", "raise it"),
    "greater_than": ("must be greater than", "raise it"),
    "less_than_equal": ("must be at most", "lower it"),
    "less_than": ("must be less than", "lower it"),
    "string_too_long": ("has more characters than", "shorten it"),
    "string_too_short": ("has fewer characters than", "lengthen it"),
    "too_long": ("has more entries than", "remove some"),
    "too_short": ("has fewer entries than", "add some"),
}
