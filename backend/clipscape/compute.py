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
    """Hands jobs to idle workers in the order they came."""

    def __init__(self, limits: PoolLimits) -> None:
        self.limits = limits
        self._idle: asyncio.Queue[WorkerProcess] = asyncio.Queue()
        self._workers: set[WorkerProcess] = set()
        self._waiting = 0
        self._streams = asyncio.Semaphore(max(1, limits.workers - 1))
        self._chores: set[asyncio.Task[None]] = set()
        self._closing = False

    @property
    def idle(self) -> int:
        """How many workers have nothing to do."""
        return self._idle.qsize()

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
        self, job: str, request: dict[str, Any], deadline: float | None = None, topic: str | None = None
    ) -> bytes:
        """Run a job and return its whole answer. Cancelling the caller stops the work.

        A worker may remember something of what it did lately: of the idle workers, one that has worked on `topic` is
        preferred.
        """
        parts: list[bytes] = []
        await self._run(job, request, deadline, parts.append, topic)
        return b"".join(parts)

    async def stream(
        self, job: str, request: dict[str, Any], deadline: float | None = None, topic: str | None = None
    ) -> AsyncGenerator[bytes]:
        """Run a job and yield its pieces as they come. Closing the iterator stops the work. `topic` as for `call`.

        Pieces are taken from the worker as fast as it makes them: a slow reader costs memory (bounded by the limit on
        answers), not a worker. One worker is always left for jobs that are not streamed, where there are two or more.
        """
        pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        async with self._one_of_few():
            task = asyncio.create_task(self._run(job, request, deadline, pieces.put_nowait, topic))
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
    ) -> None:
        body = orjson.dumps({**request, "job": job})
        worker = await self._seat(topic)
        try:
            async with asyncio.timeout(self.limits.deadline if deadline is None else deadline):
                await worker.run(body, emit)
            if topic is not None:
                worker.topics.append(topic)
        except TimeoutError as error:
            raise DeadlineError("the deadline has passed") from error
        finally:
            self._give_back(worker)

    async def _seat(self, topic: str | None) -> WorkerProcess:
        """Wait for an idle worker in a bounded queue; a full queue refuses, but not at once."""
        async with self._queue(full=self._idle.empty()):
            while not (worker := self._choose(await self._idle.get(), topic)).alive:
                self._spawn_chore(self._repair(worker))
            return worker

    def _choose(self, first: WorkerProcess, topic: str | None) -> WorkerProcess:
        """Of `first` and the workers that are idle as well, take one that knows the topic, else `first`."""
        idle = [first, *(self._idle.get_nowait() for _ in range(self._idle.qsize()))]
        chosen = next((worker for worker in idle if topic in worker.topics), first)
        for worker in idle:
            if worker is not chosen:
                self._idle.put_nowait(worker)
        return chosen

    @asynccontextmanager
    async def _one_of_few(self) -> AsyncGenerator[None]:
        """Be one of the streams that may compute at the same time; those who wait for that are in the same queue."""
        async with self._queue(full=self._streams.locked()):
            await self._streams.acquire()
        try:
            yield
        finally:
            self._streams.release()

    @asynccontextmanager
    async def _queue(self, full: bool) -> AsyncGenerator[None]:
        if full and self._waiting >= self.limits.queue:
            await asyncio.sleep(self.limits.refusal_delay * random.uniform(0.8, 1.2))
            raise BusyError("the queue is full")
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    def _give_back(self, worker: WorkerProcess) -> None:
        if worker.clean:
            self._idle.put_nowait(worker)
        elif not self._closing:
            self._spawn_chore(self._repair(worker))

    def _spawn_chore(self, work: Any) -> None:
        chore = asyncio.create_task(work)
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)

    async def _repair(self, worker: WorkerProcess) -> None:
        """Stop what a worker is doing; replace the process if it does not listen."""
        if await worker.recover(self.limits.cancel_grace):
            self._idle.put_nowait(worker)
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
        self._idle.put_nowait(worker)
