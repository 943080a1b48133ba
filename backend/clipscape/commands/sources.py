"""What the commands share: reading a scenario, telling how far a run is, writing to a file or to the output."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from clipscape.library.results import Result
from clipscape.library.running import run
from clipscape.library.scenarios import Scenario
from clipscape.reproduce.progress import Progress as Line

SCENARIO_HELP = "a scenario file (JSON), the name of a preset, any link in quotes, or - for standard input"
_PATIENCE = 0.5
"""Seconds before a run shows how far it is: most are over by then."""


def add_scenario(parser: argparse.ArgumentParser) -> None:
    """Add the argument that says what to run, and the changes to it."""
    parser.add_argument("scenario", help=SCENARIO_HELP)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        type=_assignment,
        help="change a value, named as in a readable link: threshold=0.5, clips=none,norm, problem.height=10",
    )


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError("must look like threshold=0.5")
    return name.replace(".", "__"), value


def read(options: argparse.Namespace) -> Scenario:
    """Return the scenario that the arguments name, with the changes asked for."""
    if options.scenario == "-":
        scenario = Scenario.from_json(sys.stdin.buffer.read())
    else:
        scenario = Scenario.read(options.scenario)
    return scenario.using(**dict(options.set)) if options.set else scenario


def run_with_progress(scenario: Scenario) -> Result:
    """Run it; on a terminal a line on standard error says how far it is."""
    shown = Shown(scenario.n_steps, "step")
    result = run(scenario, progress=shown)
    shown.clear()
    return result


class Shown:
    """One line on standard error that is redrawn, and gone when the run is over; nothing where that is no terminal."""

    def __init__(self, total: int, noun: str) -> None:
        self._line = Line(total) if sys.stderr.isatty() else None
        self._noun, self._done, self._began = noun, 0, time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if self._line is not None and time.monotonic() - self._began >= _PATIENCE:
            self._line.add(done - self._done, f"{self._noun} {done:,} of {total:,}")
            self._done = done

    def clear(self) -> None:
        """Remove the line."""
        if self._done:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def write(content: str | bytes, into: Path | None) -> None:
    """Write to a file, or to standard output where there is none."""
    data = content.encode() if isinstance(content, str) else content
    if into is None:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    else:
        into.write_bytes(data)
