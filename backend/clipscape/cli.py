"""The command `clipscape`: serve the page, show the settings, run a scenario file."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import uvicorn

from clipscape import __version__
from clipscape.complaints import Complaint, ScenarioError
from clipscape.explain import explain
from clipscape.explain_training import explain_training
from clipscape.plan import Plan, make_plan
from clipscape.plotly_file import PlotlyFile
from clipscape.presets import list_presets
from clipscape.reproduce import command as reproduce_command
from clipscape.settings import Settings, SettingsError, load_settings, settings_table
from clipscape.simulation import simulate
from clipscape.training import train
from clipscape.understanding import read_scenario

_GRACEFUL_SECONDS = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, or 2 for what the user can put right."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except (SettingsError, ScenarioError, orjson.JSONDecodeError, OSError) as error:
        for line in _explained(error):
            print(f"clipscape: {line}", file=sys.stderr)
        return 2


def _explained(error: Exception) -> list[str]:
    if isinstance(error, ScenarioError):
        return [error.detail] if error.code != "invalid" else [str(complaint) for complaint in error.complaints]
    if isinstance(error, orjson.JSONDecodeError):
        return [f"the file is not JSON: line {error.lineno}, column {error.colno}"]
    return [str(error)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="clipscape", description="See what gradient clipping does.")
    parser.add_argument("--version", action="version", version=f"clipscape {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_serve(commands)
    commands.add_parser("config", help="print every setting, its value and what it is for").set_defaults(command=config)
    run = commands.add_parser("run", help="run a scenario and print how every variant ended")
    run.add_argument("scenario", help="a scenario file (JSON), the name of a preset, or - for standard input")
    run.set_defaults(command=run_file)
    reproduce_command.add_to(commands)
    compress = commands.add_parser(
        "compress", help="compress Plotly ahead of time, for example while building an image"
    )
    compress.add_argument("--into", type=Path, help="folder to write to; default: what the server will look in")
    compress.set_defaults(command=compress_files)
    return parser


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve_command = commands.add_parser("serve", help="serve the page and the API")
    serve_command.add_argument("--host", help="address to listen on (CLIPSCAPE_HOST)")
    serve_command.add_argument("--port", type=int, help="port to listen on (CLIPSCAPE_PORT)")
    serve_command.set_defaults(command=serve)


def serve(options: argparse.Namespace) -> int:
    """Serve until stopped."""
    given = {name: getattr(options, name) for name in ("host", "port") if getattr(options, name) is not None}
    settings = load_settings(**given)
    server = uvicorn.Server(server_config(settings))
    server.run()
    return 0 if server.started else 1


def server_config(settings: Settings) -> uvicorn.Config:
    """Return how uvicorn is set up: our own access log, idle connections kept longer than a proxy keeps them."""
    from clipscape.api.app import create_app

    return uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        timeout_keep_alive=settings.keep_alive,
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
        forwarded_allow_ips=settings.trusted_proxies,
        access_log=False,
        server_header=False,
        log_config=log_config(settings.log_level),
    )


def log_config(level: str) -> dict[str, object]:
    """Log to standard output, one line per event."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"}},
        "loggers": {
            name: {"handlers": ["out"], "level": level.upper(), "propagate": False} for name in ("clipscape", "uvicorn")
        },
    }


def config(_options: argparse.Namespace) -> int:
    """Print the settings as a table: variable, value in force, help."""
    rows = settings_table(load_settings())
    width = max(len(f"{name}={value}") for name, value, _ in rows)
    for name, value, help_text in rows:
        print(f"{f'{name}={value}':<{width}}  # {help_text}")
    return 0


def run_file(options: argparse.Namespace) -> int:
    """Run one scenario and print a line per variant."""
    experiment = read_scenario(_document(options.scenario)).experiment
    for variant, sentence in zip(experiment.variants, _sentences(make_plan(experiment)), strict=True):
        print(f"{variant.name}: {sentence}")
    return 0


def _sentences(plan: Plan) -> list[str]:
    """Run or train everything and say how each row ended."""
    rows = plan.problem, plan.chain, plan.start, plan.experiment.n_steps
    if plan.problem.training is None:
        return [verdict.sentence for verdict in explain(plan, simulate(*rows, seeds=plan.seeds))]
    return [verdict.sentence for verdict in explain_training(plan, train(*rows, seeds=plan.seeds))]


def _document(name: str) -> Any:
    """Read what `name` stands for; a preset's file is a scenario with a title around it."""
    preset = next((preset for preset in list_presets() if preset.name == name), None)
    if preset is not None and not Path(name).exists():
        return preset.scenario
    if name != "-" and not Path(name).exists():
        known = ", ".join(preset.name for preset in list_presets())
        raise ScenarioError(
            [Complaint("", f"{name} is neither a file nor a preset", f"name a file, or one of {known}")]
        )
    document = orjson.loads(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
    return document["scenario"] if isinstance(document, dict) and "scenario" in document else document


def compress_files(options: argparse.Namespace) -> int:
    """Write the compressed forms of Plotly; in the background of a server this has the lowest priority."""
    os.nice(19)
    for file in PlotlyFile(options.into or load_settings().compressed_dir).compress():
        print(file)
    return 0
