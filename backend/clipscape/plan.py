"""From a document to rows: every variant in every cell of the axes is one row of one batch.

Rows are variant-major, so neighbouring variants of one kind are one contiguous group; see `layout`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clipscape.axes import Axis
from clipscape.chain import Chain
from clipscape.families import FAMILIES
from clipscape.layout import Layout, Picks
from clipscape.partition import Group, partition_rows
from clipscape.problems.base import Problem
from clipscape.scenario import Experiment
from clipscape.transforms import IDENTITY, Transform
from clipscape.understanding import problem_of

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_DECAY_LINKS = {"before_clip": "decay_before_clip", "after_clip": "decay_after_clip", "decoupled": "decoupled_decay"}


@dataclass(frozen=True)
class Plan:
    """All that `simulate` needs, and the layout to read its rows by."""

    layout: Layout
    problem: Problem
    chain: Chain
    start: Array
    """(rows, dim)."""
    seeds: IntArray
    """(rows,)."""

    @property
    def experiment(self) -> Experiment:
        """The document that was laid out."""
        return self.layout.experiment

    @property
    def rows(self) -> int:
        """How many rows: all cells of all variants."""
        return self.layout.rows

    @property
    def n_notches(self) -> int:
        """How many rows every variant has, where all have as many."""
        (count,) = {len(cells) for cells in self.layout.picks}
        return count

    @property
    def variant_of(self) -> IntArray:
        """Which variant a row belongs to, `(rows,)`."""
        return self.layout.variant_of

    def by_variant(self, array: npt.NDArray[Any], axis: int) -> npt.NDArray[Any]:
        """Bring the rows of `array`, its axis number `axis`, to the front as (variants, notches, ...)."""
        front = np.moveaxis(array, axis, 0)
        return front.reshape(self.layout.n_variants, self.n_notches, *front.shape[1:])

    @property
    def threshold(self) -> Array:
        """The threshold of every row's clip, NaN where it has none, `(rows,)`."""
        return np.concatenate([_threshold(self.layout, variant) for variant in range(self.layout.n_variants)])

    @property
    def is_random(self) -> BoolArray:
        """Whether noise, sampling or the clip itself draws random numbers for a row, `(rows,)`."""
        examples = self.problem.examples
        noise = FAMILIES["noise"].catalog[self.experiment.noise.kind]
        if (examples is not None and examples.batch_size > 0) or noise.traits.get("random"):
            return np.ones(self.rows, dtype=bool)
        return np.concatenate([_clips_at_random(self.layout, variant) for variant in range(self.layout.n_variants)])


def make_plan(experiment: Experiment, axes: Axis | Sequence[Axis] | None = None, picks: Picks | None = None) -> Plan:
    """Lay an understood experiment, and any number of axes with one value per cell, out in rows."""
    layout = Layout(experiment, (axes,) if isinstance(axes, Axis) else axes or (), picks)
    problem = problem_of(experiment)
    seeds = layout.column("seed", "seed", experiment.seed).astype(np.int64)
    return Plan(
        layout=layout,
        problem=problem,
        chain=_chain(layout),
        start=_start(layout) if problem.training is None else problem.training.initial(seeds),
        seeds=seeds,
    )


def _start(layout: Layout) -> Array:
    """Where a landscape's rows start, `(rows, dim)`."""
    start = layout.experiment.start or ()
    return np.stack([layout.column("start", k, value) for k, value in enumerate(start)], axis=1)


def _threshold(layout: Layout, variant: int) -> Array:
    parameter = FAMILIES["clip"].catalog[layout.kind("clip", variant)].with_role("threshold")
    if parameter is None:
        return np.full(len(layout.picks[variant]), np.nan)
    return layout.own("clip", parameter.name, variant)


def _clips_at_random(layout: Layout, variant: int) -> BoolArray:
    clip = FAMILIES["clip"].catalog[layout.kind("clip", variant)]
    if clip.parameter("noise_multiplier") is not None:
        return layout.own("clip", "noise_multiplier", variant) > 0
    return np.full(len(layout.picks[variant]), clip.kind == "random_step")


def _chain(layout: Layout) -> Chain:
    late = [variant.clip.position == "after" and variant.clip.kind != "none" for variant in layout.experiment.variants]
    late_rows = layout.by_variant(late)
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


def _link(layout: Layout, key: str, applies: Callable[[int], bool] = lambda _variant: True) -> Transform:
    """One link of the chain; variants to which it does not apply pass through it unchanged."""
    groups = []
    for (kind, active), variants, rows in layout.groups(key, lambda v: (layout.kind(key, v), applies(v))):
        make = FAMILIES[key].catalog[kind].make
        groups.append(Group(rows, make(**layout.params(key, variants)) if active else IDENTITY))
    return partition_rows(groups)


def _learning_rate(layout: Layout) -> Array:
    """`(rows,)`, or `(n_steps, rows)` where a schedule changes it."""
    rate = np.empty(layout.rows)
    for kind, variants, rows in layout.groups("optimizer", lambda v: layout.kind("optimizer", v)):
        parameter = FAMILIES["optimizer"].catalog[kind].with_role("learning_rate")
        assert parameter is not None
        rate[rows] = layout.params("optimizer", variants)[parameter.name]
    factor = _schedule_factor(layout)
    return rate if factor is None else rate * factor


def _schedule_factor(layout: Layout) -> Array | None:
    """`(n_steps, rows)`, or None where the factor is 1 throughout."""
    groups = list(layout.groups("schedule", lambda v: layout.kind("schedule", v)))
    columns = [layout.params("schedule", variants) for _, variants, _ in groups]
    if all(
        kind == "constant" and not params["warmup_steps"].any()
        for (kind, *_), params in zip(groups, columns, strict=True)
    ):
        return None
    steps = np.arange(layout.experiment.n_steps)
    factor = np.ones((len(steps), layout.rows))
    for (kind, _, rows), params in zip(groups, columns, strict=True):
        factor[:, rows] = FAMILIES["schedule"].catalog[kind].make(**params)(steps, len(steps))
    return factor
