"""A server under load whose workers are killed, whose clients stall or leave, and that is told to stop meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.load.requests import Picture, long_training, picture
from benchmarks.load.wire import Connection, Taken

from conftest import RunningServer, running_server
from running import is_alive

PATIENCE = 60.0


@pytest.fixture
def server(data_dir: Path) -> Iterator[RunningServer]:
    with running_server(data_dir, WORKERS="2", BODY_SECONDS="1") as server:
        yield server


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 120))


async def visitors(server: RunningServer, count: int, requests: int) -> list[Taken]:
    """Ask for pictures, one after the other on each of `count` connections."""
    connections = [Connection(server.port, PATIENCE) for _ in range(count)]
    pictures = [Picture(f"visitor-{number}") for number in range(count)]

    async def one(number: int) -> list[Taken]:
        return [await connections[number].ask(pictures[number].next()) for _ in range(requests)]

    taken = [one for each in await asyncio.gather(*map(one, range(count))) for one in each]
    await close(connections)
    return taken


async def close(connections: list[Connection]) -> None:
    for connection in connections:
        connection.close()
    await asyncio.sleep(0.01)


async def quiet(server: RunningServer) -> dict[str, int]:
    """Wait until all workers are idle and nobody waits; return what the server says then."""
    connection = Connection(server.port, PATIENCE)
    while True:
        status = await connection.status()
        if status["idle"] == status["workers"] and not status["waiting"]:
            await close([connection])
            return status
        await asyncio.sleep(0.02)


def test_killed_workers_cost_their_own_requests_and_nothing_else(server: RunningServer) -> None:
    async def test() -> None:
        load = asyncio.create_task(visitors(server, 10, 20))
        killed = 0
        while not load.done():
            await asyncio.sleep(0.15)
            victims = sorted(server.workers())
            if victims and killed < 6:
                os.kill(victims[0], signal.SIGKILL)
                killed += 1
        statuses = Counter(one.status for one in await load)
        assert set(statuses) <= {200, 503}, "a connection broke, or something unforeseen"
        assert statuses[503] <= killed
        assert (await quiet(server))["workers"] == 2

    run(test)


def test_hundreds_of_idle_and_stalled_connections_keep_nobody_waiting(server: RunningServer) -> None:
    async def test() -> None:
        idle = [Connection(server.port, PATIENCE) for _ in range(400)]
        for connection in idle:
            await connection.open()
        for number, connection in enumerate(idle[:200]):
            request = picture(0.1)
            connection.send(request[: number % len(request)])
        statuses = Counter(one.status for one in await visitors(server, 5, 5))
        await close(idle)
        assert statuses == {200: 25}
        assert (await quiet(server))["waiting"] == 0

    run(test)


def test_clients_who_leave_all_at_once_leave_nothing_behind(server: RunningServer) -> None:
    async def test() -> None:
        crowd = [Connection(server.port, PATIENCE) for _ in range(60)]
        for number, connection in enumerate(crowd):
            await connection.open()
            connection.send(long_training(number))
        watching = Connection(server.port, PATIENCE)
        while (await watching.status())["waiting"] < 50:
            await asyncio.sleep(0.01)
        await close([*crowd, watching])
        computed = (await quiet(server))["computed"]
        assert Counter(one.status for one in await visitors(server, 5, 2)) == {200: 10}
        assert (await quiet(server))["computed"] == computed + 10

    run(test)


def test_told_to_stop_under_load_it_finishes_what_it_has_begun(server: RunningServer) -> None:
    async def test() -> None:
        connections = [Connection(server.port, PATIENCE) for _ in range(20)]
        for connection in connections:
            await connection.open()
        asked = [asyncio.create_task(connection.ask(Picture().next())) for connection in connections]
        watching = Connection(server.port, PATIENCE)
        while (await watching.status())["waiting"] < 5:
            await asyncio.sleep(0.001)
        workers = server.workers()
        server.process.send_signal(signal.SIGTERM)
        statuses = Counter(one.status for one in await asyncio.gather(*asked))
        assert statuses == {200: 20}
        await close([*connections, watching])
        assert await asyncio.to_thread(server.process.wait, PATIENCE) in (0, -signal.SIGTERM)
        assert not any(map(is_alive, workers))

    run(test)
