"""How long a visitor waits for the first picture of a training: from request to first updates, over loopback."""

from __future__ import annotations

import http.client
import json
import time
from statistics import median

from benchmarks.page import running_server

TARGET_MS = 300.0
"""What the first picture may take on a machine that does nothing else."""
ROUNDS = 10
KINDS = ("tanh_rnn", "lstm", "gru")


def training(kind: str, seed: int) -> bytes:
    """Return the request of the Recurrent tab's first view, for one cell: 16 units, 50 steps, batch 16, 4 variants."""
    clips = ("none", "norm", "value", "agc")
    experiment = {
        "problem": {"kind": kind, "params": {"hidden_size": 16}},
        "task": {"kind": "adding", "params": {"sequence_length": 50, "batch_size": 16}},
        "optimizer": {"kind": "sgd", "params": {"learning_rate": 0.1}},
        "n_steps": 200,
        "seed": seed,
        "variants": [{"name": clip, "clip": {"kind": clip}} for clip in clips],
    }
    return json.dumps({"version": 1, "experiment": experiment}).encode()


def first_picture(port: int, body: bytes) -> tuple[float, int]:
    """Return milliseconds until the first chunk has arrived, and how many updates it holds; then leave."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    started = time.perf_counter()
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/api/v1/simulate/stream?arrays=base64", body, headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(answer.read().decode())
    while answer.readline() != b"event: chunk\n":
        continue
    chunk = answer.readline()
    taken = (time.perf_counter() - started) * 1e3
    connection.close()
    return taken, int(json.loads(chunk.removeprefix(b"data: "))["last_step"])


def wait_until_idle(port: int) -> None:
    """Return when a job goes through: the worker that was left has stopped."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/readyz")
    connection.getresponse().read()


def measure_streams() -> dict[str, float]:
    """Return the median and the worst of some rounds per cell, in milliseconds."""
    figures = {}
    with running_server() as port:
        first_picture(port, training("lstm", 0))
        for kind in KINDS:
            times = []
            for round_number in range(ROUNDS):
                wait_until_idle(port)
                taken, updates = first_picture(port, training(kind, 1 + round_number))
                if updates < 1:
                    raise RuntimeError("the first chunk holds no update")
                times.append(taken)
            figures[f"first picture p50, {kind}, ms"] = median(times)
            figures[f"first picture worst of {ROUNDS}, {kind}, ms"] = max(times)
    return figures
