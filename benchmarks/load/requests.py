"""What the page asks for, as bytes ready to be sent."""

from __future__ import annotations

import itertools
import json

from benchmarks.load.wire import post

_RUN_FIELDS = ["params", "loss", "grad", "clip_input", "clipped", "fired", "angle"]
_VARIANTS = [{"name": kind, "clip": {"kind": kind}} for kind in ("none", "norm", "value")]
_NUMBERS = itertools.count(1)


def picture(learning_rate: float, tab: str = "") -> bytes:
    """The default comparison as the page asks for it: 3 variants, 300 steps on the cliff."""
    experiment = {
        "problem": {"kind": "cliff"},
        "optimizer": {"kind": "sgd", "params": {"learning_rate": learning_rate}},
        "n_steps": 300,
        "variants": _VARIANTS,
    }
    body = {"version": 1, "experiment": experiment, "fields": _RUN_FIELDS, "arithmetic": False}
    return post("/api/v1/simulate?arrays=base64", json.dumps(body).encode(), tab)


def another_picture(tab: str = "") -> bytes:
    """The same with a learning rate that nobody has asked for before."""
    return picture(0.05 + next(_NUMBERS) * 1e-7, tab)


def ground() -> bytes:
    """The map below it."""
    body = {"version": 1, "problem": {"kind": "cliff"}, "resolution": 73}
    return post("/api/v1/surface?arrays=base64", json.dumps(body).encode())


def ten_seconds_of_work(seed: int) -> bytes:
    """A request that computes for about ten seconds, where the server's limits allow it."""
    variants = [{"name": str(n), "clip": {"kind": "autoclip"}} for n in range(16)]
    experiment = {"problem": {"kind": "cliff"}, "n_steps": 5000, "seed": seed, "variants": variants}
    axes = {"path": "optimizer.params.learning_rate", "values": [0.001 * (n + 1) for n in range(101)]}
    body = {"version": 1, "experiment": {**experiment, "start": [-1.29, 1.95]}, "axes": axes, "fields": []}
    return post("/api/v1/simulate", json.dumps(body).encode())
