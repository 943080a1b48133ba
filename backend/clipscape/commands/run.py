"""`clipscape run`: run a scenario and say how every variant ended."""

from __future__ import annotations

import argparse
from typing import Any

from clipscape.commands.sources import add_scenario, read, run_with_progress, write
from clipscape.library.results import Result
from clipscape.wire import dump_json


def add_to(commands: Any) -> None:
    """Add the command to the parser's subcommands."""
    parser = commands.add_parser("run", help="run a scenario and print how every variant ended")
    add_scenario(parser)
    parser.add_argument("--json", action="store_true", help="print outcome and summary of every variant as JSON")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Run one scenario and print a line per variant."""
    result = run_with_progress(read(options))
    if options.json:
        write(dump_json({"variants": [_described(result, name) for name in result]}) + b"\n", None)
    else:
        for name, sentence in result.sentences.items():
            print(f"{name}: {sentence}")
    return 0


def _described(result: Result, name: str) -> dict[str, Any]:
    variant = result[name]
    outcome = {"status": variant.status, "step": variant.step, "sentence": variant.sentence}
    return {"name": name, "outcome": outcome, "summary": variant.summary}
