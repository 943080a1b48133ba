"""The document: `Scenario` = version + experiment + view. Request body, link, preset and file are this one thing.

Only `Experiment` reaches the numerics and the hash. Everything is frozen, unknown keys are refused, numbers are strict,
finite and bounded; containers are lax, so a JSON list is accepted for a tuple. What the catalogue knows (kinds,
parameters, their ranges) is checked by `understanding.py`, not here.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator
from pydantic_core import PydanticCustomError

from clipscape.canonical import canonical_json, content_hash
from clipscape.catalog import ParameterValue

MAX_STEPS = 5000
MAX_VARIANTS = 16
MAX_NAME = 60
MAX_TITLE = 120
MAX_NOTE = 500
MAX_QUESTION = 200
MAX_ANSWER = 80
MOST_ANSWERS = 5
MAX_SHOWN = 4
"""Variants that the page shows side by side; a question is about these."""
MAX_COORDINATE = 1e6
MAX_SEED = 2**32 - 1
MAX_MAP_RESOLUTION = 256
MAX_MAP_SEEDS = 64
_MAX_NUMBER = 1e300


def _plain_error(what: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError("plain", "{what}", {"what": what, "remedy": remedy})


def whole(value: object) -> object:
    """JSON does not tell 300.0 from 300: both are the whole number 300."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def parameter_value(value: object) -> ParameterValue:
    """Accept what any parameter might be: a finite number, a truth value or a short text. The catalogue knows more."""
    if isinstance(value, str) and len(value) <= MAX_NAME:
        return value
    if isinstance(value, int | float) and abs(value) <= _MAX_NUMBER:
        return value
    raise _plain_error("must be a finite number, true, false or a short text", "see the ranges in /api/v1/catalog")


def _printable(text: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text) or not text.strip():
        raise _plain_error("must be readable text without control characters", "use letters, digits and punctuation")
    return text


Finite = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Coordinate = Annotated[Finite, Field(ge=-MAX_COORDINATE, le=MAX_COORDINATE)]
Name = Annotated[str, Strict(), Field(min_length=1, max_length=MAX_NAME), AfterValidator(_printable)]
Kind = Annotated[str, Strict(), Field(min_length=1, max_length=MAX_NAME)]
Params = dict[Annotated[str, Strict(), Field(max_length=MAX_NAME)], Annotated[Any, BeforeValidator(parameter_value)]]


class Model(BaseModel):
    """Base of all parts of the document: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, ser_json_inf_nan="null")


class Choice(Model):
    """One kind out of a family, with its parameters; missing parameters have their defaults."""

    kind: Kind
    params: Params = Field(default_factory=dict, max_length=32)


class Clip(Choice):
    """A clipping rule; `position` says whether it works on the gradient or on the optimizer's direction."""

    position: Literal["before", "after"] = "before"


class Variant(Model):
    """One panel of the comparison. Without its own optimizer or schedule it shares the experiment's."""

    name: Name
    clip: Clip
    optimizer: Choice | None = None
    schedule: Choice | None = None


def _drop_absent(data: dict[str, Any], *names: str) -> None:
    """Remove the named keys where they hold None, so that documents without them stay as they always were."""
    for name in names:
        if data[name] is None:
            del data[name]


class Experiment(Model):
    """Everything that can change a number."""

    problem: Choice
    task: Choice | None = None
    """Only where the problem is a network; so is `init`."""
    init: Choice | None = None
    start: Annotated[tuple[Coordinate, ...], Field(min_length=1, max_length=1000)] | None = None
    optimizer: Choice = Choice(kind="sgd")
    schedule: Choice = Choice(kind="constant")
    noise: Choice = Choice(kind="none")
    weight_decay: Choice = Choice(kind="none")
    n_steps: Annotated[int, Strict(), Field(ge=1, le=MAX_STEPS), BeforeValidator(whole)] = 300
    seed: Annotated[int, Strict(), Field(ge=0, le=MAX_SEED), BeforeValidator(whole)] = 0
    variants: Annotated[tuple[Variant, ...], Field(min_length=1, max_length=MAX_VARIANTS)]

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data; task, init, and a variant's own choices appear only where they were given."""
        data = self.model_dump(mode="json")
        _drop_absent(data, "task", "init")
        for variant in data["variants"]:
            _drop_absent(variant, "optimizer", "schedule")
        return data

    def content_hash(self) -> str:
        """Identify the experiment: the same numbers, whatever the order of keys or the spelling of 1.0."""
        return content_hash("clipscape-experiment", self.as_data())


class Axis3(Model):
    """A vector in the coordinates of a 3-D scene."""

    x: Coordinate
    y: Coordinate
    z: Coordinate


class Camera(Model):
    """Where the 3-D view is looked at from."""

    eye: Axis3
    center: Axis3 | None = None
    up: Axis3 | None = None


class MapAxis(Model):
    """What one axis of the stability map goes over: a number of the experiment by its path, and from where to where."""

    path: Annotated[str, Strict(), Field(min_length=1, max_length=120)]
    low: Finite
    high: Finite
    scale: Literal["log", "linear"] = "log"

    @model_validator(mode="after")
    def _goes_up(self) -> MapAxis:
        if not self.low < self.high:
            raise _plain_error("must go from low to high", "swap or spread the two ends")
        if self.scale == "log" and self.low <= 0:
            raise _plain_error("cannot be logarithmic from 0 or below", "use a low above 0, or a linear scale")
        return self


Measure = Literal[
    "outcome",
    "final_loss",
    "steps",
    "clip_fraction",
    "max_grad_norm",
    "share_near",
    "share_converged",
    "share_diverged",
]
"""What a map shows of a cell; the shares are of several seeds."""


class MapView(Model):
    """What the Map tab shows. What is absent is chosen for the experiment: threshold against learning rate."""

    x: MapAxis | None = None
    y: MapAxis | None = None
    resolution: Annotated[int, Strict(), Field(ge=2, le=MAX_MAP_RESOLUTION), BeforeValidator(whole)] | None = None
    seeds: Annotated[int, Strict(), Field(ge=1, le=MAX_MAP_SEEDS), BeforeValidator(whole)] = 1
    measure: Measure = "outcome"

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data without what would be so anyway: logarithmic, one seed, the outcome."""
        return self.model_dump(mode="json", exclude_defaults=True)


class View(Model):
    """How it is looked at: changes no number."""

    tab: Literal["compare", "recurrent", "map"] = "compare"
    surface: Literal["contour", "surface"] = "contour"
    step: Annotated[int, Strict(), Field(ge=0, le=MAX_STEPS), BeforeValidator(whole)] = 0
    paused: Annotated[bool, Strict()] = False
    """Stands still at step 0 instead of playing; at a later step a link stands still anyway."""
    slow: Annotated[bool, Strict()] = False
    """Slow motion, with the arithmetic of every update."""
    speed: Annotated[Finite, Field(ge=0.01, le=100)] = 1.0
    theme: Literal["auto", "light", "dark"] = "auto"
    hide: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    camera: Camera | None = None
    plane: Choice | None = None
    """Which plane through a network's weights is shown."""
    map: MapView | None = None

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data; plane, map, and a camera's centre and up vector appear only where they were given."""
        data = self.model_dump(mode="json")
        _drop_absent(data, "plane", "map")
        if self.map is not None:
            data["map"] = self.map.as_data()
        if data["camera"] is not None:
            data["camera"] = {name: vector for name, vector in data["camera"].items() if vector is not None}
        for name in ("paused", "slow"):
            if not data[name]:
                del data[name]
        return data


class Meta(Model):
    """What its maker says about a document; shown as text, never as markup."""

    title: Annotated[str, Strict(), Field(min_length=1, max_length=MAX_TITLE), AfterValidator(_printable)] | None = None
    note: Annotated[str, Strict(), Field(min_length=1, max_length=MAX_NOTE), AfterValidator(_printable)] | None = None


Asked = Annotated[str, Strict(), Field(min_length=1, max_length=MAX_QUESTION), AfterValidator(_printable)]
Answer = Annotated[str, Strict(), Field(min_length=1, max_length=MAX_ANSWER), AfterValidator(_printable)]

_NEEDS = {"outcome": {"variant"}, "lowest_loss": set(), "first": set(), "own": {"text", "choices"}}
_TAKES = {
    "outcome": {"variant", "text"},
    "lowest_loss": {"text"},
    "first": {"text"},
    "own": {"text", "choices", "right"},
}


class Question(Model):
    """What those who open a link are asked before it plays.

    How a variant ends ("outcome"), which ends lowest ("lowest_loss") or settles first ("first"): choices and right
    answer follow from the run. Only a question of one's "own" brings choices, and may say which of them is right.
    """

    about: Literal["outcome", "lowest_loss", "first", "own"]
    variant: Annotated[int, Strict(), Field(ge=0, lt=MAX_SHOWN), BeforeValidator(whole)] | None = None
    text: Asked | None = None
    """Words of its maker's own; else the page has some ready."""
    choices: Annotated[tuple[Answer, ...], Field(min_length=2, max_length=MOST_ANSWERS)] | None = None
    right: Annotated[int, Strict(), Field(ge=0, lt=MOST_ANSWERS), BeforeValidator(whole)] | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Question:
        given = {name for name in ("variant", "text", "choices", "right") if getattr(self, name) is not None}
        if given - _TAKES[self.about] or _NEEDS[self.about] - given:
            takes = ", ".join(sorted(_TAKES[self.about]))
            raise _plain_error(f"about {self.about} needs and takes other parts", f"give {takes}")
        if self.choices is not None and len(set(self.choices)) < len(self.choices):
            raise _plain_error("must not offer the same choice twice", "give every choice its own words")
        if self.choices is not None and self.right is not None and self.right >= len(self.choices):
            raise _plain_error("must have its right answer among its choices", "count from 0")
        return self

    def fits(self, variants: int) -> bool:
        """Say whether it can be asked of so many variants."""
        return variants >= 2 if self.about in ("lowest_loss", "first") else (self.variant or 0) < variants


class Scenario(Model):
    """The whole document, at the current version."""

    version: Literal[1] = 1
    experiment: Experiment
    view: View = View()
    meta: Meta | None = None
    question: Question | None = None

    @model_validator(mode="after")
    def _asks_of_what_there_is(self) -> Scenario:
        if self.question is not None and not self.question.fits(len(self.experiment.variants)):
            raise _plain_error(
                "question must be about variants that there are", "compare two, or ask about another one"
            )
        return self

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data; what its maker says about it, and asks, appears only where something is said."""
        data = {"version": self.version, "experiment": self.experiment.as_data(), "view": self.view.as_data()}
        meta = self.meta.model_dump(mode="json", exclude_none=True) if self.meta else {}
        if self.question is not None:
            data["question"] = self.question.model_dump(mode="json", exclude_none=True)
        return {**data, "meta": meta} if meta else data

    def canonical_json(self) -> str:
        """Return the one canonical text of this document: what a link carries."""
        return canonical_json(self.as_data())
