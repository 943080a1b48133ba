"""`SweepAsk`: a map as understood: two axes over an experiment, and how many seeds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field, Strict, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from clipscape.asks import lowerable
from clipscape.complaints import Complaint, ScenarioError, from_pydantic
from clipscape.cost import Estimate
from clipscape.lowering import Fits, Lowerable, what_to_lower
from clipscape.migrations import migrate
from clipscape.plan import make_plan
from clipscape.problems.base import Problem
from clipscape.scenario import MAX_SEED, Experiment, Scenario, View, whole
from clipscape.sweeps.axis import AxisBody, SweepAxis, read_sweep_axis
from clipscape.sweeps.choices import LEARNING_RATE, THRESHOLD, axis_choices
from clipscape.sweeps.network_price import estimate_trainings
from clipscape.sweeps.price import batch_seconds, tile_bytes
from clipscape.understanding import is_network, problem_of, understand, understand_view
from clipscape.wire import ArrayForm

SMALLEST, LARGEST, USUAL, USUAL_OF_NETWORKS = 2, 256, 64, 12
"""Values of an axis."""
MAX_SEEDS = 64
_FEWER = Complaint("experiment.variants", "are too many for such a map", "ask for fewer, and lower n_steps too")
_NOTHING_RANDOM = "Nothing here is random: every seed gives the same run, so one is computed."

IntArray = npt.NDArray[np.int64]


def _sides(value: object) -> tuple[int, int]:
    """One number for both sides, or one for each."""
    sides = value if isinstance(value, list | tuple) else (value, value)
    numbers = [whole(side) for side in sides]
    if len(numbers) == 2 and all(type(n) is int and SMALLEST <= n <= LARGEST for n in numbers):
        return int(str(numbers[0])), int(str(numbers[1]))
    what = f"must be a whole number from {SMALLEST} to {LARGEST}, or two of them"
    raise PydanticCustomError("plain", "{what}", {"what": what, "remedy": "write 64, or [64, 32]"})


_SIDE = {"type": "integer", "minimum": SMALLEST, "maximum": LARGEST}
Sides = Annotated[
    tuple[int, int],
    BeforeValidator(_sides),
    WithJsonSchema({"anyOf": [_SIDE, {"type": "array", "items": _SIDE, "minItems": 2, "maxItems": 2}]}),
]


class SweepBody(Scenario):
    """A scenario, two of its numbers as axes, and how fine the map is. What is left out is chosen sensibly."""

    view: View = View()
    x: AxisBody | None = None
    y: AxisBody | None = None
    resolution: Sides | None = None
    seeds: Annotated[int, Strict(), Field(ge=1, le=MAX_SEEDS), BeforeValidator(whole)] = 1
    """Every cell is computed with so many seeds: the experiment's, the next one, and so on."""


@dataclass(frozen=True)
class SweepAsk:
    """A map as understood; its data form is the cache key and, with a place, what a tile is computed from."""

    experiment: Experiment
    x: SweepAxis
    y: SweepAxis
    seeds: int
    form: ArrayForm

    topic = None

    @property
    def cells(self) -> int:
        """How many cells the map has."""
        return len(self.x) * len(self.y)

    @property
    def runs(self) -> int:
        """How many runs the map shows."""
        return self.cells * len(self.experiment.variants) * self.seeds

    @cached_property
    def problem(self) -> Problem:
        """The problem of the document itself; with an axis through its parameters every batch has its own."""
        return problem_of(self.experiment)

    @cached_property
    def is_random(self) -> npt.NDArray[np.bool_]:
        """Which variants draw random numbers, `(variants,)`: the others are computed for one seed only."""
        columns, lines = ({0, len(axis) - 1 if axis.rebuilds else 0} for axis in (self.x, self.y))
        random = [_random_variants(self.experiment_at(x, y)) for x in columns for y in lines]
        return np.asarray(np.any(random, axis=0))

    @property
    def seeds_note(self) -> str | None:
        """Why there is only one seed, where the seed changes nothing."""
        return None if self.is_random.any() else _NOTHING_RANDOM

    def experiment_at(self, x: int, y: int) -> Experiment:
        """The experiment with those numbers of a column and a line that belong to the whole batch."""
        return self.y.rebuilt(self.x.rebuilt(self.experiment, x), y)

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data that `from_data` reads back."""
        sides = {"x": self.x.as_data(), "y": self.y.as_data()}
        return {"experiment": self.experiment.as_data(), **sides, "seeds": self.seeds, "form": self.form}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> SweepAsk:
        """Read what `as_data` wrote; it has been checked before."""
        experiment = Experiment.model_validate(data["experiment"])
        x, y = (SweepAxis.from_data(experiment, data[key]) for key in ("x", "y"))
        return cls(experiment, x, y, data["seeds"], data["form"])

    @cached_property
    def rows(self) -> int:
        """How many different runs there are: a variant that an axis does not touch is the same along it."""
        variants = enumerate(self.is_random)
        return sum(
            (len(self.x) if self.x.touches(v) else 1)
            * (len(self.y) if self.y.touches(v) else 1)
            * (self.seeds if random else 1)
            for v, random in variants
        )

    @property
    def batches(self) -> int:
        """How many batches there are at least: one for each problem."""
        return int(np.prod([len(axis) for axis in (self.x, self.y) if axis.rebuilds is not None], initial=1))

    def estimate(self) -> Estimate:
        """Say what it will cost."""
        if self.problem.training is not None:
            return estimate_trainings(self)
        seconds = self.batches * batch_seconds(self.experiment, self.problem, self.rows / self.batches)
        return Estimate(seconds, tile_bytes(self.cells, len(self.experiment.variants), self.form))

    def lower(self, fits: Fits) -> Complaint:
        """Name the number to lower, and to what: the resolution, then the seeds, then the steps."""

        def price(experiment: Experiment) -> Estimate:
            return replace(self, experiment=experiment).estimate()

        largest = max(len(self.x), len(self.y))
        numbers = [
            Lowerable("resolution", SMALLEST, largest, lambda count: self.coarser(count).estimate()),
            Lowerable("seeds", 1, self.seeds, lambda count: replace(self, seeds=count).estimate()),
            *lowerable(self.experiment, price),
        ]
        return what_to_lower(numbers, fits, _FEWER)

    def coarser(self, count: int) -> SweepAsk:
        """The same map with at most so many values on a side."""
        x, y = (axis.coarser(min(count, len(axis))) for axis in (self.x, self.y))
        return replace(self, x=x, y=y)


def read_sweep_ask(body: object, form: ArrayForm) -> SweepAsk:
    """Read the body of a request for a map; raise `ScenarioError` with every complaint."""
    try:
        asked = SweepBody.model_validate(migrate(body))
    except ValidationError as error:
        raise ScenarioError(from_pydantic(error)) from None
    understand_view(asked.view)
    experiment = understand(asked.experiment)
    usual = USUAL_OF_NETWORKS if is_network(experiment.problem) else USUAL
    x, y = _read_axes(experiment, _with_defaults(experiment, asked), asked.resolution or (usual, usual))
    complaints = list(_clashes(x, y, asked.seeds, experiment))
    if complaints:
        raise ScenarioError(complaints)
    ask = SweepAsk(experiment, x, y, asked.seeds, form)
    return replace(ask, seeds=1) if asked.seeds > 1 and ask.seeds_note else ask


def _random_variants(experiment: Experiment) -> npt.NDArray[np.bool_]:
    """Which variants draw random numbers, `(variants,)`: the data and first weights of a network are random, too."""
    clips = [variant.clip for variant in experiment.variants]
    if is_network(experiment.problem):
        return np.ones(len(clips), dtype=bool)
    drawn = np.array(["noise_multiplier" in clip.params for clip in clips])
    return np.asarray(make_plan(experiment).is_random | drawn)


def _with_defaults(experiment: Experiment, asked: SweepBody) -> tuple[AxisBody, AxisBody]:
    """Threshold against learning rate, or what else there is."""
    paths = [choice.path for choice in axis_choices(experiment)]
    taken = {axis.path for axis in (asked.x, asked.y) if axis is not None}
    found = []
    for given, usual in ((asked.y, LEARNING_RATE), (asked.x, THRESHOLD)):
        free = [path for path in (usual, *paths) if path in paths and path not in taken]
        if given is None and not free:
            raise ScenarioError([Complaint("x", "has no other number to go along", "name the path of both axes")])
        found.append(given or AxisBody(path=free[0]))
        taken.add(found[-1].path)
    y, x = found
    return x, y


def _read_axes(
    experiment: Experiment, bodies: tuple[AxisBody, AxisBody], counts: tuple[int, int]
) -> tuple[SweepAxis, SweepAxis]:
    """Read both axes, so that what is wrong with either is told at once."""
    axes: list[SweepAxis] = []
    complaints: list[Complaint] = []
    for key, body, count in zip("xy", bodies, counts, strict=True):
        try:
            axes.append(read_sweep_axis(experiment, key, body, count))
        except ScenarioError as error:
            complaints.extend(error.complaints)
    if complaints:
        raise ScenarioError(complaints)
    x, y = axes
    return x, y


def _clashes(x: SweepAxis, y: SweepAxis, seeds: int, experiment: Experiment) -> list[Complaint]:
    """What is wrong with the combination although every part is right."""
    found = []
    if x.targets & y.targets:
        what = "sets the same number as x"
        found.append(Complaint("y.path", what, "let the two axes set different numbers"))
    if seeds > 1 and "seed" in (x.path, y.path):
        found.append(Complaint("seeds", "must be 1 where an axis is the seed", "leave it out"))
    if experiment.seed + seeds - 1 > MAX_SEED:
        found.append(Complaint("seeds", "go beyond the largest seed", "lower the seed of the experiment"))
    return found
