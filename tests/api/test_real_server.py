"""What only real sockets can show: closed connections, slow and oversized bodies, and a clean end."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx2 as httpx
import pytest

from conftest import RunningServer, experiment, running_server
from running import is_alive

REST = 0.5
"""CPU seconds that may still be used for work that nobody waits for: it is to stop within half a second."""


def slow_body(seed: int = 0) -> bytes:
    """Return a request that computes for about ten seconds."""
    clips = [{"name": str(n), "clip": {"kind": "autoclip"}} for n in range(16)]
    axes = {"path": "optimizer.params.learning_rate", "values": [0.001 * (n + 1) for n in range(101)]}
    body = experiment(n_steps=5000, variants=clips, seed=seed, start=[-1.29, 1.95])
    return json.dumps({"experiment": body, "axes": axes, "fields": []}).encode()


def slow_stream() -> bytes:
    """Return a streamed run of more than a second: the most that one experiment can ask for."""
    kinds = ("autoclip", "zclip", "adagc", "agc")
    body = experiment(
        n_steps=5000,
        problem={"kind": "recurrent_unit"},
        noise={"kind": "student_t"},
        optimizer={"kind": "adam"},
        variants=[{"name": str(n), "clip": {"kind": kinds[n % 4]}} for n in range(16)],
    )
    return json.dumps({"experiment": body, "fields": ["loss"]}).encode()


@pytest.fixture(scope="module")
def server(data_dir: Path) -> Iterator[RunningServer]:
    variables = {"MAX_COST": "3600", "MAX_STREAM_COST": "3600", "DEADLINE": "120", "BODY_SECONDS": "1"}
    with running_server(data_dir, **variables) as server:
        at_rest(server)
        yield server


@pytest.fixture
def hasty(data_dir: Path) -> Iterator[RunningServer]:
    with running_server(data_dir, MAX_COST="3600", DEADLINE="2") as server:
        yield server


def at_rest(server: RunningServer) -> None:
    """Wait until it has drawn the gallery, with which a server begins."""
    assert httpx.get(f"{server.url}/api/v1/presets", timeout=60).status_code == 200


def send(server: RunningServer, head: str, body: bytes = b"") -> socket.socket:
    """Open a connection and send a request as it stands."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    connection.sendall(head.encode().replace(b"\n", b"\r\n") + b"\r\n\r\n" + body)
    return connection


def post(server: RunningServer, path: str, body: bytes) -> socket.socket:
    head = f"POST {path} HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: {len(body)}"
    return send(server, head, body)


def received(connection: socket.socket) -> str:
    """Read until the server closes the connection."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces).decode()


def spent_until_ready(server: RunningServer) -> float:
    """Return how much CPU time is used until the only worker is free. Unlike wall time others do not add to it."""
    before = server.cpu_seconds()
    assert httpx.get(f"{server.url}/readyz", timeout=60).status_code == 200
    return server.cpu_seconds() - before


def is_computing(server: RunningServer) -> bool:
    """Say whether the only worker is busy: then a job does not come back at once."""
    try:
        httpx.get(f"{server.url}/readyz", timeout=0.2)
    except httpx.TimeoutException:
        return True
    return False


@pytest.mark.parametrize(("path", "make"), [("/api/v1/simulate", slow_body), ("/api/v1/simulate/stream", slow_stream)])
def test_closing_the_connection_frees_the_worker(server: RunningServer, path: str, make: Callable[[], bytes]) -> None:
    for _ in range(3):
        with closing(post(server, path, make())):
            time.sleep(0.3)
            assert is_computing(server)
        assert spent_until_ready(server) < REST


def test_one_of_two_who_wait_for_the_same_answer_may_leave(server: RunningServer) -> None:
    with closing(post(server, "/api/v1/simulate", slow_body(seed=1))):
        with closing(post(server, "/api/v1/simulate", slow_body(seed=1))):
            time.sleep(0.3)
        time.sleep(0.3)
        assert is_computing(server)
    assert spent_until_ready(server) < REST


def test_a_computation_ends_at_its_deadline(hasty: RunningServer) -> None:
    answer = httpx.post(
        f"{hasty.url}/api/v1/simulate", content=slow_body(2), headers={"Content-Type": "application/json"}, timeout=60
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "deadline")
    assert int(answer.headers["retry-after"]) >= 1
    assert spent_until_ready(hasty) < 3, "six or more are left of the nine that it takes; the gallery takes one"


def test_60_megabytes_are_refused_unread(server: RunningServer) -> None:
    head = "POST /api/v1/simulate HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 60000000"
    with closing(send(server, head)) as connection:
        answer = received(connection)
    assert answer.startswith("HTTP/1.1 413 ")
    assert '"code":"too_large"' in answer


def test_a_chunked_body_is_refused_as_soon_as_it_is_too_large(server: RunningServer) -> None:
    head = "POST /api/v1/simulate HTTP/1.1\nHost: x\nContent-Type: application/json\nTransfer-Encoding: chunked"
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
    with closing(send(server, head, chunk * 17)) as connection:
        answer = received(connection)
    assert answer.startswith("HTTP/1.1 413 ")


def test_a_body_that_does_not_arrive_is_given_up(server: RunningServer) -> None:
    head = "POST /api/v1/simulate HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 100"
    with closing(send(server, head, b'{"experiment"')) as connection:
        answer = received(connection)
    assert answer.startswith("HTTP/1.1 408 ")
    assert '"code":"body_timeout"' in answer


def test_ten_thousand_ranges_are_answered_at_once(server: RunningServer) -> None:
    ranges = ",".join(f"{n}-{n}" for n in range(0, 20_000, 2))
    before = server.cpu_seconds()
    answer = httpx.get(f"{server.url}/vendor/x.js", headers={"Range": f"bytes={ranges[:50_000]}"}, timeout=20)
    assert answer.status_code < 500
    assert server.cpu_seconds() - before < 1


@pytest.mark.parametrize("request_line", ["GET /", "G\x01T / HTTP/1.1", "GET /\x00 HTTP/1.1", "nonsense"])
def test_what_is_not_http_is_refused(server: RunningServer, request_line: str) -> None:
    with closing(send(server, f"{request_line}\nHost: x\nConnection: close")) as connection:
        answer = received(connection)
    assert answer.split(" ")[1].startswith("4")
    assert httpx.get(f"{server.url}/readyz", timeout=20).status_code == 200


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_server(data_dir: Path, ending: signal.Signals) -> None:
    with running_server(data_dir, WORKERS="2", SPARE_WORKERS="0") as server:
        workers = server.workers()
        assert len(workers) == 2
        os.kill(server.process.pid, ending)
        code = server.process.wait(timeout=20)
        assert ending == signal.SIGKILL or code in (0, -ending, 128 + ending)
        give_up = time.monotonic() + 20
        while any(map(is_alive, workers)) and time.monotonic() < give_up:
            time.sleep(0.02)
        assert not any(map(is_alive, workers))


def test_a_request_under_way_is_finished_before_the_end(data_dir: Path) -> None:
    with running_server(data_dir) as server:
        body = json.dumps({"experiment": experiment(n_steps=5000, problem={"kind": "recurrent_unit"})}).encode()
        connection = post(server, "/api/v1/simulate?arrays=base64", body)
        time.sleep(0.1)
        os.kill(server.process.pid, signal.SIGTERM)
        with closing(connection):
            assert received(connection).startswith("HTTP/1.1 200 ")
        assert server.process.wait(timeout=20) in (0, -signal.SIGTERM)
