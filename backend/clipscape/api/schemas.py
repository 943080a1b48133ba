"""JSON schemas of what is asked and answered. Requests come from the models and the catalogue: one source of truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clipscape.api.problems import TITLES
from clipscape.asks import SimulateBody, SurfaceBody
from clipscape.catalog import Entry, Parameter
from clipscape.families import FAMILIES, Family
from clipscape.wire import ARITHMETIC_VECTORS, FIELDS, NUMBER_FIELDS, VECTOR_FIELDS

Schema = dict[str, Any]

_TEMPLATE = "#/components/schemas/{model}"
_SHARED_CHOICES = ("problem", "optimizer", "schedule", "noise", "weight_decay")


def ref(name: str) -> Schema:
    """Point to a named schema."""
    return {"$ref": _TEMPLATE.format(model=name)}


def components() -> dict[str, Schema]:
    """Return every named schema."""
    return {**_requests(), **_choices(), **_answers()}


def _choice_name(key: str) -> str:
    return "".join(word.capitalize() for word in key.split("_")) + "Choice"


def _requests() -> dict[str, Schema]:
    named: dict[str, Schema] = {}
    for model in (SimulateBody, SurfaceBody):
        schema = model.model_json_schema(ref_template=_TEMPLATE)
        named.update(schema.pop("$defs", {}))
        named[model.__name__] = schema
    for unused in ("Choice", "Clip"):
        del named[unused]
    for key in _SHARED_CHOICES:
        named["Experiment"]["properties"][key] = ref(_choice_name(key))
    for key in ("task", "init"):
        named["Experiment"]["properties"][key] = _optional(key)
    named["View"]["properties"]["plane"] = _optional("plane")
    named["Variant"]["properties"]["clip"] = ref(_choice_name("clip"))
    for key in ("optimizer", "schedule"):
        named["Variant"]["properties"][key] = _optional(key)
    named["SurfaceBody"]["properties"]["problem"] = ref(_choice_name("problem"))
    named["AxesBody"]["properties"]["values"]["items"] = {"type": ["number", "boolean", "string"]}
    return named


def _optional(key: str) -> Schema:
    """Describe a choice that may be left out; of a family that is not there yet, nothing can be chosen."""
    nothing: Schema = {"type": "null"}
    return {"anyOf": [ref(_choice_name(key)), nothing]} if key in FAMILIES else nothing


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
    return _object(properties, required=["kind"], title=entry.label, description=entry.help)


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


def _object(properties: Mapping[str, Schema], required: list[str] | None = None, **more: Any) -> Schema:
    needed = list(properties) if required is None else required
    closed = {"type": "object", "properties": dict(properties), "required": needed, "additionalProperties": False}
    return {**closed, **more}


def _list_of(item: Schema) -> Schema:
    return {"type": "array", "items": item}


EVENTS = ("start", "chunk", "progress", "end", "error")
"""Names of the events of a stream."""

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": ["number", "null"], "description": "null: not finite"}
_INTERVALS = _list_of({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2})


def _answers() -> dict[str, Schema]:
    outcome = _object(
        {
            "status": TEXT,
            "step": {"type": ["integer", "null"]},
            "reason": NULLABLE_TEXT,
            "headline": TEXT,
            "sentence": TEXT,
        }
    )
    numbers = ("final_loss", "best_loss", "clip_fraction", "max_grad_norm", "max_angle")
    summary = _object({"n_steps": COUNT, **dict.fromkeys(numbers, NUMBER), "final_params": _list_of(NUMBER)})
    outcome["properties"]["status"] = {"enum": ["converged", "bounded", "stalled", "descending", "diverged"]}
    series = {"type": "object", "properties": dict.fromkeys(FIELDS, ref("Array")), "additionalProperties": False}
    named = {"name": TEXT, "outcome": ref("Outcome"), "summary": ref("Summary")}
    head = {"engine": TEXT, "experiment": ref("Experiment"), "problem": ref("ProblemFacts")}
    own = {**named, "series": ref("Series")}
    variant = _object({**own, "arithmetic": ref("Arithmetic")}, required=list(own))
    single = _object({**head, "variants": _list_of(variant)})
    notch = _object({"outcome": ref("Outcome"), "summary": ref("Summary")})
    many = _object({
        **head,
        "axes": _object({"path": TEXT, "values": _list_of({})}),
        "variants": _list_of(_object({"name": TEXT, "notches": _list_of(notch)})),
        "arrays": ref("Series"),
    })  # fmt: skip
    return {
        "Array": _array_schema(),
        "Outcome": outcome,
        "Summary": summary,
        "Series": {**series, "description": _SERIES_HELP},
        "Arithmetic": _arithmetic_schema(),
        "ProblemFacts": _problem_facts(),
        "RunAnswer": {"oneOf": [{**single, "title": "One run"}, {**many, "title": "Every notch of an axis"}]},
        "SurfaceAnswer": _surface_answer(),
        "Event": _object(
            {"event": {"enum": list(EVENTS)}, "data": {"type": "string", "contentMediaType": "application/json"}}
        ),
        "Error": _error_schema(),
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
NULLABLE_TEXT: Schema = {"type": ["string", "null"]}


def _array_schema() -> Schema:
    block = _object({
        "dtype": {"enum": ["f4", "f8", "u1"]},
        "shape": _list_of(COUNT),
        "bdata": {"type": "string", "contentEncoding": "base64"},
    })  # fmt: skip
    return {"oneOf": [{"type": "array", "items": {}}, block]}


def _arithmetic_schema() -> Schema:
    memory = {"type": "object", "additionalProperties": ref("Array")}
    arrays = dict.fromkeys((*ARITHMETIC_VECTORS, "learning_rate"), ref("Array"))
    return _object({**arrays, "memory": memory}, description=_ARITHMETIC_HELP)


def _problem_facts() -> Schema:
    return _object({
        "kind": TEXT,
        "dim": COUNT,
        "window": _INTERVALS,
        "axis_labels": _list_of(TEXT),
        "minimizers": _list_of(_list_of({"type": "number"})),
        "optimal_value": NUMBER,
    })  # fmt: skip


def _surface_answer() -> Schema:
    facts = _problem_facts()["properties"]
    grid = dict.fromkeys(("x", "y", "z"), ref("Array"))
    shared = {name: facts[name] for name in ("window", "axis_labels", "minimizers", "optimal_value")}
    return _object({**grid, **shared, "clipped_above": NUMBER})


def _error_schema() -> Schema:
    complaint = _object({"where": TEXT, "what": TEXT, "remedy": TEXT})
    properties: Schema = {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "code": {"enum": list(TITLES)},
        "detail": TEXT,
        "errors": _list_of(complaint),
        "estimate": {"type": "number", "description": "Of a refusal for cost: what it would cost."},
        "limit": {"type": "number", "description": "Of a refusal for cost: the limit it passes."},
    }
    return _object(properties, required=["type", "title", "status", "code", "detail", "errors"])
