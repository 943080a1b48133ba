"""What can be asked besides the document itself: a run with an axis, a surface. Checked and priced here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, Strict, ValidationError

from clipscape.axes import MAX_NOTCHES, Axis, read_axis
from clipscape.complaints import Complaint, ScenarioError, from_pydantic
from clipscape.cost import Estimate, estimate_run, estimate_surface
from clipscape.migrations import migrate
from clipscape.problems.base import Problem
from clipscape.scenario import Choice, Coordinate, Experiment, Model, Scenario, View, parameter_value, whole
from clipscape.understanding import make_problem, problem_of, understand, understand_choice
from clipscape.wire import FIELDS, NOTCH_FIELDS, ArrayForm

MAX_RESOLUTION = 256
DEFAULT_RESOLUTION = 121

FieldName = Literal[
    "params", "grad", "clip_input", "clipped", "update", "loss", "grad_norm", "clip_input_norm", "clipped_norm",
    "update_norm", "clip_coef", "angle", "fired",
]  # fmt: skip


class AxesBody(Model):
    """One number of the experiment, by its path, and the values it takes, one notch each."""

    path: Annotated[str, Strict(), Field(min_length=1, max_length=120)]
    values: Annotated[
        tuple[Annotated[Any, BeforeValidator(parameter_value)], ...], Field(min_length=1, max_length=MAX_NOTCHES)
    ]


class SimulateBody(Scenario):
    """A scenario, and optionally an axis and the fields wanted."""

    view: View = View()
    axes: AxesBody | None = None
    fields: Annotated[tuple[FieldName, ...], Field(max_length=len(FIELDS))] | None = None
    arithmetic: Annotated[bool, Strict()] = False
    """Also every line between the gradient and the step: only of a run without axes, on a landscape."""


class SurfaceBody(Model):
    """The loss of a problem on a grid over a window."""

    version: Literal[1] = 1
    problem: Choice
    window: tuple[tuple[Coordinate, Coordinate], tuple[Coordinate, Coordinate]] | None = None
    resolution: Annotated[int, Strict(), Field(ge=2, le=MAX_RESOLUTION), BeforeValidator(whole)] = DEFAULT_RESOLUTION


@dataclass(frozen=True)
class RunAsk:
    """A run as understood; its data form is the cache key and what a worker receives."""

    experiment: Experiment
    axis: Axis | None
    fields: tuple[str, ...]
    form: ArrayForm
    arithmetic: bool = False

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data that `from_data` reads back."""
        axes = None if self.axis is None else {"path": self.axis.path, "values": list(self.axis.values)}
        data = {"experiment": self.experiment.as_data(), "axes": axes, "fields": list(self.fields), "form": self.form}
        return {**data, "arithmetic": self.arithmetic}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> RunAsk:
        """Read what `as_data` wrote; it has been checked before."""
        experiment = Experiment.model_validate(data["experiment"])
        axes = data["axes"]
        axis = None if axes is None else read_axis(experiment, axes["path"], tuple(axes["values"]))
        return cls(experiment, axis, tuple(data["fields"]), data["form"], data["arithmetic"])

    def estimate(self) -> Estimate:
        """Say what it will cost."""
        notches = len(self.axis.values) if self.axis else 1
        problem = problem_of(self.experiment)
        return estimate_run(self.experiment, problem, notches, self.fields, self.form, arithmetic=self.arithmetic)


@dataclass(frozen=True)
class SurfaceAsk:
    """A surface as understood."""

    problem: Choice
    window: tuple[tuple[float, float], ...]
    resolution: int
    form: ArrayForm

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data that `from_data` reads back."""
        window = [list(interval) for interval in self.window]
        problem = self.problem.model_dump(mode="json")
        return {"problem": problem, "window": window, "resolution": self.resolution, "form": self.form}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> SurfaceAsk:
        """Read what `as_data` wrote."""
        problem = Choice.model_validate(data["problem"])
        (x_low, x_high), (y_low, y_high) = data["window"]
        return cls(problem, ((x_low, x_high), (y_low, y_high)), data["resolution"], data["form"])

    def estimate(self) -> Estimate:
        """Say what it will cost."""
        return estimate_surface(self.resolution**2, make_problem(self.problem).cost, self.form)


def read_run_ask(body: object, form: ArrayForm) -> RunAsk:
    """Read the body of a request for a run; raise `ScenarioError` with every complaint."""
    document = migrate(body)
    try:
        asked = SimulateBody.model_validate(document)
    except ValidationError as error:
        raise ScenarioError(from_pydantic(error)) from None
    experiment = understand(asked.experiment)
    axis = None if asked.axes is None else read_axis(experiment, asked.axes.path, asked.axes.values)
    standard = FIELDS if axis is None else NOTCH_FIELDS
    chosen = standard if asked.fields is None else tuple(field for field in FIELDS if field in asked.fields)
    if asked.arithmetic and (axis is not None or problem_of(experiment).training is not None):
        raise ScenarioError([Complaint("arithmetic", "is told of single runs on landscapes only", "leave it out")])
    return RunAsk(experiment, axis, chosen, form, asked.arithmetic)


def read_surface_ask(body: object, form: ArrayForm) -> SurfaceAsk:
    """Read the body of a request for a surface; raise `ScenarioError` with every complaint."""
    document = migrate(body)
    try:
        asked = SurfaceBody.model_validate(document)
    except ValidationError as error:
        raise ScenarioError(from_pydantic(error)) from None
    choice = understand_choice("problem", asked.problem, ("problem",))
    window = asked.window or _window(make_problem(choice))
    for index, (low, high) in enumerate(window):
        if not low < high:
            raise ScenarioError(
                [Complaint(f"window.{index}", "must go from low to high", "swap or spread the two ends")]
            )
    return SurfaceAsk(choice, window, asked.resolution, form)


def _window(problem: Problem) -> tuple[tuple[float, float], ...]:
    return tuple((float(low), float(high)) for low, high in problem.window)
