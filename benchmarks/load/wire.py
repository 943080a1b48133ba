"""A client that costs little: one keep-alive connection, requests as prepared bytes, bodies counted and thrown away."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass
from typing import Any

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
"""Where the head of an answer says how long its body is."""

NO_ANSWER = 0
"""The status of a request whose connection broke or whose answer did not come in time."""


@dataclass(frozen=True)
class Taken:
    """One request: HTTP status, when it was sent and answered (seconds of the monotonic clock), bytes received."""

    status: int
    sent: float
    answered: float
    size: int = 0

    @property
    def milliseconds(self) -> float:
        """From sending to the last byte."""
        return (self.answered - self.sent) * 1e3


def post(path: str, body: bytes, tab: str = "") -> bytes:
    """Return a request ready to be sent."""
    named = f"Clipscape-Tab: {tab}\r\n" if tab else ""
    head = f"POST {path} HTTP/1.1\r\nHost: load\r\nAccept-Encoding: gzip\r\n{named}"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def get(path: str, coding: str = "gzip") -> bytes:
    """Return a request ready to be sent."""
    return f"GET {path} HTTP/1.1\r\nHost: load\r\nAccept-Encoding: {coding}\r\n\r\n".encode()


ALIVE = get("/livez")
_STATUS, _CATALOG = get("/statusz"), get("/api/v1/catalog?formulas=false", "identity")


class _Wire(asyncio.Protocol):
    """Reads answers by their Content-Length."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._buffer = bytearray()
        self._needed = 0
        self.closed = False

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._needed:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            found = LENGTH.search(self._buffer, 0, end)
            self._needed = end + 4 + (int(found[1]) if found else 0)
        if len(self._buffer) >= self._needed:
            whole, self._buffer, self._needed = bytes(self._buffer), bytearray(), 0
            if self.answer is not None and not self.answer.done():
                self.answer.set_result((int(whole[9:12]), whole))

    def connection_lost(self, _error: Exception | None) -> None:
        self.closed = True
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(ConnectionResetError("the server closed the connection"))


class Connection:
    """One client. After a broken answer the next request opens a new connection."""

    def __init__(self, port: int, patience: float = 30.0) -> None:
        self._port = port
        self._patience = patience
        self._wire: _Wire | None = None
        self._transport: asyncio.Transport | None = None
        self.last = b""
        """The last answer, with its head."""

    async def open(self) -> None:
        """Connect."""
        loop = asyncio.get_running_loop()
        self._transport, self._wire = await loop.create_connection(_Wire, "127.0.0.1", self._port)

    async def ask(self, request: bytes) -> Taken:
        """Send a request and wait for the whole answer."""
        sent = time.monotonic()
        try:
            async with asyncio.timeout(self._patience):
                status, self.last = await self._answer(request)
        except (OSError, TimeoutError):
            self.close()
            return Taken(NO_ANSWER, sent, time.monotonic())
        return Taken(status, sent, time.monotonic(), len(self.last))

    async def _answer(self, request: bytes) -> tuple[int, bytes]:
        if self._wire is None or self._wire.closed:
            await self.open()
        assert self._wire is not None
        assert self._transport is not None
        self._wire.answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._wire.answer

    async def status(self) -> dict[str, int]:
        """Ask how busy the server is; this takes no worker."""
        found: dict[str, int] = await self._json(_STATUS)
        return found

    async def release(self) -> str:
        """Ask which release it is."""
        return str((await self._json(_CATALOG))["release"])

    async def _json(self, request: bytes) -> Any:
        taken = await self.ask(request)
        if taken.status != 200:
            raise ConnectionError(f"the server answered with {taken.status}")
        return json.loads(self.last.partition(b"\r\n\r\n")[2])

    def send(self, request: bytes) -> None:
        """Send and do not wait: for a client who will leave."""
        assert self._transport is not None
        self._transport.write(request)

    def close(self) -> None:
        """Leave."""
        if self._transport is not None:
            self._transport.abort()
        self._wire = self._transport = None
