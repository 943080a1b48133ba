"""`clipscape presets`: what there is to begin with."""

from __future__ import annotations

import argparse
from typing import Any

from clipscape.commands.sources import write
from clipscape.presets import list_presets
from clipscape.wire import dump_json


def add_to(commands: Any) -> None:
    """Add the command to the parser's subcommands."""
    parser = commands.add_parser("presets", help="list the presets: name, title and idea of each")
    parser.add_argument("--json", action="store_true", help="print JSON, the scenarios too")
    parser.set_defaults(command=presets)


def presets(options: argparse.Namespace) -> int:
    """Print the presets."""
    found = list_presets()
    if options.json:
        described = [
            {"name": preset.name, "title": preset.title, "idea": preset.idea, "scenario": preset.scenario}
            for preset in found
        ]
        write(dump_json({"presets": described}) + b"\n", None)
        return 0
    width = max(len(preset.name) for preset in found)
    for preset in found:
        print(f"{preset.name:<{width}}  {preset.title}. {preset.idea}")
    return 0
