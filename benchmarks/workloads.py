"""The workloads: the same rows, start, steps and recorded quantities for Clipscape and for every peer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from clipscape.problems import PROBLEMS

Array = npt.NDArray[np.float64]
Kind = Literal["none", "norm", "value", "autoclip"]

N_STEPS = 300
LEARNING_RATE = 0.1
EPSILON = 1e-6
"""What PyTorch adds to the norm before dividing; used everywhere, so that trajectories can be compared to 1e-10."""


@dataclass(frozen=True)
class Group:
    """Rows that share a clipping rule: `numbers` `(rows,)` are thresholds, or percentiles for AutoClip."""

    kind: Kind
    numbers: Array


@dataclass(frozen=True)
class Workload:
    """One case. `record`: "series" keeps every step, "summary" final and best loss, largest norm, clipped share."""

    name: str
    what: str
    groups: tuple[Group, ...]
    learning_rates: Array
    record: Literal["series", "summary"]
    start: tuple[float, float]

    @property
    def rows(self) -> int:
        """How many runs this is."""
        return len(self.learning_rates)

    def sample(self, count: int) -> Workload:
        """Return about `count` of the rows, spread evenly over every group: for peers that run one row at a time."""
        groups, picked, first = [], [], 0
        for group in self.groups:
            wanted = max(1, round(count * len(group.numbers) / self.rows))
            index = np.unique(np.linspace(0, len(group.numbers) - 1, wanted).astype(int))
            groups.append(Group(group.kind, group.numbers[index]))
            picked.append(first + index)
            first += len(group.numbers)
        rates = self.learning_rates[np.concatenate(picked)]
        return Workload(self.name, self.what, tuple(groups), rates, self.record, self.start)


def on_the_cliff(
    name: str, what: str, groups: tuple[Group, ...], rates: Array | None, record: Literal["series", "summary"]
) -> Workload:
    """Make a workload that starts where the page does."""
    x, y = PROBLEMS["cliff"].make(**PROBLEMS["cliff"].defaults()).start
    rows = sum(len(group.numbers) for group in groups)
    return Workload(name, what, groups, np.full(rows, LEARNING_RATE) if rates is None else rates, record, (x, y))


def workloads() -> tuple[Workload, ...]:
    """Return the three workloads: a comparison, every notch of a slider, a map."""
    one = np.ones(1)
    compare = (Group("none", one), Group("norm", one), Group("value", one), Group("autoclip", one * 10.0))
    notches = np.geomspace(0.05, 50.0, 41)
    slider = (
        Group("norm", notches),
        Group("value", notches),
        Group("autoclip", np.linspace(1.0, 100.0, 41)),
    )
    thresholds, rates = np.meshgrid(np.geomspace(0.05, 50.0, 64), np.geomspace(1e-3, 0.3, 64))
    sweep = (Group("norm", thresholds.ravel()),)
    return (
        on_the_cliff("compare4", "4 variants, everything recorded", compare, None, "series"),
        on_the_cliff("slider123", "123 slider notches, everything recorded", slider, None, "series"),
        on_the_cliff("map4096", "64 x 64 map, summaries only", sweep, rates.ravel(), "summary"),
    )
