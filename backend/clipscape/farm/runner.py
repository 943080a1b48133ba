"""`DaskRunner`: the tiles of a map on the workers of a Dask scheduler, instead of on those of this machine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from math import ceil
from typing import TYPE_CHECKING, Any

from clipscape.farm.faults import FarmError
from clipscape.processes import BrokenJobError, DeadlineError, PoolError, WorkerLostError
from clipscape.sweeps import TileRequest
from clipscape.tile_runner import Results

if TYPE_CHECKING:
    import distributed

log = logging.getLogger("clipscape.farm")

_CONNECT_SECONDS = 3.0
_LOOK_SECONDS = 1.0
"""How often a map asks how many workers there are."""
_WORKERLESS_SECONDS = 20.0
"""How long a map waits when the last worker has gone: one that died may come back."""
_TASKS_PER_WORKER, _FEWEST_TASKS = 2, 4
"""So many tasks lie at the scheduler at a time, so that nobody waits and maps take turns."""
_TASK_SECONDS = 0.25
"""Tiles that take less are handed over several at a time: a task costs all concerned some 3 ms, however small it is."""

_NO_WORKERS = "the Dask scheduler has no workers"

Found = tuple[float, list[bytes]]
Task = asyncio.Task[Found]


class DaskRunner:
    """See `TileRunner`. A worker that dies costs its tiles another try, by Dask's own rules.

    Each map has a connection of its own: when it closes, however that comes about, the scheduler forgets its tiles.
    Raises `FarmError` where the scheduler or all workers are away, `DeadlineError` when it takes longer than `seconds`.
    """

    def __init__(self, address: str, seconds: float) -> None:
        self._address = address
        self._seconds = seconds

    async def workers(self) -> int:
        """Return how many tiles are computed at once; raise `FarmError` where that is none."""
        count = await self.count()
        if not count:
            raise FarmError(_NO_WORKERS)
        return count

    async def count(self) -> int:
        """Return how many threads the workers have that the scheduler knows at the moment."""
        dask = await _dask()
        try:
            async with asyncio.timeout(_CONNECT_SECONDS), dask.rpc(self._address) as scheduler:
                identity = await scheduler.identity(n_workers=-1)
        except (OSError, TimeoutError) as error:
            raise FarmError("the Dask scheduler does not answer") from error
        return sum(worker["nthreads"] for worker in identity["workers"].values())

    async def run(self, requests: Sequence[TileRequest]) -> Results:
        """Keep all workers busy and a few tiles waiting, coarse ones first."""
        async with self._connected() as client:
            map_ = _Map(self, client, requests, self._seconds)
            try:
                async for result in map_.results():
                    yield result
            finally:
                await map_.close()

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[distributed.Client]:
        dask = await _dask()
        try:
            client = await dask.Client(
                self._address, asynchronous=True, timeout=_CONNECT_SECONDS, set_as_default=False, name="clipscape"
            )
        except (OSError, TimeoutError) as error:
            raise FarmError("the Dask scheduler does not answer") from error
        try:
            yield client
        finally:
            with suppress(OSError, TimeoutError):
                await client.close(timeout=_CONNECT_SECONDS)


class _Map:
    """The tiles of one map, by one connection."""

    def __init__(
        self, runner: DaskRunner, client: distributed.Client, requests: Sequence[TileRequest], seconds: float
    ) -> None:
        self._runner, self._client = runner, client
        self._requests = requests
        self._next = 0
        self._clock = asyncio.get_running_loop().time
        self._end = self._clock() + seconds
        self._seen = self._looked = self._clock()
        self._workers = 0
        self._tile_seconds = _TASK_SECONDS
        self._futures: dict[int, distributed.Future[Found]] = {}
        self._tasks: dict[Task, int] = {}
        """What is awaited, and with which tile it begins."""

    async def results(self) -> Results:
        """Yield every answer as it comes."""
        self._submit()
        await self._look()
        while True:
            self._submit()
            if not self._tasks:
                return
            done, _ = await asyncio.wait(self._tasks, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            found = [(self._tasks.pop(task), task) for task in done]
            _look_at_all(done)
            answers = [answer for first, task in found for answer in enumerate(self._answers(first, task), first)]
            self._submit()
            for answer in answers:
                yield answer
            if self._clock() - self._looked >= _LOOK_SECONDS:
                await self._look()

    async def close(self) -> None:
        """Take back what is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client.status == "running" and self._futures:
            with suppress(OSError, TimeoutError):
                await self._client.cancel(list(self._futures.values()), force=True)  # type: ignore[no-untyped-call]

    def _submit(self) -> None:
        """Hand over tiles until enough lie at the scheduler; a coarse level goes before a fine one of another map."""
        task = import_module("clipscape.farm.task")
        most = max(_FEWEST_TASKS, _TASKS_PER_WORKER * self._workers)
        while len(self._tasks) < most and self._next < len(self._requests):
            first, level = self._next, self._requests[self._next]["level"]
            left = sum(request["level"] == level for request in self._requests[first:])
            self._next += at_once(left, self._workers, self._tile_seconds)
            own = self._requests[first : self._next]
            future = self._client.submit(task.compute, own, task.RELEASE, pure=False, priority=level)
            self._futures[first] = future
            self._tasks[asyncio.create_task(_awaited(future))] = first

    def _answers(self, first: int, task: Task) -> list[bytes]:
        try:
            self._tile_seconds, answers = task.result()
        except (Exception, asyncio.CancelledError) as error:
            raise _understood(error) from error
        self._futures.pop(first).release()  # type: ignore[no-untyped-call]
        return answers

    async def _look(self) -> None:
        """Ask whether anybody is at work; raise where that makes no sense any more."""
        if self._clock() > self._end:
            raise DeadlineError("the deadline has passed")
        self._workers = await self._runner.count()
        self._looked = self._clock()
        if self._workers:
            self._seen = self._looked
        elif self._looked - self._seen > _WORKERLESS_SECONDS:
            raise FarmError(_NO_WORKERS)


def at_once(left: int, workers: int, seconds: float) -> int:
    """Return how many of the tiles that are left of a level make the next task: ever fewer, so that all end together.

    No task takes much longer than `_TASK_SECONDS` where one tile takes `seconds`.
    """
    most = max(1, int(_TASK_SECONDS / seconds))
    return min(most, max(1, ceil(left / (2 * max(1, workers)))))


async def _dask() -> Any:
    """Return Dask's package; the first import takes half a second, so it is not made in the event loop."""
    return await asyncio.to_thread(import_module, "distributed")


async def _awaited(future: distributed.Future[Found]) -> Found:
    found: Found = await future
    return found


def _look_at_all(done: Iterable[Task]) -> None:
    """Of several that failed together only the first is raised; the others are not to be reported as overlooked."""
    for task in done:
        if not task.cancelled():
            task.exception()


def _understood(error: BaseException) -> PoolError:
    """Translate what Dask says about a tile that has no answer."""
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    from clipscape.farm.task import RELEASE, OtherReleaseError

    match error:
        case KilledWorker():
            return WorkerLostError("several Dask workers ended over a tile")
        case OtherReleaseError():
            return FarmError(f"a Dask worker runs {error}, the server {RELEASE}")
        case ImportError():
            return FarmError(f"a Dask worker does not have {RELEASE} installed")
        case FutureCancelledError() | asyncio.CancelledError() | OSError() | TimeoutError():
            return FarmError("the Dask scheduler was lost on the way")
    log.error("a tile broke on a Dask worker", exc_info=error)
    return BrokenJobError("the job broke")
