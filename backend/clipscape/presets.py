"""The presets: ordinary scenario files, one idea each, in the order of the gallery.

A file is `{"name", "title", "idea", "scenario"}`; its name starts with the number of its place. Adding a preset is
adding a file, and a test of its idea. A network's preset also holds its small picture, `"curves"`, because
training takes seconds: `make pictures` writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import orjson


@dataclass(frozen=True)
class Preset:
    """A scenario worth looking at. `idea` is one sentence that claims something a test has checked."""

    name: str
    title: str
    idea: str
    scenario: dict[str, Any]
    """The document as it is stored, not yet checked against the catalogue."""
    curves: dict[str, Any] | None = None
    """Of a network: the held-out loss of every variant, as `preset_pictures.curves_of` finds it."""

    @property
    def is_network(self) -> bool:
        """Whether it is shown in the Recurrent tab."""
        return bool(self.scenario["view"]["tab"] == "recurrent")


@cache
def list_presets() -> tuple[Preset, ...]:
    """Return all presets in the order of the gallery."""
    folder = resources.files("clipscape").joinpath("presets")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    return tuple(Preset(**orjson.loads(file.read_bytes())) for file in files)


def load_preset(name: str) -> Preset:
    """Return the preset called `name`; raise KeyError if there is none."""
    return {preset.name: preset for preset in list_presets()}[name]
