"""What a readable link starts from: the documents that the page opens with, and the defaults of the catalogue."""

from __future__ import annotations

import re
from typing import Any

from clipscape.families import FAMILIES

Data = dict[str, Any]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def _choice(kind: str, **params: float) -> Data:
    return {"kind": kind, "params": params}


def _document(tab: str, **experiment: Any) -> Data:
    view = {"tab": tab, "surface": "contour", "step": 0, "speed": 1, "theme": "auto", "hide": [], "camera": None}
    return {"version": 1, "experiment": experiment, "view": view}


_VARIANTS = [
    {"name": "No clipping", "clip": {**_choice("none"), "position": "before"}},
    {"name": "Norm", "clip": {**_choice("norm", max_norm=1), "position": "before"}},
    {"name": "Value", "clip": {**_choice("value", clip_value=1), "position": "before"}},
]
_COMMON: Data = {
    "start": None,
    "schedule": _choice("constant"),
    "noise": _choice("none"),
    "weight_decay": _choice("none"),
    "seed": 0,
    "variants": _VARIANTS,
}

DEFAULT = _document("compare", problem=_choice("cliff"), optimizer=_choice("sgd"), n_steps=300, **_COMMON)
"""What the page shows when no link says otherwise."""

DEFAULT_RECURRENT = _document(
    "recurrent",
    problem=_choice("tanh_rnn", hidden_size=16),
    task=_choice("temporal_order", sequence_length=20),
    init=_choice("orthogonal", gain=1.1),
    optimizer=_choice("sgd", learning_rate=0.3),
    n_steps=600,
    **_COMMON,
)
"""The same for the Recurrent tab."""

_TRAINING = {"task": "adding", "init": "uniform"}
_SHARED = ("problem", "optimizer", "schedule", "noise", "weight_decay")


def is_network(kind: str) -> bool:
    """Say whether a kind of problem is a network; an unknown one is not."""
    entry = FAMILIES["problem"].catalog.get(kind)
    return entry is not None and entry.traits.get("group") == "network"


def filled_choice(family: str, given: Data) -> Data:
    """Return a choice of a known kind with every parameter of the catalogue, what was given or the default."""
    params = given.get("params", {})
    parameters = FAMILIES[family].catalog[given["kind"]].parameters
    return {**given, "params": {p.name: params.get(p.name, p.default) for p in parameters}}


def filled(document: Data) -> Data:
    """Return a document of known kinds with every default of the catalogue written out, in the tab it belongs to."""
    experiment, network = document["experiment"], is_network(document["experiment"]["problem"]["kind"])
    shared = {key: filled_choice(key, experiment[key]) for key in _SHARED}
    if network:
        for key, kind in _TRAINING.items():
            shared[key] = filled_choice(key, experiment.get(key) or _choice(kind))
    variants = [_filled_variant(variant) for variant in experiment["variants"]]
    tab = "map" if document["view"]["tab"] == "map" else "recurrent" if network else "compare"
    view = {**document["view"], "tab": tab}
    return {**document, "experiment": {**experiment, **shared, "variants": variants}, "view": view}


def _filled_variant(variant: Data) -> Data:
    own = {key: filled_choice(key, variant[key]) for key in ("optimizer", "schedule") if variant.get(key)}
    return {**variant, "clip": {"position": "before", **filled_choice("clip", variant["clip"])}, **own}


def read_number(text: str) -> float:
    """Read what somebody typed: comma or point, any minus sign. NaN when it is no number."""
    plain = re.sub("[−–]", "-", text.strip()).replace(",", ".", 1)
    return float(plain) if _NUMBER.fullmatch(plain) else float("nan")
