"""What can be asked besides the document itself: a run, with an axis or a plane; a surface. Checked and priced here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, Strict, ValidationError

from clipscape.axes import MAX_NOTCHES, Axis, read_axis
from clipscape.complaints import Complaint, ScenarioError, from_pydantic
from clipscape.cost import Estimate, estimate_fan, estimate_run, estimate_surface
from clipscape.lowering import Fits, Lowerable, what_to_lower
from clipscape.migrations import migrate
from clipscape.network_cost import estimate_plane, estimate_training
from clipscape.plane_answers import plane_kind, usual_resolution
from clipscape.problems.base import Problem
from clipscape.problems.training import Training
from clipscape.scenario import Choice, Coordinate, Experiment, Model, Scenario, View, parameter_value, whole
from clipscape.understanding import is_network, make_problem, problem_of, understand, understand_choice, understand_view
from clipscape.wire import FIELDS, NETWORK_FIELDS, NETWORK_NOTCH_FIELDS, NOTCH_FIELDS, ArrayForm

MAX_RESOLUTION = 256
DEFAULT_RESOLUTION = 121
MAX_COORDINATES = 3
"""Of a point as it is read: one more than any start has, so that too many are noticed."""

_FEWER = Complaint("experiment.variants", "are too many for all that is asked", "ask for fewer, and lower n_steps too")

FieldName = Literal[
    "params", "grad", "clip_input", "clipped", "update", "loss", "grad_norm", "clip_input_norm", "clipped_norm",
    "update_norm", "clip_coef", "angle", "fired", "accuracy", "param_norm", "update_ratio", "tensor_grad_norm",
    "tensor_clipped_norm",
]  # fmt: skip
Resolution = Annotated[int, Strict(), Field(ge=2, le=MAX_RESOLUTION), BeforeValidator(whole)]


def _notch_value(value: object) -> object:
    """Accept what a parameter might be, or a point."""
    if isinstance(value, list | tuple):
        return tuple(parameter_value(coordinate) for coordinate in value[:MAX_COORDINATES])
    return parameter_value(value)


class AxesBody(Model):
    """One number of the experiment, by its path, or its start, and the values it takes, one notch each."""

    path: Annotated[str, Strict(), Field(min_length=1, max_length=120)]
    values: Annotated[
        tuple[Annotated[Any, BeforeValidator(_notch_value)], ...], Field(min_length=1, max_length=MAX_NOTCHES)
    ]


class SimulateBody(Scenario):
    """A scenario, and optionally an axis, the fields wanted, and (streams of networks) a plane for the end."""

    view: View = View()
    axes: AxesBody | None = None
    fields: Annotated[tuple[FieldName, ...], Field(max_length=len({*FIELDS, *NETWORK_FIELDS}))] | None = None
    arithmetic: Annotated[bool, Strict()] = False
    """Also every line between the gradient and the step: only of a run without axes, on a landscape."""
    plane: Choice | None = None


class SurfaceBody(Model):
    """The loss of a landscape on a grid over a window."""

    version: Literal[1] = 1
    problem: Choice
    window: tuple[tuple[Coordinate, Coordinate], tuple[Coordinate, Coordinate]] | None = None
    resolution: Resolution = DEFAULT_RESOLUTION


class PlaneBody(Model):
    """The loss of a network on a plane through its weights, and the paths of all variants on it."""

    version: Literal[1] = 1
    experiment: Experiment
    plane: Choice = Choice(kind="path")
    resolution: Resolution | None = None
    """By default as fine as takes some seconds: every point takes a pass over all held-out sequences."""


@dataclass(frozen=True)
class RunAsk:
    """A run as understood; its data form is the cache key and what a worker receives."""

    experiment: Experiment
    axis: Axis | None
    fields: tuple[str, ...]
    form: ArrayForm
    arithmetic: bool = False
    plane: Choice | None = None
    packed: bool = False
    """Whether every notch comes in the one block of `fans`."""

    @property
    def topic(self) -> str | None:
        """What a worker may remember afterwards: the snapshots of a network."""
        return topic_of(self.experiment)

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data that `from_data` reads back."""
        axes = None if self.axis is None else {"path": self.axis.path, "values": list(self.axis.values)}
        plane = {} if self.plane is None else {"plane": self.plane.model_dump(mode="json")}
        data = {"experiment": self.experiment.as_data(), "axes": axes, "fields": list(self.fields), "form": self.form}
        packed = {"packed": True} if self.packed else {}
        return {**data, "arithmetic": self.arithmetic, **plane, **packed}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> RunAsk:
        """Read what `as_data` wrote; it has been checked before."""
        experiment = Experiment.model_validate(data["experiment"])
        axes = data["axes"]
        axis = None if axes is None else read_axis(experiment, axes["path"], tuple(axes["values"]))
        plane = Choice.model_validate(data["plane"]) if "plane" in data else None
        packed = data.get("packed", False)
        return cls(experiment, axis, tuple(data["fields"]), data["form"], data["arithmetic"], plane, packed)

    def estimate(self) -> Estimate:
        """Say what it will cost."""
        notches = len(self.axis.values) if self.axis else 1
        problem, training = problem_of(self.experiment), problem_of(self.experiment).training
        if training is None:
            if self.packed:
                return estimate_fan(self.experiment, problem, notches)
            arithmetic = self.arithmetic
            return estimate_run(self.experiment, problem, notches, self.fields, self.form, arithmetic=arithmetic)
        n_steps, rows = self.experiment.n_steps, notches * len(self.experiment.variants)
        run = estimate_training(training, n_steps, rows, self.fields, self.form, whole=self.axis is None)
        if self.plane is None:
            return run
        return run + estimate_plane(usual_resolution(training) ** 2, training, self.form)

    def lower(self, fits: Fits) -> Complaint:
        """Name the number to lower, and to what: notches first, then steps, then what makes a network large."""

        def price(experiment: Experiment) -> Estimate:
            return replace(self, experiment=experiment).estimate()

        numbers = list(lowerable(self.experiment, price))
        if self.axis is not None:
            numbers = [Lowerable("axes.values", 1, len(self.axis.values), self._with_notches), *numbers]
        return what_to_lower(numbers, fits, _FEWER)

    def _with_notches(self, count: int) -> Estimate:
        assert self.axis is not None
        return replace(self, axis=replace(self.axis, values=self.axis.values[:count])).estimate()


@dataclass(frozen=True)
class SurfaceAsk:
    """A surface as understood."""

    problem: Choice
    window: tuple[tuple[float, float], ...]
    resolution: int
    form: ArrayForm

    job = "surface"
    topic = None

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

    def lower(self, fits: Fits) -> Complaint:
        """Name the number to lower, and to what."""
        return what_to_lower([_resolution(self)], fits, _FEWER)


@dataclass(frozen=True)
class PlaneAsk:
    """A plane through the weights of a network as understood."""

    experiment: Experiment
    plane: Choice
    resolution: int
    form: ArrayForm

    job = "plane"

    @property
    def topic(self) -> str | None:
        """What a worker may remember: the snapshots of the run."""
        return topic_of(self.experiment)

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data that `from_data` reads back."""
        experiment, plane = self.experiment.as_data(), self.plane.model_dump(mode="json")
        return {"experiment": experiment, "plane": plane, "resolution": self.resolution, "form": self.form}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> PlaneAsk:
        """Read what `as_data` wrote."""
        experiment = Experiment.model_validate(data["experiment"])
        return cls(experiment, Choice.model_validate(data["plane"]), data["resolution"], data["form"])

    def estimate(self) -> Estimate:
        """Say what it will cost where no worker remembers the run."""
        training, n_variants = training_of(self.experiment), len(self.experiment.variants)
        run = estimate_training(training, self.experiment.n_steps, n_variants, (), self.form, whole=False)
        return run + estimate_plane(self.resolution**2, training, self.form)

    def lower(self, fits: Fits) -> Complaint:
        """Name the number to lower, and to what."""

        def price(experiment: Experiment) -> Estimate:
            return replace(self, experiment=experiment).estimate()

        return what_to_lower([_resolution(self), *lowerable(self.experiment, price)], fits, _FEWER)


def _resolution(ask: SurfaceAsk | PlaneAsk) -> Lowerable:
    return Lowerable("resolution", 2, ask.resolution, lambda value: replace(ask, resolution=value).estimate())


def lowerable(experiment: Experiment, price: Callable[[Experiment], Estimate]) -> Iterator[Lowerable]:
    """Yield the numbers that make an experiment dear, in the order in which they are best lowered."""
    update = experiment.model_copy
    yield Lowerable("experiment.n_steps", 1, experiment.n_steps, lambda n: price(update(update={"n_steps": n})))
    if experiment.task is not None:
        for key, name in (("task", "batch_size"), ("problem", "hidden_size")):
            yield _lowerable_param(experiment, price, key, name)


def _lowerable_param(experiment: Experiment, price: Callable[[Experiment], Estimate], key: str, name: str) -> Lowerable:
    choice: Choice = getattr(experiment, key)

    def with_value(value: int) -> Estimate:
        changed = choice.model_copy(update={"params": {**choice.params, name: value}})
        return price(experiment.model_copy(update={key: changed}))

    return Lowerable(f"experiment.{key}.params.{name}", 1, int(choice.params[name]), with_value)


def training_of(experiment: Experiment) -> Training:
    """Return how the network of an understood experiment is trained."""
    training = problem_of(experiment).training
    assert training is not None
    return training


def topic_of(experiment: Experiment) -> str | None:
    """Return the name under which a worker remembers a run; None where there is nothing to remember."""
    return experiment.content_hash() if is_network(experiment.problem) else None


def read_run_ask(body: object, form: ArrayForm, *, packed: bool = False) -> RunAsk:
    """Read the body of a request for a run; raise `ScenarioError` with every complaint.

    With `packed` it has to be every notch of a landscape's axis, of which all that can be drawn is sent.
    """
    document = migrate(body)
    try:
        asked = SimulateBody.model_validate(document)
    except ValidationError as error:
        raise ScenarioError(from_pydantic(error)) from None
    understand_view(asked.view)
    experiment = understand(asked.experiment)
    axis = None if asked.axes is None else read_axis(experiment, asked.axes.path, asked.axes.values)
    if asked.arithmetic and (axis is not None or problem_of(experiment).training is not None):
        raise ScenarioError([Complaint("arithmetic", "is told of single runs on landscapes only", "leave it out")])
    plane = None if asked.plane is None else _understand_plane(experiment, asked.plane)
    if packed:
        _refuse_to_pack(experiment, asked)
        return RunAsk(experiment, axis, (), form, packed=True)
    fields = _fields(experiment, asked.fields, axis)
    return RunAsk(experiment, axis, fields, form, asked.arithmetic, plane)


def _refuse_to_pack(experiment: Experiment, asked: SimulateBody) -> None:
    """Raise `ScenarioError` for what the packed form cannot carry."""
    complaints = []
    if asked.axes is None:
        complaints.append(Complaint("axes", "is missing: only the notches of an axis are packed", "give axes"))
    if is_network(experiment.problem):
        complaints.append(Complaint("experiment.problem", "is a network, and not packed", "use arrays=base64"))
    if asked.fields is not None:
        complaints.append(Complaint("fields", "cannot be chosen: the packed form has its own", "leave it out"))
    if complaints:
        raise ScenarioError(complaints)


def _fields(experiment: Experiment, asked: tuple[str, ...] | None, axis: Axis | None) -> tuple[str, ...]:
    """Return the fields to send, in their own order; raise `ScenarioError` for one that the problem does not have."""
    network = is_network(experiment.problem)
    known = NETWORK_FIELDS if network else FIELDS
    if asked is None:
        notch_fields = NETWORK_NOTCH_FIELDS if network else NOTCH_FIELDS
        return known if axis is None else notch_fields
    what = "has one number per weight, too many to send" if network else "is recorded of networks only"
    wrong = [
        Complaint(f"fields.{index}", what, f"use some of: {', '.join(known)}")
        for index, name in enumerate(asked)
        if name not in known
    ]
    if wrong:
        raise ScenarioError(wrong)
    return tuple(name for name in known if name in asked)


def _understand_plane(experiment: Experiment, plane: Choice) -> Choice:
    """Check a plane against the network that it is laid through, and fill in its defaults."""
    if not is_network(experiment.problem):
        what = "is for networks only: a landscape is drawn over its own two parameters"
        raise ScenarioError([Complaint("plane", what, "leave it out")])
    understood = understand_choice("plane", plane, ("plane",))
    complaints = list(_flaws(experiment, understood))
    if complaints:
        raise ScenarioError(complaints)
    return understood


def _flaws(experiment: Experiment, plane: Choice) -> Iterator[Complaint]:
    for name, what, remedy in plane_kind(plane).flaws(training_of(experiment).blocks):
        yield Complaint(f"plane.params.{name}", what, remedy)


def read_surface_ask(body: object, form: ArrayForm) -> SurfaceAsk | PlaneAsk:
    """Read the body of a request for a surface or a plane; raise `ScenarioError` with every complaint."""
    document = migrate(body)
    of_network = isinstance(document, dict) and "experiment" in document
    try:
        asked = (PlaneBody if of_network else SurfaceBody).model_validate(document)
    except ValidationError as error:
        raise ScenarioError(from_pydantic(error)) from None
    if isinstance(asked, PlaneBody):
        experiment = understand(asked.experiment)
        plane = _understand_plane(experiment, asked.plane)
        return PlaneAsk(experiment, plane, asked.resolution or usual_resolution(training_of(experiment)), form)
    assert isinstance(asked, SurfaceBody)
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
