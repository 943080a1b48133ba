"""`Keeper`: the link store for an event loop.

Databases block, so they work in threads of their own: nothing that goes wrong with them holds up a simulation.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from clipscape.links.allowance import Allowance
from clipscape.links.database import Backend, Database
from clipscape.links.faults import StoreError
from clipscape.links.sqlite_file import READERS
from clipscape.links.store import Link, LinkStore, Stored

log = logging.getLogger("clipscape.links")

T = TypeVar("T")

_QUEUE = 256
_PAUSE = 1.0
"""Seconds after a failure in which nothing is tried again: whoever waits is answered at once."""
_FRESH = 1.0
"""Seconds for which a check of the store holds."""


@dataclass(frozen=True)
class KeeperLimits:
    """How long a request waits for the database (seconds), and how many links may be new in a minute."""

    patience: float = 5.0
    new_per_tab: int = 60
    new_in_all: int = 2000


class Keeper:
    """One per application."""

    def __init__(self, backend: Backend, limits: KeeperLimits) -> None:
        self.store = LinkStore(Database(backend))
        self._limits = limits
        self._allowance = Allowance(limits.new_per_tab, limits.new_in_all)
        self._readers = ThreadPoolExecutor(READERS, "links-read")
        self._writers = ThreadPoolExecutor(1 if backend.serial else READERS, "links-write")
        self.outcomes = {"stored": 0, "known": 0, "failed": 0}
        """What became of the links that were to be stored."""
        self._waiting = 0
        self._trouble: tuple[float, StoreError] | None = None
        self._checked = -_FRESH
        self._check: asyncio.Task[None] | None = None

    async def put(self, body: bytes, version: int, tab: str) -> Stored:
        """Store a document; see `LinkStore.put`. Raises `TooManyLinksError` for one new link too many."""
        try:
            stored = await self._run(self._writers, lambda: self._write(body, version, tab))
        except StoreError:
            self.outcomes["failed"] += 1
            raise
        self.outcomes["stored" if stored.new else "known"] += 1
        return stored

    async def get(self, link_id: str) -> Link:
        """Return a link; see `LinkStore.get`."""
        return await self._run(self._readers, lambda: self.store.get(link_id))

    async def check(self) -> None:
        """Raise `StoreError` if the store cannot take a link now. Those who ask together are told together."""
        if time.monotonic() - self._checked < _FRESH:
            return
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(self._run(self._writers, self._probe))
        await asyncio.shield(self._check)

    @property
    def works(self) -> bool:
        """Whether the store was all right when it was last used."""
        return self._trouble is None

    async def close(self) -> None:
        """Finish what is being written and close the database."""
        if self._check is not None:
            await asyncio.wait([self._check])
        await asyncio.to_thread(self._shut)

    def _shut(self) -> None:
        for executor in (self._readers, self._writers):
            executor.shutdown(wait=True, cancel_futures=True)
        self.store.database.close()

    def _write(self, body: bytes, version: int, tab: str) -> Stored:
        return self._tried(lambda: self.store.put(body, version, lambda: self._allowance.spend(tab)))

    def _probe(self) -> None:
        self._tried(self.store.database.probe)
        self._checked = time.monotonic()

    def _tried(self, work: Callable[[], T]) -> T:
        """Do it, unless the last try failed a moment ago."""
        if self._trouble is not None and time.monotonic() < self._trouble[0]:
            raise self._trouble[1]
        try:
            result = work()
        except StoreError as error:
            if self._trouble is None or self._trouble[1].kind != error.kind:
                log.error("the link store has failed: %s", error.reason, exc_info=error)
            self._trouble, self._checked = (time.monotonic() + _PAUSE, error), -_FRESH
            raise
        if self._trouble is not None:
            log.info("the link store works again")
            self._trouble = None
        return result

    async def _run(self, executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        """Work in a thread; who waits too long is answered, and what was begun is finished all the same."""
        if self._waiting >= _QUEUE:
            raise StoreError("busy")
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(executor, work)
        future.add_done_callback(self._finished)
        try:
            async with asyncio.timeout(2 * self._limits.patience):
                return await asyncio.shield(future)
        except TimeoutError:
            raise StoreError("locked") from None

    def _finished(self, future: asyncio.Future[T]) -> None:
        self._waiting -= 1
        if not future.cancelled():
            future.exception()
