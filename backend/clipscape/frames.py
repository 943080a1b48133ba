"""Messages between the web process and its workers: one letter, a job number, a length, then that many bytes."""

from __future__ import annotations

import asyncio
import struct
from typing import NamedTuple, Protocol

HEADER = struct.Struct("!cII")

JOB, CANCEL = b"J", b"X"
"""To a worker: do this, stop doing that."""

READY, PART, DONE, CANCELLED, REFUSED, FAILED = b"r", b"+", b".", b"x", b"!", b"?"
"""From a worker: started; a piece of the answer; finished; stopped as asked; the request is wrong; the job broke."""


class Frame(NamedTuple):
    """One message. `number` says which job it is about."""

    kind: bytes
    number: int
    body: bytes

    def packed(self) -> bytes:
        """Return the bytes that travel."""
        return HEADER.pack(self.kind, self.number, len(self.body)) + self.body


class Readable(Protocol):
    """Where messages come from: `read(size)` waits for all bytes and returns fewer only at the end."""

    def read(self, size: int, /) -> bytes:
        """Read `size` bytes."""


def read_frame(stream: Readable) -> Frame | None:
    """Read one message from a blocking stream; None at its end."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    kind, number, length = HEADER.unpack(header)
    return Frame(kind, number, stream.read(length))


async def receive_frame(stream: asyncio.StreamReader) -> Frame:
    """Read one message in the event loop; raises `asyncio.IncompleteReadError` at the end of the stream."""
    kind, number, length = HEADER.unpack(await stream.readexactly(HEADER.size))
    return Frame(kind, number, await stream.readexactly(length))
