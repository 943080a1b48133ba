"""JSON schemas of what is answered about maps."""

from __future__ import annotations

from clipscape.api.schema_parts import COUNT, NULLABLE_TEXT, NUMBER, TEXT, Schema, closed, list_of, ref
from clipscape.outcomes import STATUSES

_SCALE: Schema = {"enum": ["log", "linear"]}
_PLAIN: Schema = {"type": "number"}
_PRICE: Schema = {"runs": COUNT, "seconds": _PLAIN, "workers": COUNT, "wait": _PLAIN}
"""Seconds of computing in all, and those that it takes with so many workers at once."""


def sweep_components() -> dict[str, Schema]:
    """Return every schema that only maps have."""
    side = {"path": TEXT, "label": TEXT, "scale": _SCALE, "low": _PLAIN, "high": _PLAIN, "integer": {"type": "boolean"}}
    bounds = {"min": _PLAIN, "max": _PLAIN, "current": NUMBER}
    return {
        "SweepEstimate": closed({
            **_PRICE,
            "cells": COUNT,
            "limit_seconds": _PLAIN,
            "resolution": list_of(COUNT),
            "x": closed(side),
            "y": closed(side),
            "seeds": COUNT,
            "seeds_note": NULLABLE_TEXT,
            "noisy": {"type": "boolean"},
            "choices": list_of(closed({**side, **bounds})),
        }),
        "SweepStart": _start(closed({**side, "values": list_of(_PLAIN)})),
        "SweepTile": _tile(),
    }  # fmt: skip


def _start(side: Schema) -> Schema:
    current = closed({"x": NUMBER, "y": NUMBER})
    touched = {"x": {"type": "boolean"}, "y": {"type": "boolean"}}
    overlay = closed({
        "id": TEXT,
        "label": TEXT,
        "text": TEXT,
        "variants": list_of(COUNT),
        "x": list_of(_PLAIN),
        "y": list_of(_PLAIN),
    })  # fmt: skip
    return closed({
        "engine": TEXT,
        "experiment": ref("Experiment"),
        "problem": {"oneOf": [ref("ProblemFacts"), ref("NetworkFacts")]},
        "x": side,
        "y": side,
        "variants": list_of(closed({"name": TEXT, **touched, "current": current})),
        "seeds": COUNT,
        "seeds_note": NULLABLE_TEXT,
        "levels": list_of(COUNT),
        "statuses": list_of({"enum": list(STATUSES)}),
        "overlays": list_of(overlay),
        "estimate": closed(_PRICE),
    })  # fmt: skip


def _tile() -> Schema:
    names = ("status", "final_loss", "steps", "clip_fraction", "max_grad_norm", "thrown")
    shares = closed(dict.fromkeys(STATUSES, ref("Array")))
    arrays = {**dict.fromkeys((*names, "near"), ref("Array")), "shares": shares}
    variant = closed(arrays, required=list(names), description=_TILE_HELP)
    return closed({"level": COUNT, "cells": ref("Array"), "variants": list_of(variant)})


_TILE_HELP = (
    "One number per cell: status as index into `statuses`, steps to converge (-1: it does not), clip_fraction of the "
    "steps, whether one step led out of the window (thrown). Of networks final_loss is that on held-out sequences (not "
    "finite: diverged), steps are updates until the task is solved. With several seeds also the shares of them that "
    "end in each status, and the share that stays near a minimum to the end, at rest or not (near; of networks: "
    "solved); status is then how most of them end, losses and norms are medians in which diverging counts as worst."
)
