"""`Unread`: what has been computed and not been taken by its reader yet, in all bounded. The slowest reader loses.

A worker never waits for a reader. So what a slow one has not taken is kept in memory; where that becomes too much for
all readers together, the one with most of it is cut off, and may ask again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clipscape.processes import SlowReaderError


class Backlog:
    """What one reader has not taken, in bytes, and how to get rid of it."""

    def __init__(self, unread: Unread, cut: Callable[[], None]) -> None:
        self._unread = unread
        self.size = 0
        self.cut = cut

    def change(self, size: int) -> None:
        """Count that many bytes from now on."""
        self._unread.total += size - self.size
        self.size = size
        self._unread.shorten()


class Unread:
    """The backlogs of all readers, at most `most` bytes together."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.total = 0
        self._backlogs: set[Backlog] = set()

    @contextmanager
    def backlog(self, cut: Callable[[], None]) -> Iterator[Backlog]:
        """Count what a reader has not taken, until the body ends; `cut` is called when that is the most of all."""
        mine = Backlog(self, cut)
        self._backlogs.add(mine)
        try:
            yield mine
        finally:
            mine.change(0)
            self._backlogs.discard(mine)

    def shorten(self) -> None:
        """Cut off the reader with most until what is left fits."""
        while self.total > self.most:
            longest = max(self._backlogs, key=lambda backlog: backlog.size)
            self.total -= longest.size
            longest.size = 0
            longest.cut()


class Pieces:
    """The pieces of a stream on their way to its reader."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._news = asyncio.Event()
        self._ended = False
        self._cut = False
        self.backlog: Backlog | None = None

    def put(self, piece: bytes) -> None:
        """Add a piece; after a cut it is thrown away."""
        if not self._cut:
            self._pieces.append(piece)
            self._count(len(piece))

    def end(self) -> None:
        """No more will come."""
        self._ended = True
        self._news.set()

    def cut(self) -> None:
        """Throw everything away; the reader gets an error."""
        self._cut = True
        self._pieces.clear()
        self._size = 0
        self._news.set()

    async def get(self) -> bytes | None:
        """Wait for the next piece; None at the end. Raises `SlowReaderError` after a cut."""
        while not self._pieces:
            if self._cut:
                raise SlowReaderError("the reader was too slow")
            if self._ended:
                return None
            self._news.clear()
            await self._news.wait()
        piece = self._pieces.popleft()
        self._count(-len(piece))
        return piece

    def _count(self, size: int) -> None:
        self._size += size
        self._news.set()
        if self.backlog is not None:
            self.backlog.change(self._size)
