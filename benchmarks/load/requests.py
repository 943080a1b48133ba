"""What the page asks for, as bytes ready to be sent."""

from __future__ import annotations

import itertools
import json
from typing import Any

from benchmarks.load.wire import get, post
from clipscape.addresses import hash_of

_RUN_FIELDS = ["params", "loss", "grad", "clip_input", "clipped", "fired", "angle"]
_VARIANTS = [{"name": kind, "clip": {"kind": kind}} for kind in ("none", "norm", "value")]
_NUMBERS = itertools.count(1)


GALLERY = get("/api/v1/presets")


def _experiment(learning_rate: float) -> dict[str, Any]:
    return {
        "problem": {"kind": "cliff"},
        "optimizer": {"kind": "sgd", "params": {"learning_rate": learning_rate}},
        "n_steps": 300,
        "variants": _VARIANTS,
    }


def picture(learning_rate: float, tab: str = "") -> bytes:
    """The default comparison as the page asks for it: 3 variants, 300 steps on the cliff."""
    body = {"version": 1, "experiment": _experiment(learning_rate), "fields": _RUN_FIELDS, "arithmetic": False}
    return post("/api/v1/simulate?arrays=base64", json.dumps(body).encode(), tab)


def opening(release: str) -> list[bytes]:
    """What the page asks for when a link is opened, its run and its map: addresses that every cache may keep."""
    run = {"version": 1, "experiment": _experiment(0.1), "fields": _RUN_FIELDS, "arithmetic": False}
    ground = {"version": 1, "problem": {"kind": "cliff"}, "resolution": 73}
    asked = (("simulate", run), ("surface", ground))
    return [get(f"/api/v1/{path}?arrays=base64&engine={release}&s={hash_of(body)[1:]}") for path, body in asked]


class Picture:
    """The same again and again, each with a learning rate that nobody has asked for before."""

    _EXAMPLE = 0.123456789

    def __init__(self, tab: str = "") -> None:
        self._before, self._after = picture(self._EXAMPLE, tab).split(str(self._EXAMPLE).encode())

    def next(self) -> bytes:
        """Return a request; all have the same length."""
        return b"%b%.9f%b" % (self._before, 0.05 + next(_NUMBERS) * 1e-7, self._after)


def long_slider(seed: int) -> bytes:
    """Half as much as a server with the default limits takes on: a slider of long runs, most of a second's work."""
    variants = [{"name": str(n), "clip": {"kind": "autoclip"}} for n in range(16)]
    experiment = {"problem": {"kind": "cliff"}, "n_steps": 5000, "seed": seed, "variants": variants}
    axes = {"path": "optimizer.params.learning_rate", "values": [0.001 * (n + 1) for n in range(24)]}
    body = {"version": 1, "experiment": {**experiment, "start": [-1.29, 1.95]}, "axes": axes, "fields": []}
    return post("/api/v1/simulate", json.dumps(body).encode())


def long_training(seed: int) -> bytes:
    """A training of some ten seconds, as a stream."""
    experiment = {
        "problem": {"kind": "lstm", "params": {"hidden_size": 16}},
        "task": {"kind": "adding", "params": {"sequence_length": 50, "batch_size": 16}},
        "optimizer": {"kind": "sgd", "params": {"learning_rate": 0.1}},
        "n_steps": 3000,
        "seed": seed,
        "variants": [{"name": kind, "clip": {"kind": kind}} for kind in ("none", "norm", "value", "agc")],
    }
    body = {"version": 1, "experiment": experiment, "fields": ["loss"]}
    return post("/api/v1/simulate/stream?arrays=base64", json.dumps(body).encode())
