"""Streams of networks over real sockets: left alone they end, closed they stop at once, broken they say so."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
import pytest
from test_networks_api import network
from test_real_server import is_computing, post

import running
from clipscape.wire import decode_array
from conftest import RunningServer, running_server

STREAM = "/api/v1/simulate/stream"
PATIENT = {"MAX_STREAM_COST": "3600", "STREAM_DEADLINE": "600", "MAX_ANSWER_BYTES": "1000000000"}
PATIENCE = 20.0
"""Seconds: a third of what the work takes that is left; on an idle machine a worker is free within half a second."""


def slow(seed: int = 0, n_steps: int = 5000) -> dict[str, Any]:
    """Return a training of a minute and more, in updates of some ten milliseconds."""
    return network(
        "lstm",
        problem={"kind": "lstm", "params": {"hidden_size": 16}},
        task={"kind": "adding", "params": {"sequence_length": 50, "batch_size": 16}},
        variants=[{"name": str(n), "clip": {"kind": "norm"}} for n in range(16)],
        n_steps=n_steps,
        seed=seed,
    )


@pytest.fixture(scope="module")
def single(data_dir: Path) -> Iterator[RunningServer]:
    """Return a server whose only worker has nothing else to do: the gallery, which a server makes first, is there."""
    with running_server(data_dir, SPARE_WORKERS="0", **PATIENT) as server:
        assert httpx.get(f"{server.url}/api/v1/presets", timeout=60).status_code == 200
        yield server


@pytest.fixture(scope="module")
def double(data_dir: Path) -> Iterator[RunningServer]:
    """Return a server with three workers: two may stream at the same time."""
    with running_server(data_dir, WORKERS="3", **PATIENT) as server:
        yield server


def events(server: RunningServer, body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the events of a stream as they come."""
    return running.events(f"{server.url}{STREAM}?arrays=base64", body)


def losses(received: list[tuple[str, Any]]) -> list[float]:
    chunks = [data for name, data in received if name == "chunk"]
    blocks = [decode_array(chunk["variants"][1]["series"]["loss"]) for chunk in chunks]
    return [float(loss) for loss in np.concatenate(blocks)]


def is_free_again(server: RunningServer) -> bool:
    """Say whether a job goes through long before the work that was left would have ended, on a busy machine too."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        if httpx.get(f"{server.url}/readyz", timeout=PATIENCE).status_code == 200:
            return True
    return False


@pytest.mark.parametrize("path", [STREAM, "/api/v1/surface"])
def test_closing_the_connection_frees_the_worker(single: RunningServer, path: str) -> None:
    body = json.dumps({"experiment": slow(), "plane": {"kind": "path"}}).encode()
    for _ in range(2):
        with closing(post(single, path, body)):
            time.sleep(0.5)
            assert is_computing(single)
        assert is_free_again(single)


def test_closing_the_connection_while_the_plane_is_drawn_frees_the_worker(single: RunningServer) -> None:
    ask = {"experiment": slow(n_steps=1), "plane": {"kind": "random"}, "resolution": 200}
    with closing(post(single, "/api/v1/surface", json.dumps(ask).encode())):
        time.sleep(0.5)
        assert is_computing(single)
    assert is_free_again(single)


def test_two_streams_at_once_do_not_disturb_each_other(double: RunningServer) -> None:
    bodies = [{"experiment": network("gru", n_steps=150, seed=seed)} for seed in (21, 22)]
    with ThreadPoolExecutor() as pool:
        together = list(pool.map(lambda body: list(events(double, body)), bodies))
    for body, received in zip(bodies, together, strict=True):
        assert received[0][1]["experiment"]["seed"] == body["experiment"]["seed"]
        assert received[-1][0] == "end"
    assert losses(together[0]) != losses(together[1])
    replayed = [list(events(double, body)) for body in bodies]
    assert replayed == together


def test_a_new_stream_ends_no_other(double: RunningServer) -> None:
    long = events(double, {"experiment": slow(seed=1)})
    assert next(long)[0] == "start"
    assert next(long)[0] == "chunk"
    assert list(events(double, {"experiment": network(seed=31)}))[-1][0] == "end"
    first = [next(long) for _ in range(4)]
    assert {name for name, _ in first} == {"chunk", "progress"}
    long.close()  # type: ignore[attr-defined]


def test_progress_goes_up_and_says_how_long_it_will_take(double: RunningServer) -> None:
    steps = [data for name, data in events(double, {"experiment": network("lstm", n_steps=400)}) if name == "progress"]
    assert [step["done"] for step in steps] == sorted({step["done"] for step in steps})
    assert steps[-1] == {"done": 400, "total": 400, "remaining_seconds": 0}
    assert all(step["remaining_seconds"] > 0 for step in steps[:-1])


def test_a_worker_that_is_killed_in_the_middle_is_an_error_event_and_the_next_request_works(
    single: RunningServer,
) -> None:
    received = []
    for event in events(single, {"experiment": slow(seed=2)}):
        received.append(event)
        if len(received) == 2:
            (worker,) = single.workers()
            os.kill(worker, signal.SIGKILL)
    name, problem = received[-1]
    assert (name, problem["code"]) == ("error", "worker_lost")
    assert problem["detail"].endswith("Try again.")
    again = list(events(single, {"experiment": network(seed=3)}))
    assert again[-1][0] == "end"
