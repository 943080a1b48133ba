"""`Pool`: warmed worker processes behind one event loop. Every job can be stopped: by a message, else by a kill.

One mechanism serves plain and streamed jobs: a worker sends pieces, `call` joins them, `stream` passes them on. The
queue is bounded: when it is full, the refusal is held back for a moment, because clients that are refused at once
return at once and starve those who are being served.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import random
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import orjson

from clipscape import frames
from clipscape.frames import Frame, receive_frame

log = logging.getLogger("clipscape.compute")

_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_START_SECONDS = 30.0
_RESPAWN_PAUSE = 1.0


class PoolError(Exception):
    """A job gave no answer."""


class BusyError(PoolError):
    """The queue is full."""


class DeadlineError(PoolError):
    """The job took longer than it may."""


class WorkerLostError(PoolError):
    """The worker process ended in the middle of the work."""


class BrokenJobError(PoolError):
    """The job raised an exception that nobody foresaw; the log has it."""


class RefusedError(PoolError):
    """The job found the request wrong; `problem` has code, detail and errors."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        super().__init__(problem["detail"])


@dataclass(frozen=True)
class PoolLimits:
    """How many workers, how long a queue, how patient: seconds and bytes."""

    workers: int
    queue: int = 128
    deadline: float = 5.0
    cancel_grace: float = 0.25
    refusal_delay: float = 1.0
    worker_memory: int = 0


class _Process:
    """One worker process and the two pipes to it."""

    _numbers = itertools.count(1)

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._inbox = process.stdin
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read(process.stdout))
        self._number = 0
        self.clean = True

    @classmethod
    async def spawn(cls, memory: int) -> _Process:
        """Start a worker and wait until it is warm."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "clipscape.worker",
            str(memory),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **_ONE_THREAD},
            limit=2**20,
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await worker._next()
        except (TimeoutError, ConnectionError) as error:
            await worker.kill()
            raise WorkerLostError("a worker process did not start") from error
        except BaseException:
            await worker.kill()
            raise
        return worker

    @property
    def alive(self) -> bool:
        """Whether the process still talks to us."""
        return not self._reading.done()

    async def run(self, request: bytes, emit: Callable[[bytes], None]) -> None:
        """Do one job; every piece of the answer goes to `emit`. Leaves `clean` False if it ends in any odd way."""
        self._number = next(self._numbers) % 2**32
        self.clean = False
        try:
            self._inbox.write(Frame(frames.JOB, self._number, request).packed())
            last = await self._follow(emit)
        except ConnectionError as error:
            raise WorkerLostError("the worker process ended") from error
        self.clean = True
        if last.kind == frames.REFUSED:
            raise RefusedError(orjson.loads(last.body))
        if last.kind == frames.FAILED:
            log.error("a job broke\n%s", last.body.decode(errors="replace"))
            raise BrokenJobError("the job broke")

    async def _read(self, outbox: asyncio.StreamReader) -> None:
        """Take messages from the pipe as they come, so that whoever waits for one may be cancelled at any time."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self._frames.put_nowait(await receive_frame(outbox))
        self._frames.put_nowait(None)

    async def _next(self) -> Frame:
        frame = await self._frames.get()
        if frame is None:
            self._frames.put_nowait(None)
            raise ConnectionResetError("the worker process ended")
        return frame

    async def _follow(self, emit: Callable[[bytes], None]) -> Frame:
        while (frame := await self._next()).kind == frames.PART:
            emit(frame.body)
        return frame

    async def recover(self, grace: float) -> bool:
        """Ask for the present job to be stopped; say whether the worker can be used again."""
        if self._process.returncode is not None:
            return False
        with suppress(TimeoutError, ConnectionError):
            self._inbox.write(Frame(frames.CANCEL, self._number, b"").packed())
            async with asyncio.timeout(grace):
                await self._follow(lambda _part: None)
            self.clean = True
            return True
        return False

    async def kill(self) -> None:
        """End the process now and collect it."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._reading
        self._inbox.close()

    async def close(self, grace: float) -> None:
        """End the process: it leaves by itself when its input ends, and is killed if it does not."""
        self._inbox.close()
        try:
            async with asyncio.timeout(grace):
                await self._process.wait()
                await self._reading
        except TimeoutError:
            await self.kill()


class Pool:
    """Hands jobs to idle workers in the order they came."""

    def __init__(self, limits: PoolLimits) -> None:
        self.limits = limits
        self._idle: asyncio.Queue[_Process] = asyncio.Queue()
        self._workers: set[_Process] = set()
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

    async def call(self, job: str, request: dict[str, Any], deadline: float | None = None) -> bytes:
        """Run a job and return its whole answer. Cancelling the caller stops the work."""
        parts: list[bytes] = []
        await self._run(job, request, deadline, parts.append)
        return b"".join(parts)

    async def stream(self, job: str, request: dict[str, Any], deadline: float | None = None) -> AsyncGenerator[bytes]:
        """Run a job and yield its pieces as they come. Closing the iterator stops the work.

        Pieces are taken from the worker as fast as it makes them: a slow reader costs memory (bounded by the limit on
        answers), not a worker. One worker is always left for jobs that are not streamed, where there are two or more.
        """
        pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        async with self._one_of_few():
            task = asyncio.create_task(self._run(job, request, deadline, pieces.put_nowait))
            task.add_done_callback(lambda _task: pieces.put_nowait(None))
            try:
                while (piece := await pieces.get()) is not None:
                    yield piece
                await task
            finally:
                task.cancel()
                await asyncio.wait([task])

    async def _run(
        self, job: str, request: dict[str, Any], deadline: float | None, emit: Callable[[bytes], None]
    ) -> None:
        body = orjson.dumps({**request, "job": job})
        worker = await self._seat()
        try:
            async with asyncio.timeout(self.limits.deadline if deadline is None else deadline):
                await worker.run(body, emit)
        except TimeoutError as error:
            raise DeadlineError("the deadline has passed") from error
        finally:
            self._give_back(worker)

    async def _seat(self) -> _Process:
        """Wait for an idle worker in a bounded queue; a full queue refuses, but not at once."""
        async with self._queue(full=self._idle.empty()):
            while not (worker := await self._idle.get()).alive:
                self._spawn_chore(self._repair(worker))
            return worker

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

    def _give_back(self, worker: _Process) -> None:
        if worker.clean:
            self._idle.put_nowait(worker)
        elif not self._closing:
            self._spawn_chore(self._repair(worker))

    def _spawn_chore(self, work: Any) -> None:
        chore = asyncio.create_task(work)
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)

    async def _repair(self, worker: _Process) -> None:
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
        worker = await _Process.spawn(self.limits.worker_memory)
        self._workers.add(worker)
        self._idle.put_nowait(worker)
