"""The results as a Markdown table: a line for every length, a column for every arm."""

from __future__ import annotations

import math
from collections.abc import Sequence

from clipscape.reproduce.experiments import Experiment
from clipscape.reproduce.runs import Result


def table_of(experiment: Experiment, results: Sequence[Result]) -> str:
    """Return the table; `results` are those of the experiment's own settings."""
    header = ["T", "updates at most", *(arm.label for arm in experiment.arms)]
    lines = [_row(header), _row(["---"] * len(header))]
    for length in sorted(experiment.updates):
        cells = [
            _cell(experiment, [r for r in results if (r.length, r.arm) == (length, arm.name)])
            for arm in experiment.arms
        ]
        lines.append(_row([str(length), f"{experiment.updates[length]:,}", *cells]))
    return "\n".join([*lines, ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(experiment: Experiment, runs: Sequence[Result]) -> str:
    """Say how many runs solve it, after how many updates, and how the others end."""
    if not runs:
        return "not run"
    solved = [run.updates for run in runs if run.outcome == "solved"]
    diverged = sum(run.outcome == "diverged" for run in runs)
    rest = [run for run in runs if run.outcome == "unsolved"]
    unfinished = experiment.seeds - len(runs)
    words = [f"{len(solved)} of {len(runs)}" + (f" ({unfinished} more not finished)" if unfinished else "")]
    if solved:
        words.append(f"after {_between([f'{updates:,}' for updates in (min(solved), max(solved))])}")
    if diverged:
        words.append(f"{diverged} diverged")
    if rest:
        words.append(f"others {_measure(experiment, rest)}")
    return "; ".join(words)


def _measure(experiment: Experiment, runs: Sequence[Result]) -> str:
    if experiment.show == "success":
        return f"at {_between([f'{1 - a:.0%}' for a in _ends([run.accuracy for run in runs], reverse=True)])} error"
    return f"at {_between([f'{loss:.2g}' for loss in _ends([run.loss for run in runs])])}"


def _ends(numbers: Sequence[float], *, reverse: bool = False) -> tuple[float, float]:
    known = [number for number in numbers if not math.isnan(number)] or [math.nan]
    low, high = min(known), max(known)
    return (high, low) if reverse else (low, high)


def _between(ends: Sequence[str]) -> str:
    low, high = ends
    return low if low == high else f"{low} to {high}"
