"""Lines on a map that theory gives: where the minimum repels, the floor passes the tolerance, the steps run out.

Each is a learning rate (or, where that is no axis, a threshold) for every value of the other axis. A line is drawn only
for variants of which its sentence is true; tests hold the sentences against simulations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from clipscape.axes import Target
from clipscape.explain import number
from clipscape.families import FAMILIES
from clipscape.layout import Layout
from clipscape.metrics import distance_to_nearest, window_diagonal
from clipscape.outcomes.ending import NEAR
from clipscape.problems.base import Problem
from clipscape.problems.minimizer import hessian
from clipscape.sweeps.ask import SweepAsk
from clipscape.sweeps.axis import SweepAxis
from clipscape.understanding import problem_of

Array = npt.NDArray[np.float64]

PASSES_SMALL = ("none", "norm", "value", "block_norm", "per_tensor", "infinity_norm", "soft")
"""Rules that leave a gradient alone as it vanishes: the minimum attracts or repels as it does without them."""
WHOLE_AT_MOST, ENTRY_AT_MOST = ("norm", "per_tensor", "soft"), ("value", "block_norm", "infinity_norm")
"""Rules after which the gradient, or every entry of it, is at most the threshold."""
FULL_STEP = ("norm", "value", "block_norm", "per_tensor", "infinity_norm")
"""Rules that fire only to make the gradient, or its largest entry, exactly the threshold."""

_MOST_PROBLEMS = 17
"""Along an axis through the problem's parameters a line has so many points."""


@dataclass(frozen=True)
class Overlay:
    """A line in the units of the axes, and the variants that it is true of."""

    id: str
    label: str
    text: str
    variants: tuple[int, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


class _Line(NamedTuple):
    """What theory says of one variant: the value of the solved axis for every value of the free one, `(values,)`."""

    id: str
    label: str
    text: str
    values: Array


def overlays(ask: SweepAsk) -> list[Overlay]:
    """Work out every line that theory gives for a map. Those that lie outside of it are left out."""
    if ask.problem.training is not None or not ask.problem.minimizers:
        return []
    found: dict[tuple[Any, ...], list[int]] = {}
    for variant in range(len(ask.experiment.variants)):
        for line in _drawn(ask, variant):
            found.setdefault(line, []).append(variant)
    return [Overlay(name, label, text, tuple(own), x, y) for (name, label, text, x, y), own in found.items()]


def largest_curvature(problem: Problem, minimizer: tuple[float, ...]) -> float:
    """Largest eigenvalue of the Hessian at a minimiser."""
    with np.errstate(all="ignore"):
        return float(np.linalg.eigvalsh(hessian(problem.grad, np.array(minimizer)))[-1])


def _drawn(ask: SweepAsk, variant: int) -> Iterator[tuple[Any, ...]]:
    """Yield (id, label, text, x, y) of the lines of one variant: solved for the learning rate, else the threshold."""
    for solves_rate in (True, False):
        for solved, free in ((ask.y, ask.x), (ask.x, ask.y)):
            case = _Case(ask, variant, free)
            target = case.rate if solves_rate else case.threshold
            if target is None or target not in solved.targets:
                continue
            for line in case.lines(solves_rate) if case.is_understood else ():
                inside = np.isfinite(line.values) & (line.values > 0)
                if (inside & (line.values >= solved.low) & (line.values <= solved.high)).any():
                    points = tuple(line.values[inside].tolist()), tuple(case.free_values[inside].tolist())
                    x, y = points if solved is ask.x else points[::-1]
                    yield line.id, line.label, line.text, x, y
            return


class _Case:
    """One variant along the axis that a line is drawn over; every number is an array with one entry per value of it."""

    def __init__(self, ask: SweepAsk, variant: int, free: SweepAxis) -> None:
        self.ask, self.variant, self.free = ask, variant, free
        self.clip, self.optimizer = (Layout(ask.experiment).kind(key, variant) for key in ("clip", "optimizer"))
        self.position = ask.experiment.variants[variant].clip.position
        named = FAMILIES["clip"].catalog[self.clip].with_role("threshold")
        self.rate = Target(variant, "optimizer", "learning_rate")
        self.threshold = None if named is None else Target(variant, "clip", named.name)
        count = len(free) if free.rebuilds is None else min(len(free), _MOST_PROBLEMS)
        self._indices = np.unique(np.linspace(0, len(free) - 1, count).round().astype(int))
        self.free_values = np.array(free.values)[self._indices]
        axes = [free.at(self._indices)] if free.rebuilds is None else []
        self._layout = Layout(ask.experiment, axes)

    @property
    def is_understood(self) -> bool:
        """Whether nothing but gradient, clip and a constant learning rate moves the rows, all along the free axis."""
        experiment = self.ask.experiment
        schedule = Layout(experiment).own("schedule", "warmup_steps", self.variant)
        known = {self.rate, self.threshold, Target(self.variant, "optimizer", "momentum")}
        moved = {target for target in self.free.targets if target.variant == self.variant}
        return (
            experiment.weight_decay.kind == "none"
            and self._layout.kind("schedule", self.variant) == "constant"
            and not schedule.any()
            and all(target in known or target.part in ("start", "seed", "problem") for target in moved)
        )

    def lines(self, solves_rate: bool) -> Iterator[_Line]:
        """Yield what is true of this variant."""
        if solves_rate and self._is_smooth:
            yield self._stability()
        if self.threshold is None or (self.optimizer != "sgd" and self.position != "after"):
            return
        other = self._numbers(self.threshold if solves_rate else self.rate)
        axis = "learning rates" if solves_rate else "thresholds"
        if self.clip in FULL_STEP:
            yield self._floor(other, axis)
        if self.clip in WHOLE_AT_MOST + ENTRY_AT_MOST:
            yield self._reach(other, axis)

    @property
    def _is_smooth(self) -> bool:
        calm = self.ask.experiment.noise.kind == "none" and not self.ask.is_random[self.variant]
        return calm and self.clip in PASSES_SMALL and self.optimizer in ("sgd", "momentum", "nesterov")

    def _stability(self) -> _Line:
        """Heavy ball: Goh (2017), Why momentum really works. Nesterov: where a root of the same recurrence is -1."""
        label, factor = "learning rate = 2 / curvature", np.array(2.0)
        if self.optimizer != "sgd":
            momentum = self._numbers(Target(self.variant, "optimizer", "momentum"))
            factor = 2.0 * (1.0 + momentum) / (1.0 if self.optimizer == "momentum" else 1.0 + 2.0 * momentum)
            below = "" if self.optimizer == "momentum" else " / (1 + 2 momentum)"
            label = f"learning rate = 2 (1 + momentum){below} / curvature"
        curvature = np.array([min(largest_curvature(p, m) for m in p.minimizers) for p in self._problems])
        size = f" of {number(curvature[0])}" if len(curvature) == 1 else ""
        text = (
            f"At learning rates above this line the minimum repels: with a curvature{size} there, steps land farther "
            "on the other side than they began. No threshold changes that."
        )
        with np.errstate(divide="ignore"):
            limit = factor / curvature
        return _Line("stability", label, text, np.broadcast_to(limit, self.free_values.shape))

    def _floor(self, other: Array, axis: str) -> _Line:
        tolerance = self._tolerance
        size = f" ({number(tolerance[0])})" if len(tolerance) == 1 else ""
        text = (
            "A clipped step is learning rate × threshold long, so one of its ends is at least half of that from the "
            f"minimum. At {axis} above this line that half is more than what counts as near{size}: a run whose clip "
            "still fires at the end has not converged."
        )
        return _Line("floor", "learning rate × threshold / 2 = tolerance", text, 2.0 * tolerance / other)

    def _reach(self, other: Array, axis: str) -> _Line:
        n_steps, dim = self.ask.experiment.n_steps, self.ask.problem.dim
        where, factor, longest = "", "", 1.0
        if self.clip in ENTRY_AT_MOST:
            where, factor, longest = " in a coordinate", f"√{dim} × ", float(np.sqrt(dim))
        text = (
            f"A step is at most learning rate × threshold long{where}. At {axis} below this line {n_steps} of them do "
            "not cover the way from the start to the minimum."
        )
        values = self._way / (n_steps * longest) / other
        return _Line("reach", f"{n_steps} steps × {factor}learning rate × threshold = the way", text, values)

    def _numbers(self, target: Target) -> Array:
        return np.asarray(self._layout.own(target.part, str(target.name), self.variant), dtype=np.float64)

    @cached_property
    def _problems(self) -> list[Problem]:
        """One problem, or one for each value where the free axis is a parameter of it."""
        if self.free.rebuilds is None:
            return [self.ask.problem]
        return [problem_of(self.free.rebuilt(self.ask.experiment, int(index))) for index in self._indices]

    @property
    def _tolerance(self) -> Array:
        return np.array([NEAR * window_diagonal(problem) for problem in self._problems])

    @property
    def _way(self) -> Array:
        """From the start to what counts as near, the nearest of several minima."""
        given = self.ask.experiment.start or ()
        start = np.array([self._layout.cells(self.variant, "start", k, value) for k, value in enumerate(given)])
        return np.hstack([distance_to_nearest(problem, start) for problem in self._problems]) - self._tolerance
