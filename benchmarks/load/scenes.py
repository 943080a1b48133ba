"""The scenes: a lecture opens one link, in another all move their own sliders; an overload; clients who leave."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from benchmarks.load.flood import Flood
from benchmarks.load.requests import GALLERY, Picture, long_slider, long_training, opening
from benchmarks.load.server import Server, Use
from benchmarks.load.wire import ALIVE, Connection, Taken

PROMPT_MS = 250.0
"""An answer later than this feels slow."""
FREE_MS = 500.0
"""A worker must be free this long after nobody waits for its work any more."""


@dataclass
class Figures:
    """What a scene has shown."""

    requests: int
    failures: int
    p50_ms: float
    p95_ms: float
    seconds: float
    more: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, taken: list[Taken], **more: float) -> Figures:
        """Summarise requests; whatever is not 200 has failed."""
        times = sorted(one.milliseconds for one in taken)
        span = max(one.answered for one in taken) - min(one.sent for one in taken)
        failures = sum(one.status != 200 for one in taken)
        return cls(len(taken), failures, median(times), times[int(0.95 * (len(times) - 1))], span, more)


async def one_link(server: Server, clients: int) -> Figures:
    """All open the same link in the same moment: its run and its map."""
    asking = await _opened(server)
    before = (await asking.status())["computed"]
    questions = opening(await asking.release())
    connections = [Connection(server.port) for _ in range(clients)]
    for connection in connections:
        await connection.open()

    async def visit(connection: Connection) -> list[Taken]:
        return [await connection.ask(question) for question in questions]

    taken = await asyncio.gather(*map(visit, connections))
    computed = (await asking.status())["computed"] - before
    await _close([asking, *connections])
    return Figures.of([one for both in taken for one in both], computations=computed)


async def own_sliders(server: Server, clients: int, seconds: float, think: float = 3.0) -> Figures:
    """Everybody moves a slider, looks at the picture for `think` seconds (half to one and a half times), and again."""
    asking = await _opened(server)
    connections = [Connection(server.port) for _ in range(clients)]
    end = time.monotonic() + seconds
    draw = random.Random(7)

    async def visitor(number: int) -> list[Taken]:
        taken, picture = [], Picture(f"visitor-{number}")
        await asyncio.sleep(think * draw.random())
        while time.monotonic() < end:
            taken.append(await connections[number].ask(picture.next()))
            await asyncio.sleep(think * draw.uniform(0.5, 1.5))
        return taken

    before, own = server.use(), time.process_time()
    taken = [one for each in await asyncio.gather(*map(visitor, range(clients))) for one in each]
    shares = _cpu(before, server.use(), time.process_time() - own, taken)
    await _close([asking, *connections])
    return Figures.of(taken, **shares)


async def overload(server: Server, peak_seconds: float, seconds: float, factor: float = 3.0) -> Figures:
    """Find out how much the server can do, send `factor` times as much, and see what becomes of it afterwards."""
    await _close([await _opened(server)])
    peak = await _saturate(server, peak_seconds)
    memory = [server.use().all_bytes]
    alive: list[Taken] = []
    watching = asyncio.create_task(_watch(server, memory, alive))
    own, before = time.process_time(), server.use()
    flood = Flood(server.port, peak * factor)
    taken = await flood.run(seconds)
    shares = _cpu(before, server.use(), time.process_time() - own, taken)
    recovery = await _until_prompt(server)
    watching.cancel()
    await asyncio.wait([watching])
    asking = Connection(server.port)
    await _until(asking, _is_quiet)
    await _close([asking])
    in_time = [one for one in taken if one.status == 200 and one.answered < taken[0].sent + seconds]
    figures = Figures.of([one for one in taken if one.status == 200])
    figures.requests, figures.failures = len(taken), sum(one.status not in (200, 503) for one in taken)
    figures.more = {
        "peak_per_second": peak,
        "offered_per_second": len(taken) / seconds,
        "goodput": len(in_time) / seconds / peak,
        "refused": sum(one.status == 503 for one in taken) / len(taken),
        "recovery_seconds": recovery,
        "memory": max(memory) / memory[0] if memory[0] else 1.0,
        "livez_p95_ms": Figures.of(alive).p95_ms,
        "visitors": flood.visitors,
        **shares,
    }
    return figures


async def clients_gone(server: Server, times: int) -> Figures:
    """A client asks for a long slider or training and leaves in the middle; how long is the worker still busy?"""
    freed, asking = [], Connection(server.port)
    for number in range(times):
        connection = Connection(server.port)
        await connection.open()
        connection.send((long_slider, long_training)[number % 2](number))
        await _until(asking, lambda status: status["idle"] < status["workers"])
        await asyncio.sleep(random.Random(number).uniform(0.0, 0.5))
        left = time.monotonic()
        connection.close()
        await _until(asking, _is_quiet)
        freed.append(Taken(200, left, time.monotonic()))
    await _close([asking])
    return _freed(freed)


async def deadlines(server: Server, times: int) -> Figures:
    """A request runs into its deadline; how long is the worker still busy after the answer?"""
    connection, asking, freed = Connection(server.port), Connection(server.port), []
    for number in range(times):
        answer = await connection.ask(long_slider(number))
        await _until(asking, _is_quiet)
        freed.append(Taken(200 if answer.status == 503 else answer.status, answer.answered, time.monotonic()))
    await _close([connection, asking])
    return _freed(freed)


async def _opened(server: Server) -> Connection:
    """Wait until the server has done what it does once, when it starts: the gallery, compressing the page."""
    asking = Connection(server.port)
    await asking.ask(GALLERY)
    await _until(asking, _is_quiet)
    end, used = time.monotonic() + 20.0, -1.0
    while (now := server.use().all_seconds) - used > 0.03 and time.monotonic() < end:
        used = now
        await asyncio.sleep(0.5)
    return asking


def _freed(freed: list[Taken]) -> Figures:
    late = sum(one.milliseconds > FREE_MS for one in freed)
    return Figures.of(freed, late=late, longest_ms=max(one.milliseconds for one in freed))


async def _saturate(server: Server, seconds: float) -> float:
    """Return how many pictures a second it computes for a few clients who never pause."""
    clients = 8
    connections = [Connection(server.port) for _ in range(clients)]
    end = time.monotonic() + seconds

    async def hurry(number: int) -> int:
        done, picture = 0, Picture(f"hurried-{number}")
        while time.monotonic() < end:
            done += (await connections[number].ask(picture.next())).status == 200
        return done

    total = sum(await asyncio.gather(*map(hurry, range(clients))))
    await _close(connections)
    return total / seconds


async def _watch(server: Server, memory: list[int], alive: list[Taken]) -> None:
    """Note now and then how much memory the server has, and how long it takes to say that it is alive."""
    asking = Connection(server.port)
    try:
        while True:
            memory.append(server.use().all_bytes)
            alive.append(await asking.ask(ALIVE))
            await asyncio.sleep(0.5)
    finally:
        asking.close()


async def _until_prompt(server: Server) -> float:
    """Return after how many seconds a picture comes promptly again."""
    started, connection, picture = time.monotonic(), Connection(server.port), Picture("afterwards")
    while True:
        taken = await connection.ask(picture.next())
        if taken.status == 200 and taken.milliseconds < PROMPT_MS:
            connection.close()
            return taken.sent - started


def _is_quiet(status: dict[str, int]) -> bool:
    return status["idle"] == status["workers"] and status["waiting"] == 0


async def _until(asking: Connection, holds: Callable[[dict[str, int]], bool], give_up: float = 60.0) -> None:
    end = time.monotonic() + give_up
    while not holds(await asking.status()):
        if time.monotonic() > end:
            raise TimeoutError("the server did not get there")
        await asyncio.sleep(0.002)


def _cpu(before: Use, after: Use, own: float, taken: list[Taken]) -> dict[str, float]:
    """CPU milliseconds per request of the web process and the workers, and the share of one core that we used."""
    span = max(one.answered for one in taken) - min(one.sent for one in taken)
    good = max(1, sum(one.status == 200 for one in taken))
    return {
        "web_ms": 1e3 * (after.web_seconds - before.web_seconds) / good,
        "worker_ms": 1e3 * (after.worker_seconds - before.worker_seconds) / good,
        "generator_share": own / span,
    }


async def _close(connections: list[Connection]) -> None:
    for connection in connections:
        connection.close()
    await asyncio.sleep(0.01)
