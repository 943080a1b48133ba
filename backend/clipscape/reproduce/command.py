"""`clipscape reproduce`: run what is missing, then draw what there is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from clipscape.reproduce.chart import chart_of
from clipscape.reproduce.drawing import svg_of
from clipscape.reproduce.experiments import ADDING, ADDING_QUICK, PASCANU, PASCANU_QUICK, Arm, Experiment
from clipscape.reproduce.figure import write_figure
from clipscape.reproduce.ledger import Ledger, LedgerError
from clipscape.reproduce.progress import Progress
from clipscape.reproduce.runs import Result, run_cell
from clipscape.reproduce.table import table_of

_EXPERIMENTS = {"pascanu": (PASCANU, PASCANU_QUICK), "adding": (ADDING, ADDING_QUICK)}
_INTERRUPTED = 130


def add_to(commands: Any) -> None:
    """Add the command to the parser's subcommands."""
    parser = commands.add_parser(
        "reproduce", help="run an experiment of the literature again; goes on where it stopped"
    )
    parser.add_argument("experiment", choices=sorted(_EXPERIMENTS), help="which one")
    parser.add_argument("--quick", action="store_true", help="a small form of it that takes less than a minute")
    parser.add_argument("--into", type=Path, default=Path("reproduction"), help="folder of the results (reproduction)")
    parser.add_argument("--seeds", type=_count, help="runs of every setting, 1 to 100 (default: 5, full adding 3)")
    parser.set_defaults(command=reproduce)


def _count(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 100:
        return int(text)
    raise argparse.ArgumentTypeError("must be a whole number from 1 to 100")


def reproduce(options: argparse.Namespace) -> int:
    """Run the experiment; 0 when complete, 130 when interrupted. What is finished is kept either way."""
    full, quick = _EXPERIMENTS[options.experiment]
    experiment = quick if options.quick else full
    experiment = replace(experiment, seeds=options.seeds or experiment.seeds)
    path = options.into / f"{experiment.name}{'-quick' if options.quick else ''}.csv"
    ledger = _open(path)
    complete = True
    try:
        run_missing(experiment, ledger)
    except KeyboardInterrupt:
        print(f"\ninterrupted; what is finished is in {path}, and the same command goes on from there", file=sys.stderr)
        complete = False
    for written in write_results(experiment, ledger):
        print(written)
    print(f"\n{experiment.title}\n\n{table_of(experiment, own_results(experiment, ledger))}", end="")
    return 0 if complete else _INTERRUPTED


def _open(path: Path) -> Ledger:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ledger = Ledger(path)
    except LedgerError:
        raise
    except OSError as error:
        raise LedgerError(f"cannot write {path}: {error.strerror}; choose another folder with --into") from error
    if ledger.mended:
        print(f"{path}: the last line was not complete and has been removed; its run is done again", file=sys.stderr)
    return ledger


def run_missing(experiment: Experiment, ledger: Ledger, progress: Progress | None = None) -> None:
    """Run every run of the experiment that the ledger does not hold."""
    cells = []
    for length, arm in experiment.cells():
        settings = experiment.settings(length, arm)
        seeds = [seed for seed in range(experiment.seeds) if ledger.find(settings, seed) is None]
        if seeds:
            cells.append((length, arm, seeds))
    progress = progress or Progress(sum(length * experiment.updates[length] * len(seeds) for length, _, seeds in cells))
    for length, arm, seeds in cells:
        for result in run_cell(experiment, length, arm, seeds, _teller(progress, experiment, length, arm, len(seeds))):
            ledger.add(result)
            ending = f"{result.outcome} after {result.updates:,} updates"
            progress.say(f"T = {length}, {arm.label}, seed {result.seed}: {ending}")


def _teller(
    progress: Progress, experiment: Experiment, length: int, arm: Arm, count: int
) -> Callable[[int, int], None]:
    """Return what counts the work of one cell: the steps of all its updates, those saved by ending early included."""
    limit, done = experiment.updates[length], 0

    def tell(updates: int, unfinished: int) -> None:
        nonlocal done
        work = length * (updates * unfinished + limit * (count - unfinished))
        text = f"T = {length}, {arm.label}: update {updates:,} of {limit:,}, {unfinished} of {count} unfinished"
        progress.add(work - done, text)
        done = work

    return tell


def own_results(experiment: Experiment, ledger: Ledger) -> list[Result]:
    """Return the results of exactly these settings, in the order of the grid."""
    found = (
        ledger.find(experiment.settings(length, arm), seed)
        for length, arm in experiment.cells()
        for seed in range(experiment.seeds)
    )
    return [result for result in found if result is not None]


def write_results(experiment: Experiment, ledger: Ledger) -> list[Path]:
    """Draw what there is beside the ledger's file; return the paths of everything there."""
    chart = chart_of(experiment, own_results(experiment, ledger))
    picture, words = ledger.path.with_suffix(".svg"), ledger.path.with_suffix(".md")
    picture.write_text(svg_of(chart), encoding="utf-8")
    words.write_text(table_of(experiment, own_results(experiment, ledger)), encoding="utf-8")
    return [ledger.path, *write_figure(chart, ledger.path), picture, words]
