"""JSON schemas of what is asked and answered. Requests come from the models and the catalogue: one source of truth."""

from __future__ import annotations

from clipscape.api.network_schemas import network_components
from clipscape.api.problems import TITLES
from clipscape.api.schema_parts import (
    COUNT,
    INTERVALS,
    NULLABLE_TEXT,
    NUMBER,
    TEMPLATE,
    TEXT,
    Schema,
    closed,
    list_of,
    ref,
)
from clipscape.api.sweep_schemas import sweep_components
from clipscape.asks import PlaneBody, SimulateBody, SurfaceBody
from clipscape.catalog import Entry, Parameter
from clipscape.families import FAMILIES, Family
from clipscape.scenario import Scenario
from clipscape.sweeps import SweepBody
from clipscape.wire import ARITHMETIC_VECTORS, FIELDS, NUMBER_FIELDS, VECTOR_FIELDS

_SHARED_CHOICES = ("problem", "optimizer", "schedule", "noise", "weight_decay")


def components() -> dict[str, Schema]:
    """Return every named schema."""
    return {**_requests(), **_choices(), **_answers()}


def _choice_name(key: str) -> str:
    return "".join(word.capitalize() for word in key.split("_")) + "Choice"


def _requests() -> dict[str, Schema]:
    named: dict[str, Schema] = {}
    for model in (SimulateBody, SurfaceBody, PlaneBody, SweepBody, Scenario):
        schema = model.model_json_schema(ref_template=TEMPLATE)
        named.update(schema.pop("$defs", {}))
        named[model.__name__] = schema
    for unused in ("Choice", "Clip"):
        del named[unused]
    for key in _SHARED_CHOICES:
        named["Experiment"]["properties"][key] = ref(_choice_name(key))
    for key in ("task", "init"):
        named["Experiment"]["properties"][key] = _optional(key)
    for holder in ("View", "SimulateBody"):
        named[holder]["properties"]["plane"] = _optional("plane")
    named["PlaneBody"]["properties"]["plane"] = {**ref(_choice_name("plane")), "default": {"kind": "path"}}
    named["Variant"]["properties"]["clip"] = ref(_choice_name("clip"))
    for key in ("optimizer", "schedule"):
        named["Variant"]["properties"][key] = _optional(key)
    named["SurfaceBody"]["properties"]["problem"] = ref(_choice_name("problem"))
    named["AxesBody"]["properties"]["values"]["items"] = {
        "type": ["number", "boolean", "string", "array"],
        "items": NUMBER,
    }
    return named


def _optional(key: str) -> Schema:
    """Describe a choice that may be left out."""
    return {"anyOf": [ref(_choice_name(key)), {"type": "null"}]}


def _choices() -> dict[str, Schema]:
    return {_choice_name(family.key): _family_schema(family) for family in FAMILIES.values()}


def _family_schema(family: Family) -> Schema:
    return {"oneOf": [_entry_schema(family, entry) for entry in family.catalog.values()]}


def _entry_schema(family: Family, entry: Entry) -> Schema:
    params = {parameter.name: parameter_schema(parameter) for parameter in entry.parameters}
    properties: Schema = {
        "kind": {"const": entry.kind},
        "params": {"type": "object", "properties": params, "additionalProperties": False},
    }
    if family.key == "clip":
        positions = entry.traits.get("positions", ("before", "after"))
        properties["position"] = {"enum": list(positions), "default": "before"}
    return closed(properties, required=["kind"], title=entry.label, description=entry.help)


def parameter_schema(parameter: Parameter) -> Schema:
    """Describe the values that a parameter accepts."""
    described: Schema = {"description": parameter.help, "default": parameter.default}
    if parameter.type == "choice":
        return {"enum": list(parameter.choices), **described}
    if parameter.type == "bool":
        return {"type": "boolean", **described}
    bounds = {"minimum": parameter.low, "maximum": parameter.high}
    kind = "integer" if parameter.type == "int" else "number"
    return {"type": kind, **{name: bound for name, bound in bounds.items() if bound is not None}, **described}


EVENTS = ("start", "chunk", "tile", "progress", "end", "plane", "error")
"""Names of the events of a stream."""


def _answers() -> dict[str, Schema]:
    outcome = closed(
        {
            "status": TEXT,
            "step": {"type": ["integer", "null"]},
            "reason": NULLABLE_TEXT,
            "headline": TEXT,
            "sentence": TEXT,
        }
    )
    numbers = ("final_loss", "best_loss", "clip_fraction", "max_grad_norm", "max_angle")
    summary = closed({"n_steps": COUNT, **dict.fromkeys(numbers, NUMBER), "final_params": list_of(NUMBER)})
    outcome["properties"]["status"] = {"enum": ["converged", "bounded", "stalled", "descending", "diverged"]}
    series = {"type": "object", "properties": dict.fromkeys(FIELDS, ref("Array")), "additionalProperties": False}
    named = {"name": TEXT, "outcome": ref("Outcome"), "summary": ref("Summary")}
    head = {"engine": TEXT, "experiment": ref("Experiment"), "problem": ref("ProblemFacts")}
    own = {**named, "series": ref("Series")}
    variant = closed({**own, "arithmetic": ref("Arithmetic")}, required=list(own))
    single = closed({**head, "variants": list_of(variant)})
    notch = closed({"outcome": ref("Outcome"), "summary": ref("Summary")})
    many = closed({
        **head,
        "axes": closed({"path": TEXT, "values": list_of({})}),
        "variants": list_of(closed({"name": TEXT, "notches": list_of(notch)})),
        "arrays": ref("Series"),
    })  # fmt: skip
    return {
        "Array": _array_schema(),
        "Outcome": outcome,
        "Summary": summary,
        "Series": {**series, "description": _SERIES_HELP},
        "Arithmetic": _arithmetic_schema(),
        "ProblemFacts": _problem_facts(),
        "RunAnswer": {
            "oneOf": [
                {**single, "title": "One run"},
                {**many, "title": "Every notch of an axis"},
                ref("NetworkRun"),
                ref("NetworkNotches"),
            ]
        },
        "NewLink": closed({"id": TEXT, "url": TEXT, "hash_url": TEXT}),
        "Link": closed({"id": TEXT, "engine": TEXT, "document": {"type": "object"}}),
        "SurfaceAnswer": {"oneOf": [_surface_answer(), ref("PlaneAnswer")]},
        "Event": closed(
            {"event": {"enum": list(EVENTS)}, "data": {"type": "string", "contentMediaType": "application/json"}}
        ),
        "Error": _error_schema(),
        **network_components(),
        **sweep_components(),
    }


_SERIES_HELP = (
    f"{', '.join(VECTOR_FIELDS)} have one number per coordinate, {', '.join(NUMBER_FIELDS)} one per step. "
    "params and loss have n_steps + 1 entries, the others n_steps; a diverged variant's series end where it stopped."
)
_ARITHMETIC_HELP = (
    "Only where it was asked for, one entry per step: the gradient before the noise, what the optimizer received, its "
    "direction, what the learning rate multiplied (with decoupled weight decay), the learning rate in force, and the "
    "optimizer's memory after the update by the symbols of its lines in the catalogue. The step taken is "
    "-learning_rate * descent."
)


def _array_schema() -> Schema:
    block = closed({
        "dtype": {"enum": ["f4", "f8", "u1", "i4"]},
        "shape": list_of(COUNT),
        "bdata": {"type": "string", "contentEncoding": "base64"},
    })  # fmt: skip
    return {"oneOf": [{"type": "array", "items": {}}, block]}


def _arithmetic_schema() -> Schema:
    memory = {"type": "object", "additionalProperties": ref("Array")}
    arrays = dict.fromkeys((*ARITHMETIC_VECTORS, "learning_rate"), ref("Array"))
    return closed({**arrays, "memory": memory}, description=_ARITHMETIC_HELP)


def _problem_facts() -> Schema:
    return closed({
        "kind": TEXT,
        "dim": COUNT,
        "window": INTERVALS,
        "axis_labels": list_of(TEXT),
        "minimizers": list_of(list_of({"type": "number"})),
        "optimal_value": NUMBER,
    })  # fmt: skip


def _surface_answer() -> Schema:
    facts = _problem_facts()["properties"]
    grid = dict.fromkeys(("x", "y", "z"), ref("Array"))
    shared = {name: facts[name] for name in ("window", "axis_labels", "minimizers", "optimal_value")}
    return closed({**grid, **shared, "clipped_above": NUMBER}, title="A landscape")


def _error_schema() -> Schema:
    complaint = closed({"where": TEXT, "what": TEXT, "remedy": TEXT})
    properties: Schema = {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "code": {"enum": list(TITLES)},
        "detail": TEXT,
        "errors": list_of(complaint),
        "estimate": {"type": "number", "description": "Of a refusal for cost: what it would cost."},
        "limit": {"type": "number", "description": "Of a refusal for cost: the limit it passes."},
        "engine": {"type": "string", "description": "Of an address for another release: the release that answers."},
    }
    return closed(properties, required=["type", "title", "status", "code", "detail", "errors"])
