"""Old documents, brought up to date one version at a time. Stored bytes are never rewritten; this runs on reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from clipscape.complaints import Complaint, ScenarioError

CURRENT_VERSION = 1

Document = dict[str, Any]
Step = Callable[[Document], Document]

STEPS: Mapping[int, Step] = MappingProxyType({})
"""`STEPS[n]` is a pure function that turns a document of version n into one of version n + 1. Never edit one."""


def migrate(document: object, steps: Mapping[int, Step] = STEPS, current: int = CURRENT_VERSION) -> Document:
    """Return `document` at the current version; one without a version is version 1. The argument is not modified."""
    if not isinstance(document, dict):
        raise ScenarioError(
            [Complaint("", "the document must be an object", 'write {"version": 1, "experiment": ...}')]
        )
    version = _version(document.get("version", 1))
    if version > current:
        raise ScenarioError(
            [Complaint("version", f"this server reads versions up to {current}", "open it on a newer Clipscape")],
            code="newer_version",
            detail="This document was made by a newer version of Clipscape than the one that runs here.",
        )
    upgraded = {**document, "version": version}
    for number in range(version, current):
        upgraded = {**steps[number](upgraded), "version": number + 1}
    return upgraded


def _version(value: object) -> int:
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    if not whole or not 1 <= value < 2**31:  # type: ignore[operator]
        raise ScenarioError([Complaint("version", "must be a whole number, 1 or more", "use 1")])
    return int(value)  # type: ignore[call-overload,no-any-return]
