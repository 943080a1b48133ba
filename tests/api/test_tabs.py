"""A tab wants what it asked for last: a newer request of a kind replaces its older ones, and nobody else's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request
from test_hostile_bodies import check_problem
from test_real_server import is_computing, received, send, slow_body, slow_stream

from clipscape.api.tabs import SupersededError, Tabs, client_of
from conftest import RunningServer, experiment, running_server

SIMULATE, STREAM = "/api/v1/simulate", "/api/v1/simulate/stream"


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 10))


def request_of(tab: str | None) -> Request:
    headers = [] if tab is None else [(b"clipscape-tab", tab.encode())]
    return Request({"type": "http", "headers": headers, "client": ("192.0.2.7", 1234)})


class Asking:
    """Requests that hold a place until they are told to finish."""

    def __init__(self, most: int = 2) -> None:
        self.tabs = Tabs(most)
        self.finish = asyncio.Event()
        self.cleaned_up: list[str] = []

    async def ask(self, name: str, tab: str | None, kind: str = "simulate") -> asyncio.Task[str]:
        async def body() -> str:
            with self.tabs.place(request_of(tab), kind):
                try:
                    await self.finish.wait()
                finally:
                    self.cleaned_up.append(name)
                return name

        task = asyncio.create_task(body())
        await asyncio.sleep(0)
        return task


def test_a_newer_request_replaces_the_oldest_of_its_tab_and_kind() -> None:
    async def test() -> None:
        asking = Asking()
        first, second, third = [await asking.ask(name, "tab-one-1") for name in "abc"]
        with pytest.raises(SupersededError):
            await first
        assert asking.cleaned_up == ["a"]
        asking.finish.set()
        assert await asyncio.gather(second, third) == ["b", "c"]
        assert len(asking.tabs) == 0

    run(test)


def test_other_tabs_other_kinds_and_those_without_a_name_are_left_alone() -> None:
    async def test() -> None:
        asking = Asking(most=1)
        tasks = [
            await asking.ask("run", "tab-one-1"),
            await asking.ask("other tab", "tab-two-2"),
            await asking.ask("other kind", "tab-one-1", "surface"),
            *[await asking.ask("nameless", None) for _ in range(5)],
        ]
        asking.finish.set()
        assert len(await asyncio.gather(*tasks)) == 8

    run(test)


def test_who_is_cancelled_by_others_is_not_told_that_it_was_replaced() -> None:
    async def test() -> None:
        asking = Asking()
        task = await asking.ask("a", "tab-one-1")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asking.tabs) == 0

    run(test)


def test_places_are_counted_right_when_a_replaced_request_is_slow_to_leave() -> None:
    async def test() -> None:
        asking = Asking(most=1)
        hold = asyncio.Event()

        async def slow_to_leave() -> None:
            with asking.tabs.place(request_of("tab-one-1"), "simulate"):
                try:
                    await asyncio.Event().wait()
                finally:
                    await hold.wait()

        slow = asyncio.create_task(slow_to_leave())
        await asyncio.sleep(0)
        second = await asking.ask("second", "tab-one-1")
        asking.finish.set()
        assert await second == "second"
        asking.finish.clear()
        third = await asking.ask("third", "tab-one-1")
        hold.set()
        with pytest.raises(SupersededError):
            await slow
        fourth = await asking.ask("fourth", "tab-one-1")
        with pytest.raises(SupersededError):
            await third
        asking.finish.set()
        assert await fourth == "fourth"
        assert len(asking.tabs) == 0

    run(test)


def test_turns_are_taken_by_tab_else_by_address() -> None:
    assert client_of(request_of("tab-one-1")) == "tab tab-one-1"
    assert client_of(request_of(None)) == "address 192.0.2.7"
    assert client_of(request_of("x" * 65)) == "address 192.0.2.7"
    assert client_of(Request({"type": "http", "headers": []})) == "address "


@pytest.mark.parametrize("name", ["short", "x" * 65, "with blank", "umlaut-äöü", "a;b;c;d;e"])
@pytest.mark.parametrize("path", [SIMULATE, STREAM, "/api/v1/surface"])
def test_a_name_of_another_form_is_refused_and_not_repeated(client: TestClient, path: str, name: str) -> None:
    answer = client.post(path, json={}, headers={"Clipscape-Tab": name.encode()})
    problem = check_problem(answer, 422, "invalid")
    assert [error["where"] for error in problem["errors"]] == ["header.Clipscape-Tab"]
    assert name not in answer.text


def test_a_name_changes_nothing_in_the_answer(client: TestClient) -> None:
    body = {"experiment": experiment(n_steps=9)}
    plain = client.post(SIMULATE, json=body)
    named = client.post(SIMULATE, json=body, headers={"Clipscape-Tab": "abcdefgh"})
    assert (named.status_code, named.content, named.headers["etag"]) == (200, plain.content, plain.headers["etag"])


@pytest.fixture(scope="module")
def server(data_dir: Path) -> Iterator[RunningServer]:
    variables = {"MAX_COST": "3600", "MAX_STREAM_COST": "3600", "DEADLINE": "120", "REQUESTS_PER_TAB": "1"}
    with running_server(data_dir, **variables) as server:
        yield server


def post_from(server: RunningServer, tab: str, path: str, body: bytes) -> socket:
    head = f"Host: x\nConnection: close\nClipscape-Tab: {tab}\nContent-Type: application/json"
    return send(server, f"POST {path} HTTP/1.1\n{head}\nContent-Length: {len(body)}", body)


def test_an_older_request_stops_computing_and_says_so(server: RunningServer) -> None:
    axes = {"path": "optimizer.params.learning_rate", "values": [0.1]}
    quick = json.dumps({"experiment": experiment(n_steps=10), "axes": axes}).encode()
    with closing(post_from(server, "tab-one-1", SIMULATE, slow_body(seed=5))) as slow:
        while not is_computing(server):
            continue
        with closing(post_from(server, "tab-one-1", SIMULATE, quick)) as newer:
            other = received(slow)
            assert received(newer).startswith("HTTP/1.1 200 ")
    assert other.startswith("HTTP/1.1 409 ")
    assert '"code":"superseded"' in other


def test_a_stream_ends_with_an_error_when_a_newer_one_takes_its_place(server: RunningServer) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(closing(post_from(server, "tab-one-1", STREAM, slow_stream())))
        head = first.recv(65536).decode()
        assert head.startswith("HTTP/1.1 200 ")
        second = stack.enter_context(closing(post_from(server, "tab-one-1", STREAM, slow_stream())))
        rest = received(first)
        assert '"code":"superseded"' in rest.rpartition("event: error")[2]
        assert second.recv(65536).startswith(b"HTTP/1.1 200 ")
