"""Who computes the tiles of a map: `TileRunner` is the seam, `PoolRunner` the workers of this machine."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Protocol

from clipscape.compute import Pool
from clipscape.processes import DeadlineError, WorkerLostError
from clipscape.sweeps import TileRequest

TILE_JOB = "tile"

Results = AsyncGenerator[tuple[int, bytes]]
"""The number of a request and its answer, as they come."""


class TileRunner(Protocol):
    """Computes tiles. Closing what `run` returns stops everything that is left."""

    async def workers(self) -> int:
        """Return how many tiles are computed at once."""

    def run(self, requests: Sequence[TileRequest]) -> Results:
        """Yield the answers in any order; each is `compute_tile(request)`, wherever it was computed."""


class PoolRunner:
    """Tiles on the worker processes of this machine, in the background: whoever asks for a run goes first.

    A worker that dies costs its tile one more try. Raises `DeadlineError` when all takes longer than `seconds`.
    """

    def __init__(self, pool: Pool, seconds: float, client: str = "") -> None:
        self._pool = pool
        self._seconds = seconds
        self._client = client

    async def workers(self) -> int:
        """Return how many worker processes there are."""
        return self._pool.limits.workers

    async def run(self, requests: Sequence[TileRequest]) -> Results:
        """Keep all workers busy and one tile waiting."""
        end = asyncio.get_running_loop().time() + self._seconds
        waiting = iter(enumerate(requests))
        tasks: set[asyncio.Task[tuple[int, bytes]]] = set()
        try:
            while True:
                while len(tasks) <= self._pool.limits.workers and (item := next(waiting, None)) is not None:
                    tasks.add(asyncio.create_task(self._compute(*item, end)))
                if not tasks:
                    return
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
                tasks -= done
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _compute(self, index: int, request: TileRequest, end: float) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout_at(end):
                try:
                    return index, await self._call(request)
                except WorkerLostError:
                    return index, await self._call(request)
        except TimeoutError as error:
            raise DeadlineError("the deadline has passed") from error

    async def _call(self, request: TileRequest) -> bytes:
        return await self._pool.call(TILE_JOB, request, self._seconds, client=self._client, background=True)


async def coarse_first(requests: Sequence[TileRequest], results: Results) -> Results:
    """Pass results on, but hold those of a level back until all coarser ones are there, so that none paints over."""
    left = Counter(request["level"] for request in requests)
    held: list[tuple[int, bytes]] = []
    async with aclosing(results):
        async for result in results:
            held.append(result)
            left[requests[result[0]]["level"]] -= 1
            reached = max((level for level, count in left.items() if count), default=0)
            ready = [item for item in held if requests[item[0]]["level"] >= reached]
            held = [item for item in held if item not in ready]
            for item in sorted(ready, key=lambda item: -requests[item[0]]["level"]):
                yield item
