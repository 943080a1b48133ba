"""JSON schemas of what is answered about networks."""

from __future__ import annotations

from typing import Any

from clipscape.api.schema_parts import (
    COUNT,
    INTERVALS,
    NULLABLE_TEXT,
    NUMBER,
    TEXT,
    Schema,
    closed,
    list_of,
    ref,
)
from clipscape.wire import NETWORK_FIELDS, POINT_FIELDS, TENSOR_FIELDS

_POINTS = ", ".join(name for name in NETWORK_FIELDS if name in POINT_FIELDS)
_SERIES_HELP = (
    f"One number per update; {' and '.join(TENSOR_FIELDS)} have one per update and tensor, in the order of "
    f"`problem.blocks`. {_POINTS} have an entry before the first update. After a variant has stopped nothing is sent."
)


def network_components() -> dict[str, Schema]:
    """Return every schema that only networks have."""
    return {
        "NetworkFacts": _facts(),
        "TrainingSummary": _summary(),
        "NetworkHead": _head(),
        "NetworkRecord": _record(),
        "NetworkRun": _run(),
        "NetworkNotches": _notches(),
        "PlaneAnswer": _plane(),
    }


def _facts() -> Schema:
    block = closed({"name": TEXT, "shape": list_of(COUNT)})
    baseline = closed({"label": TEXT, "loss": NUMBER, "accuracy": NUMBER})
    solved = closed({"measure": {"enum": ["loss", "accuracy"]}, "limit": NUMBER, "label": TEXT})
    return closed({
        "kind": TEXT,
        "dim": COUNT,
        "blocks": list_of(block),
        "hidden_size": COUNT,
        "gamma": {**NUMBER, "description": "Largest slope of the nonlinearity; null: the theory does not apply"},
        "task": TEXT,
        "sequence_length": COUNT,
        "readout": {"enum": ["last", "every"]},
        "loss": {"enum": ["squared_error", "cross_entropy"]},
        "loss_label": TEXT,
        "accuracy_label": NULLABLE_TEXT,
        "baseline": baseline,
        "solved": solved,
        "input_labels": list_of(TEXT),
        "output_labels": list_of(TEXT),
        "tolerance": NUMBER,
    })  # fmt: skip


def _summary() -> Schema:
    counts, numbers = ("n_steps", "best_held_out_step"), (
        "final_loss", "best_loss", "held_out_loss", "held_out_accuracy", "best_held_out_loss", "clip_fraction",
        "max_grad_norm", "max_angle", "param_norm",
    )  # fmt: skip
    properties = {**dict.fromkeys(counts, COUNT), **dict.fromkeys(numbers, NUMBER), "stop_tensor": NULLABLE_TEXT}
    return closed(properties, description="One training in a few numbers; held out: at the last probe.")


def _head_properties() -> dict[str, Any]:
    examples = closed({
        "inputs": ref("Array"),
        "targets": ref("Array"),
        "counts": {"anyOf": [list_of({"type": "boolean"}), {"type": "null"}]},
    })  # fmt: skip
    return {
        "engine": TEXT,
        "experiment": ref("Experiment"),
        "problem": ref("NetworkFacts"),
        "n_steps": COUNT,
        "probe_steps": list_of(COUNT),
        "heat_steps": list_of(COUNT),
        "examples": examples,
    }


def _head() -> Schema:
    return closed(_head_properties(), description="The event `start` of a network.")


def _record() -> Schema:
    """What is recorded of one variant: all of it, or what is new in a chunk."""
    return closed(_record_properties(), description="In an event `chunk`: what is new of one variant.")


def _record_properties() -> dict[str, Any]:
    fields = dict.fromkeys(NETWORK_FIELDS, ref("Array"))
    series = {"type": "object", "properties": fields, "additionalProperties": False, "description": _SERIES_HELP}
    cell = {"anyOf": [ref("Array"), {"type": "null"}]}
    names = ("held_out_loss", "held_out_accuracy", "spectral_radius", "largest_singular_value", "outputs")
    return {
        "series": series,
        "heat": closed({"steps": list_of(COUNT), "hidden": ref("Array"), "cell": cell}),
        "probes": closed({"steps": list_of(COUNT), **dict.fromkeys(names, ref("Array"))}),
    }


def _run() -> Schema:
    named = {"name": TEXT, "outcome": ref("Outcome"), "summary": ref("TrainingSummary")}
    variant = closed({**named, **_record_properties()})
    return closed({**_head_properties(), "variants": list_of(variant)}, title="One training")


def _notches() -> Schema:
    notch = closed({"outcome": ref("Outcome"), "summary": ref("TrainingSummary")})
    return closed(
        {
            **_head_properties(),
            "axes": closed({"path": TEXT, "values": list_of({})}),
            "variants": list_of(closed({"name": TEXT, "notches": list_of(notch)})),
            "arrays": {
                "type": "object",
                "properties": dict.fromkeys(NETWORK_FIELDS, ref("Array")),
                "additionalProperties": False,
            },
        },
        title="Every notch of an axis, of a network",
    )


def _plane() -> Schema:
    numbers = dict.fromkeys(("x", "y", "distance"), ref("Array"))
    path = closed({"name": TEXT, "steps": list_of(COUNT), **numbers})
    plane = closed({"kind": TEXT, "sentence": TEXT, "share_inside": {"type": "number"}, "largest_distance": NUMBER})
    return closed(
        {
            **dict.fromkeys(("x", "y", "z"), ref("Array")),
            "window": INTERVALS,
            "axis_labels": list_of(TEXT),
            "clipped_above": NUMBER,
            "plane": plane,
            "paths": list_of(path),
        },
        title="A plane through a network",
        description="z is the loss on the held-out sequences; a path has a point for every snapshot of its weights.",
    )
