"""Requests at a fixed rate, whether or not the ones before have been answered, by as little work as possible.

The clients share the machine with the server, so what they take is not there for it: no task, no timer and no parsing
of JSON per request, one prepared text for each visitor.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import cast

from benchmarks.load.requests import Picture
from benchmarks.load.wire import LENGTH, NO_ANSWER, Taken

_RETRY_AFTER = re.compile(rb"\r\nretry-after: (\d+)\r\n", re.IGNORECASE)
_TICK = 0.005


class Flood:
    """Visitors who come at a rate. One who is free asks again; every second one waits first if asked to."""

    def __init__(self, port: int, rate: float, patience: float = 30.0) -> None:
        self.port = port
        self._rate = rate
        self._patience = patience
        self._visitors: list[_Visitor] = []
        self._free: list[_Visitor] = []
        self.taken: list[Taken] = []

    @property
    def visitors(self) -> int:
        """How many there have been: each has a connection."""
        return len(self._visitors)

    async def run(self, seconds: float) -> list[Taken]:
        """Ask for so long, then wait for the answers; return all requests in the order of sending."""
        started, sent = time.monotonic(), 0
        while (now := time.monotonic() - started) < seconds:
            for _ in range(int(now * self._rate) - sent):
                self._ask()
                sent += 1
            await asyncio.sleep(_TICK)
        while len(self.taken) < sent:
            self._lose_patience()
            await asyncio.sleep(0.05)
        for visitor in self._visitors:
            visitor.leave()
        return sorted(self.taken, key=lambda one: one.sent)

    def _ask(self) -> None:
        if self._free:
            visitor = self._free.pop()
        else:
            visitor = _Visitor(self, len(self._visitors))
            self._visitors.append(visitor)
        visitor.ask()

    def _lose_patience(self) -> None:
        for visitor in self._visitors:
            if visitor.asked and time.monotonic() - visitor.asked > self._patience:
                visitor.answered(NO_ANSWER)
                visitor.leave()

    def free(self, visitor: _Visitor, wait: int) -> None:
        """Take a visitor back who has been answered; every second one comes back only when he may."""
        if wait and visitor.polite:
            asyncio.get_running_loop().call_later(wait, self._free.append, visitor)
        else:
            self._free.append(visitor)


class _Visitor(asyncio.Protocol):
    """One visitor with one connection; where it breaks, he opens another for his next request."""

    def __init__(self, flood: Flood, number: int) -> None:
        self._flood = flood
        self._picture = Picture(f"impatient-{number}")
        self._transport: asyncio.WriteTransport | None = None
        self._opening: asyncio.Task[None] | None = None
        self._received = bytearray()
        self._needed = 0
        self.polite = number % 2 == 0
        self.asked = 0.0

    def ask(self) -> None:
        """Send the next request."""
        self.asked = time.monotonic()
        if self._transport is None or self._transport.is_closing():
            self._opening = asyncio.get_running_loop().create_task(self._open())
        else:
            self._transport.write(self._picture.next())

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self, "127.0.0.1", self._flood.port)
        except OSError:
            self.answered(NO_ANSWER)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._received.clear()
        self._needed = 0
        self._transport = cast(asyncio.WriteTransport, transport)
        self._transport.write(self._picture.next())

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._needed:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            found = LENGTH.search(self._received, 0, end)
            self._needed = end + 4 + (int(found[1]) if found else 0)
        if len(self._received) >= self._needed:
            status, size, wait = int(self._received[9:12]), self._needed, self._wait()
            self._received.clear()
            self._needed = 0
            self.answered(status, size, wait)

    def _wait(self) -> int:
        """Return the seconds that a refusal asks to wait."""
        told = _RETRY_AFTER.search(self._received) if self._received[9:12] == b"503" else None
        return int(told[1]) if told else 0

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        if self.asked:
            self.answered(NO_ANSWER)

    def answered(self, status: int, size: int = 0, wait: int = 0) -> None:
        """Note what became of the present request."""
        if self.asked:
            self._flood.taken.append(Taken(status, self.asked, time.monotonic(), size))
            self.asked = 0.0
            self._flood.free(self, wait)

    def leave(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
