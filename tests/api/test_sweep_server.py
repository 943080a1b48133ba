"""Maps over real sockets: closed, they stop at once; a killed worker changes nothing in them."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

import running
from clipscape.sweeps import compute_tile, tiles
from conftest import RunningServer, experiment, running_server
from sweeping import ask_for, assembled

SWEEP = "/api/v1/sweep"
GENEROUS = {"MAX_SWEEP_COST": "86400", "MAX_ANSWER_BYTES": "1000000000", "SPARE_WORKERS": "0"}
PATIENCE = 20.0
"""Seconds: a small part of what the work takes that is left."""


@pytest.fixture(scope="module")
def server(data_dir: Path) -> Iterator[RunningServer]:
    """A server whose only worker has nothing else to do: the gallery, which a server makes first, is there."""
    with running_server(data_dir, **GENEROUS) as server:
        assert httpx.get(f"{server.url}/api/v1/presets", timeout=60).status_code == 200
        yield server


def events(server: RunningServer, body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the events of a map as they come."""
    return running.events(f"{server.url}{SWEEP}?arrays=base64", body)


def worker_of(server: RunningServer) -> int:
    (worker,) = server.workers()
    return worker


def comes_to_rest(server: RunningServer) -> bool:
    """Say whether the worker stops long before its map would have ended."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        before = server.cpu_seconds()
        time.sleep(0.3)
        if server.cpu_seconds() - before < 0.05:
            return True
    return False


def test_closing_the_connection_stops_the_map(server: RunningServer) -> None:
    body = {"experiment": experiment(n_steps=5000), "resolution": 256}
    for _ in range(2):
        received = events(server, body)
        while next(received)[0] != "tile":
            continue
        received.close()  # type: ignore[attr-defined]
        assert comes_to_rest(server)
        assert httpx.get(f"{server.url}/readyz", timeout=PATIENCE).status_code == 200


def test_a_worker_that_is_killed_in_the_middle_changes_nothing(server: RunningServer) -> None:
    body = {"experiment": experiment(n_steps=600), "resolution": 64}
    told = []
    for name, data in events(server, body):
        if name == "tile":
            told.append(data)
        if len(told) == 1 and name == "tile":
            os.kill(worker_of(server), signal.SIGKILL)
    assert name == "end"
    ask = ask_for(experiment(n_steps=600), resolution=64)
    expected = assembled(ask, [json.loads(compute_tile(request)) for request in tiles(ask)])
    for left, right in zip(assembled(ask, told), expected, strict=True):
        assert all(left[key].tobytes() == right[key].tobytes() for key in right)


def test_who_asks_for_a_run_need_not_wait_for_a_map(server: RunningServer) -> None:
    received = events(server, {"experiment": experiment(n_steps=5000), "resolution": 256})
    while next(received)[0] != "tile":
        continue
    answer = httpx.post(f"{server.url}/api/v1/simulate", json={"experiment": experiment(seed=5)}, timeout=PATIENCE)
    assert answer.status_code == 200
    done = next(data["done"] for name, data in received if name == "progress")
    assert done < 256 * 256 * 3
    received.close()  # type: ignore[attr-defined]
