"""A full server: what it refuses, how cheaply and how politely, and what it never refuses."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import h11
import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient

from clipscape.api.door import Plain, plain_request, refusal
from clipscape.api.middleware import SECURITY_HEADERS
from clipscape.gate import question_of
from conftest import RunningServer, experiment, running_server

SIMULATE = "/api/v1/simulate"
KNOWN = json.dumps({"experiment": experiment(n_steps=7)}).encode()
NEW = json.dumps({"experiment": experiment(n_steps=8)}).encode()


def request(head: str = "", body: bytes = NEW, line: str = f"POST {SIMULATE} HTTP/1.1", length: str = "") -> bytes:
    """Return the bytes of a request."""
    told = f"Content-Length: {length or len(body)}\n" if line.startswith("POST") else ""
    text = f"{line}\nHost: x\nContent-Type: application/json\n{told}{head}\n"
    return text.encode().replace(b"\n", b"\r\n") + body


@pytest.mark.parametrize(
    ("data", "tab", "from_site", "by_proxy"),
    [
        (request(), None, False, False),
        (request("Clipscape-Tab: abcdefgh\nConnection: keep-alive\n"), "abcdefgh", False, False),
        (request("Clipscape-Tab: short\nOrigin: http://x\n"), None, True, False),
        (request("X-Forwarded-For: 1.2.3.4\n", line="POST /api/v1/export/csv?a=1 HTTP/1.1"), None, False, True),
        (request(body=b"", line="GET /api/v1/surface?s=1.x HTTP/1.1"), None, False, False),
        (request(line="POST /api/v1/export/gif/stream HTTP/1.1"), None, False, False),
    ],
)
def test_a_plain_request_is_understood_without_a_parser(data: bytes, tab: str, from_site: bool, by_proxy: bool) -> None:
    head, _, body = data.partition(b"\r\n\r\n")
    assert plain_request(data) == Plain(question_of(head.split(b" ")[1], body), tab, from_site, by_proxy)


def test_below_a_prefix_the_question_is_the_same() -> None:
    there = request(line=f"POST /tools/clip{SIMULATE} HTTP/1.1")
    assert plain_request(there, b"/tools/clip") == plain_request(request(), b"/tools/clip") == plain_request(request())
    assert plain_request(there) is plain_request(there, b"/tools") is None


@pytest.mark.parametrize(
    "data",
    [
        request()[:-1],
        request() + b"G",
        request(length="5"),
        request(length="+9"),
        request("Transfer-Encoding: chunked\n"),
        request("content-length: 3\n"),
        request("Expect: 100-continue\n"),
        request("Connection: close\n"),
        request("Connection: upgrade\nUpgrade: websocket\n"),
        request(" folded: x\n"),
        request("Bad name: x\n"),
        request("X: \x01\n"),
        request(line=f"POST {SIMULATE} HTTP/1.0"),
        request(line=f"PUT {SIMULATE} HTTP/1.1"),
        request(line="POST /api/v1/simulate/../links HTTP/1.1"),
        request(line=f"GET {SIMULATE} HTTP/1.1"),
        request(body=b"", line=f"POST {SIMULATE} HTTP/1.1"),
        request(body=b"", line="GET /livez HTTP/1.1"),
        request(body=b"", line="GET /api/v1/catalog HTTP/1.1"),
        b"",
    ],
)
def test_anything_else_is_left_to_the_parser(data: bytes) -> None:
    assert plain_request(data) is None


def check_refusal(status: int, headers: dict[str, str], body: bytes) -> None:
    problem = json.loads(body)
    assert (status, problem["status"], problem["code"]) == (503, 503, "busy")
    assert headers["content-type"] == "application/problem+json"
    assert int(headers["retry-after"]) >= 1
    assert headers["cache-control"] == "no-store"
    for name, value in SECURITY_HEADERS.items():
        assert headers[name.lower()] == value


def test_the_answer_of_the_door_is_the_problem_that_everybody_gets() -> None:
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    reader.send(h11.EndOfMessage())
    reader.receive_data(refusal())
    head, body, end = (reader.next_event() for _ in range(3))
    assert isinstance(head, h11.Response)
    assert isinstance(body, h11.Data)
    assert isinstance(end, h11.EndOfMessage)
    assert not reader.trailing_data[0]
    check_refusal(head.status_code, {k.decode(): v.decode() for k, v in head.headers}, body.data)


class Full:
    """A line with no room and no worker idle."""

    idle = 0
    in_line = 10_000

    def would_take(self, _client: str | None) -> bool:
        return False


@pytest.fixture
def full(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Return a client of a server that has computed what is `KNOWN` and has no room for more."""
    assert client.post(SIMULATE, content=KNOWN, headers={"Content-Type": "application/json"}).status_code == 200
    gate = client.app.state.service.gate  # type: ignore[attr-defined]
    monkeypatch.setattr(gate, "_line", Full())
    monkeypatch.setattr(gate.held, "_seconds", 0.0)
    return client


@pytest.mark.parametrize("path", [SIMULATE, f"{SIMULATE}/stream", "/api/v1/surface", "/api/v1/export/gif/stream"])
def test_a_full_server_refuses_before_it_reads_or_understands(full: TestClient, path: str) -> None:
    for body in (NEW, b"this is not JSON"):
        answer = full.post(path, content=body, headers={"Content-Type": "application/json"})
        check_refusal(answer.status_code, dict(answer.headers), answer.content)
    chunked = full.post(path, content=iter([b"{", b"}"]))
    assert chunked.status_code == 503


def test_a_full_server_still_gives_what_it_has(full: TestClient) -> None:
    answer = full.post(SIMULATE, content=KNOWN, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    again = {"Content-Type": "application/json", "If-None-Match": answer.headers["etag"]}
    assert full.post(SIMULATE, content=KNOWN, headers=again).status_code == 304
    for path in ("/livez", "/readyz", "/statusz", "/", "/js/main.js", "/api/v1/catalog", "/api/v1/presets"):
        assert full.get(path).status_code == 200, path


@pytest.fixture
def blocked(data_dir: Path) -> Iterator[RunningServer]:
    """Start a server whose only worker is busy for longer than any test, and where nobody may wait."""
    limits = {"MAX_STREAM_COST": "3600", "STREAM_DEADLINE": "600", "QUEUE_PER_WORKER": "0", "REFUSAL_DELAY": "0"}
    with running_server(data_dir, **limits) as server:
        give_up, headers = time.monotonic() + 20, {"Content-Type": "application/json"}
        while httpx.post(server.url + SIMULATE, content=KNOWN, headers=headers, timeout=20).status_code != 200:
            assert time.monotonic() < give_up, "it still draws the gallery"
            time.sleep(0.01)
        yield server


def exchange(connection: socket.socket, data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send a request, read its whole answer, and leave the connection open."""
    connection.sendall(data)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    while len(body) < int(headers["content-length"]):
        body += connection.recv(65536)
    return int(lines[0].split(" ")[1]), headers, body


def wait_for(server: RunningServer, idle: int) -> None:
    give_up = time.monotonic() + 20
    while httpx.get(f"{server.url}/statusz").json()["idle"] != idle:
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_a_connection_goes_on_after_a_refusal(blocked: RunningServer) -> None:
    long: Any = {"experiment": experiment(n_steps=5000, problem={"kind": "lstm"}, task={"kind": "adding"})}
    stream = request(body=json.dumps(long).encode(), line=f"POST {SIMULATE}/stream HTTP/1.1")
    address = ("127.0.0.1", blocked.port)
    with closing(socket.create_connection(address, timeout=20)) as mine:
        with closing(socket.create_connection(address, timeout=20)) as busy:
            busy.sendall(stream)
            wait_for(blocked, idle=0)
            for data in (request(), request(), request("Expect: nothing\n"), request("A: b\nA: c\n")):
                check_refusal(*exchange(mine, data))
            assert exchange(mine, request(body=KNOWN))[0] == 200
            assert exchange(mine, request(body=b"", line="GET /livez HTTP/1.1"))[0] == 200
            check_refusal(*exchange(mine, request()))
        wait_for(blocked, idle=1)
        assert exchange(mine, request())[0] == 200
