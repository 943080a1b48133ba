"""From a document to rows: every variant and every notch of an axis is one row of one batch.

Rows are variant-major (`row = variant * notches + notch`), so neighbouring variants of one kind are one contiguous
group and everything per row reshapes to `(variants, notches)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from clipscape.axes import Axis, effective
from clipscape.chain import Chain
from clipscape.families import FAMILIES
from clipscape.problems.base import Problem
from clipscape.scenario import Experiment
from clipscape.transforms import IDENTITY, Group, Transform, partition_rows
from clipscape.understanding import problem_of

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_DECAY_LINKS = {"before_clip": "decay_before_clip", "after_clip": "decay_after_clip", "decoupled": "decoupled_decay"}


@dataclass(frozen=True)
class Plan:
    """All that `simulate` needs, and the shape to read its rows by."""

    experiment: Experiment
    axis: Axis | None
    problem: Problem
    chain: Chain
    start: Array
    """(rows, dim)."""
    seeds: IntArray
    """(rows,)."""
    n_variants: int
    n_notches: int

    @property
    def rows(self) -> int:
        """How many rows: variants x notches."""
        return self.n_variants * self.n_notches

    def by_variant(self, array: npt.NDArray[Any], axis: int) -> npt.NDArray[Any]:
        """Bring the rows of `array`, its axis number `axis`, to the front as (variants, notches, ...)."""
        front = np.moveaxis(array, axis, 0)
        return front.reshape(self.n_variants, self.n_notches, *front.shape[1:])


def make_plan(experiment: Experiment, axis: Axis | None = None) -> Plan:
    """Lay an understood experiment, and optionally one axis, out in rows."""
    layout = _Layout(experiment, axis)
    problem = problem_of(experiment)
    seeds = layout.column("seed", "seed", experiment.seed).astype(np.int64)
    return Plan(
        experiment=experiment,
        axis=axis,
        problem=problem,
        chain=_chain(layout),
        start=_start(layout) if problem.training is None else problem.training.initial(seeds),
        seeds=seeds,
        n_variants=layout.n_variants,
        n_notches=layout.n_notches,
    )


def _start(layout: _Layout) -> Array:
    """Where a landscape's rows start, `(rows, dim)`."""
    start = layout.experiment.start or ()
    return np.stack([layout.column("start", k, value) for k, value in enumerate(start)], axis=1)


class _Layout:
    """Turns numbers of the document into columns with one entry per row."""

    def __init__(self, experiment: Experiment, axis: Axis | None) -> None:
        self.experiment = experiment
        self.axis = axis
        self.n_variants = len(experiment.variants)
        self.n_notches = len(axis.values) if axis else 1

    def cells(self, variant: int, part: str, name: str | int, value: Any) -> npt.NDArray[Any]:
        """One number of one variant at every notch, `(notches,)`."""
        if self.axis is not None and self.axis.sets(variant, part, name):
            return _as_array(list(self.axis.values))
        return _as_array([value] * self.n_notches)

    def column(self, part: str, name: str | int, value: Any) -> npt.NDArray[Any]:
        """One number that all variants share, `(rows,)`."""
        return np.concatenate([self.cells(variant, part, name, value) for variant in range(self.n_variants)])

    def params(self, key: str, variants: list[int]) -> dict[str, npt.NDArray[Any]]:
        """Every parameter of neighbouring variants that use the same kind of a family."""
        names = effective(self.experiment, variants[0], key).params
        return {name: np.concatenate([self._own(key, name, variant) for variant in variants]) for name in names}

    def _own(self, key: str, name: str, variant: int) -> npt.NDArray[Any]:
        return self.cells(variant, key, name, effective(self.experiment, variant, key).params[name])

    def groups(self, key: str, label: Callable[[int], Any]) -> Iterator[tuple[Any, list[int], slice]]:
        """Neighbouring variants with the same label: (label, variants, their rows)."""
        for shared, members in groupby(range(self.n_variants), label):
            variants = list(members)
            yield shared, variants, slice(variants[0] * self.n_notches, (variants[-1] + 1) * self.n_notches)

    def kind(self, key: str, variant: int) -> str:
        """What kind of a family a variant uses."""
        return effective(self.experiment, variant, key).kind


def _as_array(values: list[Any]) -> npt.NDArray[Any]:
    return np.array(values, dtype=None if isinstance(values[0], str) else np.float64)


def _chain(layout: _Layout) -> Chain:
    late = [variant.clip.position == "after" and variant.clip.kind != "none" for variant in layout.experiment.variants]
    late_rows = np.repeat(late, layout.n_notches)
    decay_position = FAMILIES["weight_decay"].catalog[layout.experiment.weight_decay.kind].traits["position"]
    decay = {_DECAY_LINKS[decay_position]: _link(layout, "weight_decay")} if decay_position else {}
    return Chain(
        learning_rate=_learning_rate(layout),
        noise=_link(layout, "noise"),
        clip=_link(layout, "clip", lambda variant: not late[variant]),
        optimizer=_link(layout, "optimizer"),
        clip_after=_link(layout, "clip", lambda variant: late[variant]),
        clips_direction=late_rows if late_rows.any() else None,
        **decay,
    )


def _link(layout: _Layout, key: str, applies: Callable[[int], bool] = lambda _variant: True) -> Transform:
    """One link of the chain; variants to which it does not apply pass through it unchanged."""
    groups = []
    for (kind, active), variants, rows in layout.groups(key, lambda v: (layout.kind(key, v), applies(v))):
        make = FAMILIES[key].catalog[kind].make
        groups.append(Group(rows, make(**layout.params(key, variants)) if active else IDENTITY))
    return partition_rows(groups)


def _learning_rate(layout: _Layout) -> Array:
    """`(rows,)`, or `(n_steps, rows)` where a schedule changes it."""
    rate = np.empty(layout.n_variants * layout.n_notches)
    for kind, variants, rows in layout.groups("optimizer", lambda v: layout.kind("optimizer", v)):
        parameter = FAMILIES["optimizer"].catalog[kind].with_role("learning_rate")
        assert parameter is not None
        rate[rows] = layout.params("optimizer", variants)[parameter.name]
    factor = _schedule_factor(layout)
    return rate if factor is None else rate * factor


def _schedule_factor(layout: _Layout) -> Array | None:
    """`(n_steps, rows)`, or None where the factor is 1 throughout."""
    groups = list(layout.groups("schedule", lambda v: layout.kind("schedule", v)))
    columns = [layout.params("schedule", variants) for _, variants, _ in groups]
    if all(
        kind == "constant" and not params["warmup_steps"].any()
        for (kind, *_), params in zip(groups, columns, strict=True)
    ):
        return None
    steps = np.arange(layout.experiment.n_steps)
    factor = np.ones((len(steps), layout.n_variants * layout.n_notches))
    for (kind, _, rows), params in zip(groups, columns, strict=True):
        factor[:, rows] = FAMILIES["schedule"].catalog[kind].make(**params)(steps, len(steps))
    return factor
