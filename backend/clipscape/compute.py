"""`Pool`: warmed worker processes behind one event loop. Every job can be stopped: by a message, else by a kill.

One mechanism serves plain and streamed jobs: a worker sends pieces, `call` joins them, `stream` passes them on. The
queue is bounded: when it is full, the refusal is held back for a moment, because clients that are refused at once
return at once and starve those who are being served.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from clipscape.gate import Held
from clipscape.processes import BusyError, DeadlineError, WorkerLostError, WorkerProcess
from clipscape.stopping import Part
from clipscape.turns import FullError, Ticket, Turns
from clipscape.unread import Pieces, Unread

log = logging.getLogger("clipscape.compute")

_RESPAWN_PAUSE = 1.0
_WITHOUT_SPARE = 8
"""How many times the grace a worker has, until a spare is ready: to start a new process for it would take longer."""
_PATIENCE = 0.25
"""Seconds that a job waits for one in the background to end by itself."""


class _GaveWayError(Exception):
    """The job was stopped to let another one pass; it may begin again."""


@dataclass(frozen=True)
class PoolLimits:
    """How many workers, how long a queue, how patient: seconds and bytes.

    `spares` are warm processes that take the place of a worker that had to be killed; a worker is replaced after
    `jobs_per_worker` jobs, so that no memory leaks for long. `unread` bounds what waits for slow readers, `held` how
    many refusals are held back.
    """

    workers: int
    queue: int = 128
    deadline: float = 5.0
    cancel_grace: float = 0.25
    refusal_delay: float = 1.0
    worker_memory: int = 0
    spares: int = 0
    jobs_per_worker: int = 10_000
    unread: int = 128_000_000
    held: int = 1000


class Pool:
    """Hands jobs to idle workers: clients take turns, and what is in the background waits for all others."""

    def __init__(self, limits: PoolLimits) -> None:
        self.limits = limits
        self._turns: Turns[WorkerProcess] = Turns(limits.queue, max(1, limits.workers - 1))
        self.unread = Unread(limits.unread)
        self.held = Held(limits.refusal_delay, limits.held)
        self._workers: set[WorkerProcess] = set()
        self._spares: list[WorkerProcess] = []
        self._giving_way: list[Part] = []
        """What computes in the background and may be stopped, in the order of beginning."""
        self._chores: set[asyncio.Task[None]] = set()
        self._closing = False
        self.replaced = 0
        """How many processes have been ended and replaced."""

    @property
    def idle(self) -> int:
        """How many workers have nothing to do."""
        return self._turns.idle

    @property
    def waiting(self) -> int:
        """How many jobs wait for a worker."""
        return self._turns.waiting

    @property
    def process_ids(self) -> list[int]:
        """The worker processes, the spares among them."""
        return [worker.process.pid for worker in list(self._workers)]

    @property
    def in_line(self) -> int:
        """How many of these do not belong to the background."""
        return self._turns.in_line

    def would_take(self, client: str | None) -> bool:
        """Say whether a full line would take one more job of a client (None: not known)."""
        return self._turns.would_take(client)

    async def start(self) -> None:
        """Start all workers and wait until every one is warm; the spares follow."""
        for worker in await asyncio.gather(*(self._spawn() for _ in range(self.limits.workers))):
            self._turns.put(worker)
        for _ in range(self.limits.spares):
            self._spawn_chore(self._insist_on_one_more(self._keep_spare))

    async def close(self) -> None:
        """End all workers; no process is left behind."""
        self._closing = True
        for chore in list(self._chores):
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        await asyncio.gather(*(worker.close(self.limits.cancel_grace) for worker in self._workers))
        self._workers.clear()

    async def call(
        self,
        job: str,
        request: dict[str, Any],
        deadline: float | None = None,
        topic: str | None = None,
        *,
        client: str = "",
        background: bool = False,
    ) -> bytes:
        """Run a job and return its whole answer. Cancelling the caller stops the work.

        A worker may remember something of what it did lately: of the idle workers, one that has worked on `topic` is
        preferred. Jobs of different clients are served in turn; those in the `background` when no other job waits, and
        one that takes long is stopped and begun again later where all workers are busy with such jobs.
        """
        ticket = _ticket(topic, client, background, streamed=False)
        for gives_way in (True, True, False):
            parts: list[bytes] = []
            try:
                await self._run(job, request, deadline, parts.append, topic, ticket, gives_way)
                break
            except _GaveWayError:
                continue
        return b"".join(parts)

    async def stream(
        self,
        job: str,
        request: dict[str, Any],
        deadline: float | None = None,
        topic: str | None = None,
        *,
        client: str = "",
        background: bool = False,
        keep: Callable[[bytes], None] | None = None,
    ) -> AsyncGenerator[bytes]:
        """Run a job and yield its pieces as they come. Closing the iterator stops the work. The rest as for `call`.

        Pieces are taken from the worker as fast as it makes them: a slow reader costs memory (see `unread`), not a
        worker, and raises `SlowReaderError` in the end. One worker is always left for jobs that are not streamed, where
        there are two or more. `keep` gets the whole as soon as it is computed, however far the reader is.
        """
        pieces, whole = Pieces(), list[bytes]()
        ticket = _ticket(topic, client, background, streamed=True)

        def emit(piece: bytes) -> None:
            pieces.put(piece)
            if keep is not None:
                whole.append(piece)

        async def work() -> None:
            try:
                await self._run(job, request, deadline, emit, topic, ticket)
                if keep is not None:
                    keep(b"".join(whole))
            finally:
                whole.clear()
                pieces.end()

        with self.unread.backlog(pieces.cut) as pieces.backlog:
            task = asyncio.create_task(work())
            try:
                while (piece := await pieces.get()) is not None:
                    yield piece
                await task
            finally:
                task.cancel()
                await asyncio.wait([task])

    async def _run(
        self,
        job: str,
        request: dict[str, Any],
        deadline: float | None,
        emit: Callable[[bytes], None],
        topic: str | None,
        ticket: Ticket[WorkerProcess],
        gives_way: bool = False,
    ) -> None:
        body = orjson.dumps({**request, "job": job})
        async with self._seat(ticket) as worker:
            try:
                with self._in_the_way(gives_way and ticket.background):
                    async with asyncio.timeout(self.limits.deadline if deadline is None else deadline):
                        await worker.run(body, emit)
            except TimeoutError as error:
                raise DeadlineError("the deadline has passed") from error
            if topic is not None:
                worker.topics.append(topic)

    @asynccontextmanager
    async def _seat(self, ticket: Ticket[WorkerProcess]) -> AsyncGenerator[WorkerProcess]:
        """Wait for a living worker, and give it back at the end; a full line refuses, but not at once."""
        while not (worker := await self._take(ticket)).alive:
            self._turns.done(ticket)
            self._spawn_chore(self._repair(worker))
        try:
            yield worker
        finally:
            self._turns.done(ticket)
            self._give_back(worker)

    async def _take(self, ticket: Ticket[WorkerProcess]) -> WorkerProcess:
        loop = asyncio.get_running_loop()
        impatient = None if ticket.background else loop.call_later(_PATIENCE, self._make_way, ticket)
        try:
            return await self._turns.take(ticket)
        except FullError as error:
            await self.held.wait()
            raise BusyError("the queue is full") from error
        finally:
            if impatient is not None:
                impatient.cancel()

    def _make_way(self, ticket: Ticket[WorkerProcess]) -> None:
        """Stop the job in the background that has computed for the shortest time: somebody has waited long enough."""
        if self._giving_way and self._turns.may(ticket):
            self._giving_way.pop().stop()

    @contextmanager
    def _in_the_way(self, gives_way: bool) -> Iterator[None]:
        if not gives_way:
            yield
            return
        with Part(_GaveWayError()) as part:
            self._giving_way.append(part)
            try:
                yield
            finally:
                if part in self._giving_way:
                    self._giving_way.remove(part)

    def _give_back(self, worker: WorkerProcess) -> None:
        if worker.clean and worker.jobs < self.limits.jobs_per_worker:
            self._turns.put(worker)
        elif not self._closing:
            self._spawn_chore(self._replace(worker) if worker.clean else self._repair(worker))

    def _spawn_chore(self, work: Any) -> None:
        chore = asyncio.create_task(work)
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)

    async def _repair(self, worker: WorkerProcess) -> None:
        """Stop what a worker is doing; replace the process if it does not listen."""
        for _ in range(_WITHOUT_SPARE):
            if await worker.recover(self.limits.cancel_grace):
                self._give_back(worker)
                return
            if not worker.alive or any(spare.alive for spare in self._spares):
                break
        await self._replace(worker)

    async def _replace(self, worker: WorkerProcess) -> None:
        """End a worker. A spare takes its place at once, else a new one as soon as that is warm."""
        dead = [spare for spare in self._spares if not spare.alive]
        living = [spare for spare in self._spares if spare.alive]
        self._spares = living[1:]
        for stand_in in living[:1]:
            self._turns.put(stand_in)
        for corpse in dead:
            self._spawn_chore(self._renew(corpse, self._keep_spare))
        await self._renew(worker, self._keep_spare if living else self._turns.put)

    def _keep_spare(self, worker: WorkerProcess) -> None:
        self._spares.append(worker)

    async def _renew(self, worker: WorkerProcess, put: Callable[[WorkerProcess], None]) -> None:
        await worker.kill()
        self._workers.discard(worker)
        self.replaced += 1
        await self._insist_on_one_more(put)

    async def _insist_on_one_more(self, put: Callable[[WorkerProcess], None]) -> None:
        while True:
            try:
                put(await self._spawn())
                return
            except (WorkerLostError, OSError):
                log.exception("a worker process could not be started; trying again")
                await asyncio.sleep(_RESPAWN_PAUSE)

    async def _spawn(self) -> WorkerProcess:
        worker = await WorkerProcess.spawn(self.limits.worker_memory)
        self._workers.add(worker)
        return worker


def _ticket(topic: str | None, client: str, background: bool, streamed: bool) -> Ticket[WorkerProcess]:
    return Ticket(client, background, streamed, lambda worker: topic in worker.topics)
