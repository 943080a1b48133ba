"""`clipscape export`: a scenario's run as a table, a document or a page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from clipscape.commands.sources import add_scenario, read, run_with_progress, write
from clipscape.library.formats import FORMATS, render


def add_to(commands: Any) -> None:
    """Add the command to the parser's subcommands."""
    parser = commands.add_parser("export", help="write a run as a table, a document, a figure or code")
    parser.add_argument("format", choices=FORMATS, help="; ".join(f"{name}: {text}" for name, text in FORMATS.items()))
    add_scenario(parser)
    parser.add_argument("--output", "-o", type=Path, help="file to write; default: standard output")
    parser.set_defaults(command=export)


def export(options: argparse.Namespace) -> int:
    """Write one export."""
    write(render(read(options), options.format, run_with_progress), options.output)
    return 0
