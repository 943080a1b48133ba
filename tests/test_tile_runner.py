"""Tiles on worker processes: all come, coarse ones first; a dead worker costs one more try; closing stops them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

import pytest

from clipscape.compute import Pool, PoolLimits
from clipscape.processes import DeadlineError, WorkerLostError
from clipscape.sweeps import TileRequest, compute_tile, tiles
from clipscape.tile_runner import PoolRunner, coarse_first
from conftest import experiment
from sweeping import ask_for

REQUESTS: list[TileRequest] = [{"level": level, "number": n} for n, level in enumerate((4, 2, 2, 1, 1, 1))]


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 60))


class FakePool(Pool):
    """Answers with the number of the tile when told to; `deaths[number]` workers die on the way."""

    def __init__(self, workers: int = 2, deaths: dict[int, int] | None = None) -> None:
        super().__init__(PoolLimits(workers))
        self.deaths = deaths or {}
        self.open, self.most, self.asked = 0, 0, 0
        self.gate = asyncio.Event()

    async def call(self, job: str, request: dict[str, Any], *_rest: Any, **how: Any) -> bytes:
        assert (job, how["background"]) == ("tile", True)
        self.asked += 1
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            await self.gate.wait()
            await asyncio.sleep(0)
            number = request["number"]
            if self.deaths.get(number, 0):
                self.deaths[number] -= 1
                raise WorkerLostError
            return str(number).encode()
        finally:
            self.open -= 1


def opened(pool: FakePool) -> FakePool:
    pool.gate.set()
    return pool


def test_all_tiles_come_and_workers_have_at_most_one_more_than_they_can_do() -> None:
    async def test() -> None:
        pool = opened(FakePool())
        found = [item async for item in PoolRunner(pool, 60).run(REQUESTS)]
        assert sorted(found) == [(n, str(n).encode()) for n in range(6)]
        assert (pool.most, pool.asked) == (3, 6)

    run(test)


def test_a_tile_has_two_tries() -> None:
    async def test() -> None:
        pool = opened(FakePool(deaths={1: 1, 4: 1}))
        assert len([item async for item in PoolRunner(pool, 60).run(REQUESTS)]) == 6
        assert pool.asked == 8
        with pytest.raises(WorkerLostError):
            async for _ in PoolRunner(opened(FakePool(deaths={2: 2})), 60).run(REQUESTS):
                pass

    run(test)


@pytest.mark.parametrize("by", ["closing", "cancelling"])
def test_whoever_stops_listening_stops_all_tiles(by: str) -> None:
    async def test() -> None:
        pool = FakePool()

        async def listen() -> None:
            async with aclosing(coarse_first(REQUESTS, PoolRunner(pool, 60).run(REQUESTS))) as results:
                async for _ in results:
                    if by == "closing":
                        return
                    pool.gate.clear()

        task = asyncio.create_task(listen())
        await asyncio.sleep(0.01)
        assert pool.open == 3
        pool.gate.set()
        await asyncio.sleep(0.01)
        if by == "cancelling":
            assert pool.open > 0
            task.cancel()
        await asyncio.wait([task])
        asked = pool.asked
        await asyncio.sleep(0.01)
        assert pool.open == 0
        assert pool.asked == asked <= 6

    run(test)


def test_tiles_that_wait_too_long_end_in_a_deadline() -> None:
    async def test() -> None:
        with pytest.raises(DeadlineError):
            async for _ in PoolRunner(FakePool(), 0.02).run(REQUESTS):
                pass

    run(test)


@pytest.mark.parametrize("order", [[5, 4, 3, 2, 1, 0], [3, 0, 5, 1, 4, 2], [0, 1, 2, 3, 4, 5]])
def test_a_fine_tile_waits_for_all_coarser_ones(order: list[int]) -> None:
    async def test() -> None:
        seen = []

        async def results() -> AsyncGenerator[tuple[int, bytes]]:
            for number in order:
                seen.append(number)
                yield number, b""

        passed = [(index, len(seen)) async for index, _ in coarse_first(REQUESTS, results())]
        levels = [REQUESTS[index]["level"] for index, _ in passed]
        assert sorted(index for index, _ in passed) == list(range(6))
        assert levels == sorted(levels, reverse=True)
        for index, known in passed:
            coarser = [n for n in range(6) if REQUESTS[n]["level"] > REQUESTS[index]["level"]]
            needed = max(order.index(n) for n in (*coarser, index)) + 1
            assert known == needed, "passed on as soon as it may"

    run(test)


def test_workers_give_the_bytes_of_this_process_also_when_one_is_killed() -> None:
    ask = ask_for(experiment(n_steps=300), resolution=48)
    requests = tiles(ask)
    expected = [compute_tile(request) for request in requests]

    async def test() -> None:
        pool = Pool(PoolLimits(workers=2))
        await pool.start()
        try:
            found: dict[int, bytes] = {}
            async for index, answer in PoolRunner(pool, 60).run(requests):
                if not found:
                    victim = next(worker for worker in pool._workers if not worker.clean)
                    os.kill(victim.process.pid, signal.SIGKILL)
                found[index] = answer
            assert [found[index] for index in range(len(requests))] == expected
        finally:
            await pool.close()

    run(test)


def test_after_the_listener_has_gone_all_workers_are_free() -> None:
    requests = tiles(ask_for(experiment(n_steps=2000), resolution=64))

    async def test() -> None:
        pool = Pool(PoolLimits(workers=2, cancel_grace=5.0))
        await pool.start()
        try:
            async with aclosing(PoolRunner(pool, 60).run(requests)) as results:
                await anext(results)
            async with asyncio.timeout(5):
                while pool.idle < 2:
                    await asyncio.sleep(0.005)
            assert pool.waiting == 0
        finally:
            await pool.close()

    run(test)
