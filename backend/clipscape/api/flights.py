"""Answers that are asked for twice are computed once: a cache of finished ones and a table of those under way."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi import Request

from clipscape.api.packing import pack
from clipscape.api.problems import ProblemError

T = TypeVar("T")

SMALLEST_GZIP = 500
SMALL = 65_536
"""What is compressed in half a millisecond: less than it takes to hand it to a thread and back on a busy machine."""


class ClientGoneError(ProblemError):
    """The client has closed the connection; what is answered now is only for the log."""

    def __init__(self) -> None:
        super().__init__("gone", "Nobody reads this.")


class Answer:
    """A finished answer; its compressed form is made once, when somebody first asks for it.

    `grown` is told by how many bytes.
    """

    def __init__(self, body: bytes, grown: Callable[[Answer, int], None] | None = None) -> None:
        self.body = body
        self.size = len(body)
        self._grown = grown
        self._gzip: asyncio.Task[bytes] | None = None

    async def gzipped(self) -> bytes:
        """Return the body as gzip, level 1: above that, compressing takes longer than computing."""
        if self._gzip is None:
            self._gzip = asyncio.create_task(self._compress())
        return await asyncio.shield(self._gzip)

    async def _compress(self) -> bytes:
        small = len(self.body) <= SMALL
        packed = _gzip(self.body) if small else await asyncio.to_thread(_gzip, self.body)
        self.size += len(packed)
        if self._grown is not None:
            self._grown(self, len(packed))
        return packed


class FixedAnswer(Answer):
    """An answer that stays the same as long as the server runs, and may take longer to compress."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.key = hashlib.sha256(body).hexdigest()[:32]
        self._brotli: asyncio.Task[bytes] | None = None

    async def packed(self) -> bytes:
        """Return the body with brotli, quality 9: some 70 ms for the catalogue."""
        if self._brotli is None:
            self._brotli = asyncio.create_task(asyncio.to_thread(pack, self.body, 9))
        return await asyncio.shield(self._brotli)


def _gzip(body: bytes) -> bytes:
    return zlib.compress(body, 1, wbits=31)


class _Flight:
    """A computation under way, and how many requests wait for it."""

    def __init__(self, work: Coroutine[Any, Any, Answer]) -> None:
        self.task = asyncio.create_task(work)
        self.waiting = 0


class _Broadcast:
    """A stream of events that several clients listen to; those who come later hear all from the beginning."""

    def __init__(self, events: AsyncGenerator[bytes]) -> None:
        self.sent: list[bytes] = []
        self.listeners = 0
        self._news = asyncio.Event()
        self.task = asyncio.create_task(self._collect(events))
        self.task.add_done_callback(lambda _task: self._news.set())

    async def _collect(self, events: AsyncGenerator[bytes]) -> None:
        async with aclosing(events):
            async for event in events:
                self.sent.append(event)
                self._news.set()
                self._news = asyncio.Event()

    async def listen(self) -> AsyncGenerator[bytes]:
        """Yield every event, then raise what ended the stream, if anything did."""
        heard = 0
        while True:
            news = self._news
            while heard < len(self.sent):
                heard += 1
                yield self.sent[heard - 1]
            if self.task.done():
                self.task.result()
                return
            await news.wait()


class Flights:
    """`get` returns the answer for a key; the last request that stops waiting stops the computation."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._size = 0
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._flights: dict[str, _Flight] = {}
        self._broadcasts: dict[str, _Broadcast] = {}
        self.computed = 0
        self.hits = 0
        """How often an answer was there already."""
        self.joined = 0
        """How often one was under way already."""

    @property
    def kept_bytes(self) -> int:
        """How much memory the finished answers take, with their compressed forms."""
        return self._size

    async def get(self, key: str, compute: Callable[[], Coroutine[Any, Any, bytes]]) -> Answer:
        """Answer from the cache, or join the flight for `key`, or start one."""
        known = self.known(key)
        if known is not None:
            return known
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(self._compute(key, compute))
        else:
            self.joined += 1
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if flight.waiting == 0:
                flight.task.cancel()
                if self._flights.get(key) is flight:
                    del self._flights[key]

    async def follow(self, key: str, start: Callable[[], AsyncGenerator[bytes]]) -> AsyncGenerator[bytes]:
        """Yield the events of a stream: from the cache, with others who listen to the same, or by starting it.

        The last listener who leaves stops it; one that comes to its end is kept as an answer.
        """
        known = self.known(key)
        if known is not None:
            yield known.body
            return
        broadcast = self._broadcasts.get(key)
        if broadcast is None:
            broadcast = self._broadcasts[key] = _Broadcast(start())
            broadcast.task.add_done_callback(lambda task: self._landed(key, broadcast, task))
        else:
            self.joined += 1
        broadcast.listeners += 1
        try:
            async with aclosing(broadcast.listen()) as events:
                async for event in events:
                    yield event
        finally:
            broadcast.listeners -= 1
            if broadcast.listeners == 0 and not broadcast.task.done():
                self._forget(key, broadcast)
                broadcast.task.cancel()
                await asyncio.wait([broadcast.task])

    def _landed(self, key: str, broadcast: _Broadcast, task: asyncio.Task[None]) -> None:
        self._forget(key, broadcast)
        if not task.cancelled() and task.exception() is None:
            self.computed += 1
            self.keep(key, b"".join(broadcast.sent))

    def _forget(self, key: str, broadcast: _Broadcast) -> None:
        if self._broadcasts.get(key) is broadcast:
            del self._broadcasts[key]

    def known(self, key: str) -> Answer | None:
        """Return the finished answer for a key, if it is still kept."""
        if key in self._answers:
            self._answers.move_to_end(key)
            self.hits += 1
        return self._answers.get(key)

    def at_hand(self, key: str) -> bool:
        """Say whether the answer for a key is kept, or being computed for somebody."""
        return key in self._answers or key in self._flights

    async def _compute(self, key: str, compute: Callable[[], Coroutine[Any, Any, bytes]]) -> Answer:
        body = await compute()
        self.computed += 1
        return self.keep(key, body)

    def keep(self, key: str, body: bytes) -> Answer:
        """Keep a finished answer as long as there is room."""
        answer = Answer(body, lambda grown, size: self._grow(size) if self._answers.get(key) is grown else None)
        if len(body) <= self._capacity and key not in self._answers:
            self._answers[key] = answer
            self._grow(len(body))
        return answer

    def _grow(self, size: int) -> None:
        """Count what has come to be kept; let go of what was used longest ago until it fits."""
        self._size += size
        while self._size > self._capacity:
            _, oldest = self._answers.popitem(last=False)
            self._size -= oldest.size


async def unless_gone(request: Request, work: Awaitable[T]) -> T:
    """Await `work`, but give it up as soon as the client has closed the connection."""
    task = asyncio.ensure_future(work)
    gone = asyncio.create_task(_disconnect(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGoneError
        return task.result()
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
