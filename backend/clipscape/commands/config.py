"""`clipscape config`: every setting, its value in force, and what it is for."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from clipscape.settings import load_settings, settings_table
from clipscape.wire import dump_json


def add_to(commands: Any) -> None:
    """Add the command to the parser's subcommands."""
    parser = commands.add_parser("config", help="print every setting, its value and what it is for")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=config)


def config(options: argparse.Namespace) -> int:
    """Print the settings as a table: variable, value in force, help."""
    rows = settings_table(load_settings())
    if options.json:
        described = [{"name": name, "value": value, "help": help_text} for name, value, help_text in rows]
        sys.stdout.write(dump_json({"settings": described}).decode() + "\n")
        return 0
    width = max(len(f"{name}={value}") for name, value, _ in rows)
    for name, value, help_text in rows:
        print(f"{f'{name}={value}':<{width}}  # {help_text}")
    return 0
