"""`Pool`: warmed worker processes behind one event loop. Every job can be stopped: by a message, else by a kill.

One mechanism serves plain and streamed jobs: a worker sends pieces, `call` joins them, `stream` passes them on. The
queue is bounded: when it is full, the refusal is held back for a moment, because clients that are refused at once
return at once and starve those who are being served.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from clipscape.processes import BusyError, DeadlineError, WorkerLostError, WorkerProcess
from clipscape.turns import FullError, Ticket, Turns

log = logging.getLogger("clipscape.compute")

_RESPAWN_PAUSE = 1.0


@dataclass(frozen=True)
class PoolLimits:
    """How many workers, how long a queue, how patient: seconds and bytes."""

    workers: int
    queue: int = 128
    deadline: float = 5.0
    cancel_grace: float = 0.25
    refusal_delay: float = 1.0
    worker_memory: int = 0


class Pool:
    """Hands jobs to idle workers: clients take turns, and what is in the background waits for all others."""

    def __init__(self, limits: PoolLimits) -> None:
        self.limits = limits
        self._turns: Turns[WorkerProcess] = Turns(limits.queue, max(1, limits.workers - 1))
        self._workers: set[WorkerProcess] = set()
        self._chores: set[asyncio.Task[None]] = set()
        self._closing = False

    @property
    def idle(self) -> int:
        """How many workers have nothing to do."""
        return self._turns.idle

    @property
    def waiting(self) -> int:
        """How many jobs wait for a worker."""
        return self._turns.waiting

    async def start(self) -> None:
        """Start all workers and wait until every one is warm."""
        await asyncio.gather(*(self._add_worker() for _ in range(self.limits.workers)))

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
        preferred. Jobs of different clients are served in turn; those in the `background` when no other job waits.
        """
        parts: list[bytes] = []
        ticket = _ticket(topic, client, background, streamed=False)
        await self._run(job, request, deadline, parts.append, topic, ticket)
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
    ) -> AsyncGenerator[bytes]:
        """Run a job and yield its pieces as they come. Closing the iterator stops the work. The rest as for `call`.

        Pieces are taken from the worker as fast as it makes them: a slow reader costs memory (bounded by the limit on
        answers), not a worker. One worker is always left for jobs that are not streamed, where there are two or more.
        """
        pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        ticket = _ticket(topic, client, background, streamed=True)
        task = asyncio.create_task(self._run(job, request, deadline, pieces.put_nowait, topic, ticket))
        task.add_done_callback(lambda _task: pieces.put_nowait(None))
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
    ) -> None:
        body = orjson.dumps({**request, "job": job})
        async with self._seat(ticket) as worker:
            try:
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
        try:
            return await self._turns.take(ticket)
        except FullError as error:
            await asyncio.sleep(self.limits.refusal_delay * random.uniform(0.8, 1.2))
            raise BusyError("the queue is full") from error

    def _give_back(self, worker: WorkerProcess) -> None:
        if worker.clean:
            self._turns.put(worker)
        elif not self._closing:
            self._spawn_chore(self._repair(worker))

    def _spawn_chore(self, work: Any) -> None:
        chore = asyncio.create_task(work)
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)

    async def _repair(self, worker: WorkerProcess) -> None:
        """Stop what a worker is doing; replace the process if it does not listen."""
        if await worker.recover(self.limits.cancel_grace):
            self._turns.put(worker)
            return
        await worker.kill()
        self._workers.discard(worker)
        while True:
            try:
                await self._add_worker()
                return
            except (WorkerLostError, OSError):
                log.exception("a worker process could not be replaced; trying again")
                await asyncio.sleep(_RESPAWN_PAUSE)

    async def _add_worker(self) -> None:
        worker = await WorkerProcess.spawn(self.limits.worker_memory)
        self._workers.add(worker)
        self._turns.put(worker)


def _ticket(topic: str | None, client: str, background: bool, streamed: bool) -> Ticket[WorkerProcess]:
    return Ticket(client, background, streamed, lambda worker: topic in worker.topics)
