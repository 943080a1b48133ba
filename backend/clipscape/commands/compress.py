"""`clipscape compress`: Plotly's compressed forms, ahead of time."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from clipscape.settings import load_settings


def add_to(commands: Any) -> None:
    """Add the command to the parser's subcommands."""
    parser = commands.add_parser("compress", help="compress Plotly ahead of time, for example while building an image")
    parser.add_argument("--into", type=Path, help="folder to write to; default: what the server will look in")
    parser.set_defaults(command=compress)


def compress(options: argparse.Namespace) -> int:
    """Write the compressed forms of Plotly; in the background of a server this has the lowest priority."""
    from clipscape.plotly_file import PlotlyFile

    os.nice(19)
    for file in PlotlyFile(options.into or load_settings().compressed_dir).compress():
        print(file)
    return 0
