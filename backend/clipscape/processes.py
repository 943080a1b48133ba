"""`WorkerProcess`: one worker as the web process sees it, with its two pipes; and how a job can fail."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson

from clipscape import frames
from clipscape.frames import Frame, receive_frame

log = logging.getLogger("clipscape.compute")

WORKER_ENVIRONMENT = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""One thread."""
_START_SECONDS = 30.0
_TOPICS = 16


class PoolError(Exception):
    """A job gave no answer."""


class BusyError(PoolError):
    """The queue is full."""


class DeadlineError(PoolError):
    """The job took longer than it may."""


class SlowReaderError(PoolError):
    """The client takes the answer more slowly than can be afforded now."""


class WorkerLostError(PoolError):
    """The worker process ended in the middle of the work."""


class BrokenJobError(PoolError):
    """The job raised an exception that nobody foresaw; the log has it."""


class RemoteError(Exception):
    """What a worker says about an exception of its own: the traceback."""


class RefusedError(PoolError):
    """The job found the request wrong; `problem` has code, detail and errors."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        super().__init__(problem["detail"])


class WorkerProcess:
    """One worker process and the two pipes to it."""

    _numbers = itertools.count(1)

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.inbox = process.stdin
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read(process.stdout))
        self._number = 0
        self.jobs = 0
        """How many it has been given."""
        self.clean = True
        self.topics: deque[str] = deque(maxlen=_TOPICS)
        """What it has worked on lately."""

    @classmethod
    async def spawn(cls, memory: int) -> WorkerProcess:
        """Start a worker and wait until it is warm."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "clipscape.worker",
            str(memory),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **WORKER_ENVIRONMENT},
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
        self.jobs += 1
        self.clean = False
        try:
            self._tell(Frame(frames.JOB, self._number, request))
            last = await self._follow(emit)
        except ConnectionError as error:
            raise WorkerLostError("the worker process ended") from error
        self.clean = True
        if last.kind == frames.REFUSED:
            raise RefusedError(orjson.loads(last.body))
        if last.kind == frames.FAILED:
            log.error("a job broke", exc_info=RemoteError(last.body.decode(errors="replace")))
            raise BrokenJobError("the job broke")

    async def _read(self, outbox: asyncio.StreamReader) -> None:
        """Take messages from the pipe as they come, so that whoever waits for one may be cancelled at any time."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self._frames.put_nowait(await receive_frame(outbox))
        self._frames.put_nowait(None)

    def _tell(self, frame: Frame) -> None:
        """Send a message. (Writing into a closed pipe is a RuntimeError of one event loop and nothing of another.)"""
        if self.inbox.is_closing():
            raise ConnectionResetError("the worker process ended")
        self.inbox.write(frame.packed())

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
        if self.process.returncode is not None:
            return False
        with suppress(TimeoutError, ConnectionError):
            self._tell(Frame(frames.CANCEL, self._number, b""))
            async with asyncio.timeout(grace):
                await self._follow(lambda _part: None)
            self.clean = True
            return True
        return False

    async def kill(self) -> None:
        """End the process now and collect it."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self._reading
        self.inbox.close()

    async def close(self, grace: float) -> None:
        """End the process: it leaves by itself when its input ends, and is killed if it does not."""
        self.inbox.close()
        try:
            async with asyncio.timeout(grace):
                await self.process.wait()
                await self._reading
        except TimeoutError:
            await self.kill()
