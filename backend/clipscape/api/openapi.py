"""What `/openapi.json` says about each route: bodies, answers, errors, and an example of everything to be asked."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from clipscape.api.problems import MEDIA_TYPE, TITLES
from clipscape.api.schema_parts import Schema, ref
from clipscape.api.schemas import components
from clipscape.fans import MEDIA_TYPE as PACKED_TYPE

DESCRIPTION = (
    "Runs gradient descent with and without gradient clipping and returns what happened. A request is a scenario, "
    "the same document that a link or a file carries. The same request always has the same answer, so answers carry "
    "an ETag; a POST here changes nothing, but for one to /links, which stores a document. Errors are "
    "application/problem+json with a stable code, what is wrong, where, and what to do."
)

_DEFAULT_EXPERIMENT = {
    "problem": {"kind": "cliff"},
    "optimizer": {"kind": "sgd", "params": {"learning_rate": 0.1}},
    "n_steps": 300,
    "variants": [
        {"name": "No clipping", "clip": {"kind": "none"}},
        {"name": "Norm", "clip": {"kind": "norm", "params": {"max_norm": 1.0}}},
        {"name": "Value", "clip": {"kind": "value", "params": {"clip_value": 1.0}}},
    ],
}
_NETWORK = {
    "problem": {"kind": "tanh_rnn"},
    "task": {"kind": "adding", "params": {"sequence_length": 20}},
    "optimizer": {"kind": "sgd", "params": {"learning_rate": 0.1}},
    "n_steps": 50,
    "variants": [
        {"name": "No clipping", "clip": {"kind": "none"}},
        {"name": "Norm", "clip": {"kind": "norm", "params": {"max_norm": 1.0}}},
    ],
}
_NOTCHES = {"path": "variants.*.threshold", "values": [0.1, 0.3, 1.0, 3.0, 10.0]}
_HEIGHT = {"path": "problem.params.height", "low": 0.0, "high": 80.0}
_START = {"path": "start.0", "low": -2.0, "high": 1.0}

EXAMPLES: dict[str, dict[str, Any]] = {
    "simulate": {
        "comparison": {
            "summary": "Three variants",
            "value": {"version": 1, "experiment": _DEFAULT_EXPERIMENT},
        },
        "slider": {
            "summary": "Every notch of a threshold slider",
            "value": {"version": 1, "experiment": _DEFAULT_EXPERIMENT, "axes": _NOTCHES, "fields": ["params"]},
        },
        "network": {"summary": "A network", "value": {"version": 1, "experiment": _NETWORK}},
    },
    "stream": {
        "comparison": {"value": {"version": 1, "experiment": {**_DEFAULT_EXPERIMENT, "n_steps": 1000}}},
        "network": {
            "summary": "A network, with a plane at the end",
            "value": {"version": 1, "experiment": _NETWORK, "plane": {"kind": "path"}},
        },
    },
    "sweep": {
        "map": {
            "summary": "Threshold against learning rate",
            "value": {"version": 1, "experiment": _DEFAULT_EXPERIMENT, "resolution": 32},
        },
        "axes": {
            "summary": "Two other numbers",
            "value": {"version": 1, "experiment": _DEFAULT_EXPERIMENT, "x": _HEIGHT, "y": _START, "resolution": [5, 9]},
        },
    },
    "sweep_estimate": {"map": {"value": {"version": 1, "experiment": _DEFAULT_EXPERIMENT}}},
    "animation": {"comparison": {"value": {"version": 1, "experiment": _DEFAULT_EXPERIMENT}}},
    "export": {"comparison": {"value": {"version": 1, "experiment": _DEFAULT_EXPERIMENT}}},
    "new_link": {"comparison": {"value": {"version": 1, "experiment": _DEFAULT_EXPERIMENT}}},
    "surface": {
        "cliff": {
            "summary": "Over its own window",
            "value": {"problem": {"kind": "cliff"}, "resolution": 61},
        },
        "window": {
            "summary": "Over another window",
            "value": {"version": 1, "problem": {"kind": "rosenbrock"}, "window": [[-2, 2], [-1, 3]], "resolution": 61},
        },
        "network": {
            "summary": "On a plane through a network",
            "value": {"version": 1, "experiment": _NETWORK, "plane": {"kind": "random"}, "resolution": 11},
        },
    },
}

_BODIES: dict[str, Schema] = {
    "simulate": ref("SimulateBody"),
    "stream": ref("SimulateBody"),
    "surface": {"oneOf": [ref("SurfaceBody"), ref("PlaneBody")]},
    "sweep": ref("SweepBody"),
    "sweep_estimate": ref("SweepBody"),
    "new_link": ref("Scenario"),
    "export": ref("Scenario"),
    "animation": ref("Scenario"),
}
_COMPUTES = ("not_json", "body_timeout", "too_large", "uri_too_long", "not_json_type", "invalid", "superseded", "busy")
_COMPUTES_ADDRESSED = ("not_json", "uri_too_long", "invalid", "superseded", "other_engine", "busy")
_READS = ("uri_too_long",)
_STORES = ("links_unavailable", "links_full")
_ANSWERS: dict[str, tuple[str, Schema]] = {
    "catalog": ("Everything selectable", {"type": "object"}),
    "limits": ("Every limit by name", {"type": "object", "additionalProperties": {"type": "number"}}),
    "presets": ("The presets", {"type": "object", "required": ["presets"]}),
    "preset": ("One preset", {"type": "object", "required": ["name", "scenario", "thumbnail"]}),
    "simulate": ("What happened", ref("RunAnswer")),
    "surface": ("The grid", ref("SurfaceAnswer")),
    "get_simulate": ("What happened", ref("RunAnswer")),
    "get_surface": ("The grid", ref("SurfaceAnswer")),
    "sweep_estimate": ("Price and possible axes", ref("SweepEstimate")),
    "export": ("Scenario and run (csv, html and code: text; gif: bytes)", {"type": "object"}),
    "new_link": ("It was stored before", ref("NewLink")),
    "link": ("The scenario of a link", ref("Link")),
    "livez": ("Alive", {"type": "object"}),
    "readyz": ("Ready", {"type": "object"}),
    "statusz": ("How busy it is", {"type": "object", "additionalProperties": {"type": "integer"}}),
}
_STREAM_EVENTS = (
    "Events `start` {experiment, problem, n_steps}, `chunk` {first_step, last_step, variants}, `progress` {done, "
    "total, remaining_seconds}, `end` {variants} and, if something goes wrong on the way, `error` with a problem. "
    "Of a network `start` is a NetworkHead, the variants of a `chunk` are NetworkRecords, and where the body asks for "
    "a `plane`, the last event is `plane`, a PlaneAnswer."
)
_SWEEP_EVENTS = (
    "Events `start`, a SweepStart, then `tile`, a SweepTile, and `progress` {done, total, seconds_left} in turn, then "
    "`end` {} and, if something goes wrong on the way, `error` with a problem. Levels come from coarse to fine: cell "
    "y * nx + x of level 8 stands for a block of 8 x 8 cells until finer levels tell the others."
)
_ANIMATION_EVENTS = (
    "Events `progress` {done, total, remaining_seconds}, then `end` {media_type, base64} and, if something goes wrong "
    "on the way, `error` with a problem."
)
_EVENTS = {"stream": _STREAM_EVENTS, "sweep": _SWEEP_EVENTS, "animation": _ANIMATION_EVENTS}
_PACKED = "With arrays=packed: the length of a head (4 bytes, little-endian), the head as JSON, and blocks of bytes."
_ERRORS = {
    "presets": (*_READS, "busy"),
    "preset": (*_READS, "invalid", "not_found", "busy"),
    "readyz": (*_READS, "not_ready"),
    **dict.fromkeys(_BODIES, _COMPUTES),
    **dict.fromkeys(("get_simulate", "get_surface"), _COMPUTES_ADDRESSED),
    "new_link": (
        *(code for code in _COMPUTES if code not in ("busy", "superseded")),
        "link_removed",
        "too_many_links",
        *_STORES,
    ),
    "link": (*_READS, "invalid", "not_found", "link_removed", *_STORES),
}


def documented(name: str) -> dict[str, Any]:
    """Return the arguments of a route decorator that describe the route called `name`."""
    responses: dict[int | str, Any] = {200: _success(name)}
    if name == "new_link":
        responses[201] = {**_success(name), "description": "It is stored"}
    elif name not in ("livez", "readyz", "statusz", "sweep_estimate", *_EVENTS):
        responses[304] = {"description": "What you have (If-None-Match) is still right"}
    for code in _ERRORS.get(name, _READS):
        status, title = TITLES[code]
        responses[status] = {"description": title, "content": {MEDIA_TYPE: {"schema": ref("Error")}}}
    described: dict[str, Any] = {"operation_id": name, "responses": responses}
    if name in _BODIES:
        content = {"application/json": {"schema": _BODIES[name], "examples": EXAMPLES[name]}}
        described["openapi_extra"] = {"requestBody": {"required": True, "content": content}}
    return described


def _success(name: str) -> dict[str, Any]:
    if name in _EVENTS:
        return {"description": _EVENTS[name], "content": {"text/event-stream": {"schema": ref("Event")}}}
    description, schema = _ANSWERS[name]
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if name == "export":
        content |= {kind: {"schema": {"type": "string"}} for kind in ("text/csv", "text/plain", "text/html")}
        content["image/gif"] = {"schema": {"type": "string", "format": "binary"}}
    if name in ("simulate", "get_simulate"):
        content[PACKED_TYPE] = {"schema": {"type": "string", "format": "binary", "description": _PACKED}}
    return {"description": description, "content": content}


def install_schema(app: FastAPI) -> None:
    """Make `app.openapi()` return the routes together with our own schemas."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                servers=app.servers,
            )
            for path in schema["paths"].values():
                for operation in path.values():
                    _without_default_422(operation)
            schema["components"] = {"schemas": components()}
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _without_default_422(operation: dict[str, Any]) -> None:
    """FastAPI documents its own form of a 422; ours is the only one that is sent."""
    answer = operation["responses"].get("422", {})
    if "application/json" in answer.get("content", {}):
        answer["content"] = {MEDIA_TYPE: {"schema": ref("Error")}}
