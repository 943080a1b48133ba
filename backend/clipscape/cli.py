"""The command `clipscape`: its parser, and what becomes of errors. The subcommands are in `commands`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import orjson

from clipscape import __version__
from clipscape.commands import completion, compress, config, export, links, presets, run, serve, sweep
from clipscape.complaints import ScenarioError
from clipscape.reproduce import command as reproduce
from clipscape.settings import SettingsError

_INTERRUPTED, _PIPE_CLOSED = 130, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 2 for what the user can put right, or 130 when interrupted."""
    options = make_parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except (SettingsError, ScenarioError, orjson.JSONDecodeError, OSError) as error:
        for line in _explained(error):
            print(f"clipscape: {line}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("clipscape: interrupted", file=sys.stderr)
        return _INTERRUPTED


def _explained(error: Exception) -> list[str]:
    if isinstance(error, ScenarioError):
        return [error.detail] if error.code == "newer_version" else [str(complaint) for complaint in error.complaints]
    if isinstance(error, orjson.JSONDecodeError):
        return [f"the file is not JSON: line {error.lineno}, column {error.colno}"]
    return [str(error)]


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    parser = argparse.ArgumentParser(prog="clipscape", description="See what gradient clipping does.")
    parser.add_argument("--version", action="version", version=f"clipscape {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    for module in (serve, run, sweep, export, presets, links, config, reproduce, compress):
        module.add_to(commands)
    completion.add_to(commands, make_parser)
    return parser
