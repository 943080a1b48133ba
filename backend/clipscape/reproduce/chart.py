"""What the results look like, before anyone draws: series of points over named places, and lines across."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from clipscape.reproduce.experiments import Experiment
from clipscape.reproduce.runs import Result

_TOP = 1.0
"""Where runs without a usable loss are put in a chart of losses."""


@dataclass(frozen=True)
class Point:
    """At `place` (0 is the first name; between two names is allowed) and height `y`; `note` says what it is."""

    place: float
    y: float
    note: str


@dataclass(frozen=True)
class Series:
    """Points of one colour, joined by lines or not."""

    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Chart:
    """`places` name positions 0, 1, ... of the x axis; `rules` are lines across, each with its name."""

    title: str
    x_label: str
    y_label: str
    places: tuple[str, ...]
    y_range: tuple[float, float]
    log_y: bool
    joined: bool
    series: tuple[Series, ...]
    rules: tuple[tuple[str, float], ...] = ()


def chart_of(experiment: Experiment, results: Sequence[Result]) -> Chart:
    """Describe the chart of an experiment; `results` are those of its own settings."""
    return _success(experiment, results) if experiment.show == "success" else _losses(experiment, results)


def _success(experiment: Experiment, results: Sequence[Result]) -> Chart:
    """Share of the runs that solve the task, over the sequence length, a line for every arm, slightly apart.

    A cell is left out until all its runs are finished, because those that solve the task finish first.
    """
    lengths = sorted(experiment.updates)
    series = []
    for index, arm in enumerate(experiment.arms):
        shift = 0.06 * (index - (len(experiment.arms) - 1) / 2)
        points = []
        for place, length in enumerate(lengths):
            runs = [r for r in results if (r.length, r.arm) == (length, arm.name)]
            if len(runs) == experiment.seeds:
                solved = sum(r.outcome == "solved" for r in runs)
                note = f"T = {length}, {arm.label}: {solved} of {len(runs)} solved"
                points.append(Point(place + shift, 100.0 * solved / len(runs), note))
        series.append(Series(arm.label, tuple(points)))
    return Chart(
        title=experiment.title,
        x_label="sequence length T",
        y_label="runs that solve the task (%)",
        places=tuple(str(length) for length in lengths),
        y_range=(0.0, 100.0),
        log_y=False,
        joined=True,
        series=tuple(series),
    )


def _losses(experiment: Experiment, results: Sequence[Result]) -> Chart:
    """Held-out loss of every run at its end, over the arms, a colour for every length."""
    lengths = sorted(experiment.updates)
    task = experiment.made_task(lengths[0])
    series = []
    for index, length in enumerate(lengths):
        shift = 0.24 * (index - (len(lengths) - 1) / 2)
        points = [
            Point(place + shift, _height(run.loss), _note(run, arm.label))
            for place, arm in enumerate(experiment.arms)
            for run in results
            if (run.length, run.arm) == (length, arm.name)
        ]
        series.append(Series(f"T = {length}", tuple(points)))
    return Chart(
        title=experiment.title,
        x_label="threshold",
        y_label="mean squared error on held-out sequences",
        places=tuple(arm.label for arm in experiment.arms),
        y_range=(0.001, _TOP),
        log_y=True,
        joined=False,
        series=tuple(series),
        rules=((task.baseline.label, task.baseline.loss), ("solved", task.solved.limit)),
    )


def _height(loss: float) -> float:
    return min(loss, _TOP) if math.isfinite(loss) else _TOP


def _note(run: Result, label: str) -> str:
    ending = f"diverged after {run.updates:,} updates" if run.outcome == "diverged" else f"error {run.loss:.3g}"
    return f"T = {run.length}, {label}, seed {run.seed}: {ending}"
