"""The pool: answers come back, work can be stopped at any time, workers are replaced, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from typing import Any

import orjson
import pytest
import uvloop

from clipscape.asks import read_run_ask
from clipscape.compute import _PATIENCE, Pool, PoolLimits
from clipscape.processes import (
    BrokenJobError,
    BusyError,
    DeadlineError,
    PoolError,
    RefusedError,
    WorkerLostError,
    WorkerProcess,
)
from conftest import experiment

SOON = 5.0
"""Generous bound for what should take some milliseconds."""


def long_request() -> dict[str, Any]:
    """Return a request that computes for some seconds."""
    clips = [{"name": str(n), "clip": {"kind": "autoclip"}} for n in range(16)]
    axes = {"path": "optimizer.params.learning_rate", "values": [0.001 * (n + 1) for n in range(25)]}
    body = {"experiment": experiment(n_steps=5000, variants=clips, start=[-1.29, 1.95]), "axes": axes, "fields": []}
    return read_run_ask(body, "list").as_data()


def short_request() -> dict[str, Any]:
    """Return a request that computes for some milliseconds."""
    return read_run_ask({"experiment": experiment()}, "list").as_data()


@asynccontextmanager
async def started(**limits: Any) -> AsyncIterator[Pool]:
    pool = Pool(PoolLimits(**{"workers": 1, "refusal_delay": 0.01, **limits}))
    await pool.start()
    try:
        yield pool
    finally:
        await pool.close()


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 30))


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until it holds; fail if that takes too long."""
    async with asyncio.timeout(SOON):
        while not condition():
            await asyncio.sleep(0.005)


async def gone(awaitable: Awaitable[Any], error: type[PoolError]) -> None:
    with pytest.raises(error):
        await awaitable


def pids(pool: Pool) -> set[int]:
    return {worker.process.pid for worker in pool._workers}


def test_answers_come_back() -> None:
    async def test() -> None:
        async with started() as pool:
            assert await pool.call("ping", {}) == b"pong"
            answer = orjson.loads(await pool.call("simulate", short_request()))
            assert len(answer["variants"]) == 3
            assert pool.idle == 1

    run(test)


def test_jobs_on_two_workers_do_not_mix_up_their_answers() -> None:
    async def test() -> None:
        async with started(workers=2) as pool:
            asks = [read_run_ask({"experiment": experiment(n_steps=n)}, "list").as_data() for n in range(1, 30)]
            answers = await asyncio.gather(*(pool.call("simulate", ask) for ask in asks))
            assert [orjson.loads(answer)["experiment"]["n_steps"] for answer in answers] == list(range(1, 30))

    run(test)


def test_a_cancelled_job_is_stopped_and_its_worker_goes_on() -> None:
    async def test() -> None:
        async with started(cancel_grace=SOON) as pool:
            before = pids(pool)
            task = asyncio.create_task(pool.call("simulate", long_request()))
            await eventually(lambda: pool.idle == 0)
            await asyncio.sleep(0.05)
            task.cancel()
            await eventually(lambda: pool.idle == 1)
            assert await pool.call("ping", {}) == b"pong"
            assert pids(pool) == before

    run(test)


def test_a_worker_that_does_not_listen_is_replaced() -> None:
    async def test() -> None:
        async with started(cancel_grace=0.05) as pool:
            (pid,) = pids(pool)
            task = asyncio.create_task(pool.call("simulate", long_request()))
            await eventually(lambda: pool.idle == 0)
            os.kill(pid, signal.SIGSTOP)
            task.cancel()
            await eventually(lambda: pool.idle == 1)
            assert await pool.call("ping", {}) == b"pong"
            assert pid not in pids(pool)

    run(test)


def test_a_spare_takes_the_place_of_a_worker_that_does_not_listen() -> None:
    async def test() -> None:
        async with started(cancel_grace=0.05, spares=1) as pool:
            await eventually(lambda: len(pids(pool)) == 2)
            (worker,) = pool._workers - set(pool._spares)
            (spare,) = pool._spares
            task = asyncio.create_task(pool.call("simulate", long_request()))
            await eventually(lambda: pool.idle == 0)
            os.kill(worker.process.pid, signal.SIGSTOP)
            task.cancel()
            await eventually(lambda: pool.idle == 1)
            assert pool._turns._idle == [spare], "it had to wait for a new process"
            await eventually(lambda: len(pool._spares) == 1)
            assert pids(pool) == {spare.process.pid, pool._spares[0].process.pid}

    run(test)


def test_a_dead_spare_is_not_put_to_work() -> None:
    async def test() -> None:
        async with started(spares=1) as pool:
            await eventually(lambda: len(pool._spares) == 1)
            (spare,) = pool._spares
            for worker in pool._workers:
                os.kill(worker.process.pid, signal.SIGKILL)
            await eventually(lambda: not any(worker.alive for worker in pool._workers))
            assert await pool.call("ping", {}) == b"pong"
            assert spare not in pool._turns._idle
            await eventually(lambda: len(pool._spares) == 1 and pool._spares[0].alive)

    run(test)


@pytest.mark.parametrize("spares", [0, 1])
def test_a_worker_is_replaced_after_its_jobs(spares: int) -> None:
    async def test() -> None:
        async with started(spares=spares, jobs_per_worker=3) as pool:
            await eventually(lambda: len(pids(pool)) == 1 + spares)
            first = pids(pool)
            for _ in range(7):
                assert await pool.call("ping", {}) == b"pong"
            await eventually(lambda: len(pids(pool)) == 1 + spares and pool.idle == 1)
            assert not pids(pool) & first
            assert sorted(worker.jobs for worker in pool._workers) == [*[0] * spares, 1]

    run(test)


def test_the_deadline_counts_from_dispatch_not_from_the_queue() -> None:
    async def test() -> None:
        async with started(deadline=0.3, cancel_grace=SOON) as pool:
            first = asyncio.create_task(gone(pool.call("simulate", long_request()), DeadlineError))
            await eventually(lambda: pool.idle == 0)
            second = asyncio.create_task(gone(pool.call("simulate", long_request()), DeadlineError))
            third = asyncio.create_task(pool.call("ping", {}))
            await asyncio.gather(first, second)
            assert await third == b"pong"

    run(test)


def test_a_full_queue_refuses_after_a_moment_and_keeps_those_who_wait() -> None:
    async def test() -> None:
        async with started(queue=2, refusal_delay=0.1, cancel_grace=SOON) as pool:
            blocking = asyncio.create_task(pool.call("simulate", long_request()))
            await eventually(lambda: pool.idle == 0)
            waiting = [asyncio.create_task(pool.call("ping", {})) for _ in range(2)]
            await asyncio.sleep(0)
            started_at = asyncio.get_running_loop().time()
            await gone(pool.call("ping", {}), BusyError)
            assert asyncio.get_running_loop().time() - started_at >= 0.08
            blocking.cancel()
            assert await asyncio.gather(*waiting) == [b"pong", b"pong"]

    run(test)


def test_a_worker_that_dies_is_reported_and_replaced() -> None:
    async def test() -> None:
        async with started() as pool:
            (pid,) = pids(pool)
            task = asyncio.create_task(gone(pool.call("simulate", long_request()), WorkerLostError))
            await eventually(lambda: pool.idle == 0)
            os.kill(pid, signal.SIGKILL)
            await task
            assert await pool.call("ping", {}) == b"pong"
            assert pid not in pids(pool)

    run(test)


def test_an_idle_worker_that_dies_is_replaced_before_the_next_job() -> None:
    async def test() -> None:
        async with started() as pool:
            (worker,) = pool._workers
            os.kill(worker.process.pid, signal.SIGKILL)
            await eventually(lambda: not worker.alive)
            assert await pool.call("ping", {}) == b"pong"

    run(test)


def test_a_job_that_breaks_is_logged_and_its_worker_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with started() as pool:
            before = pids(pool)
            await gone(pool.call("simulate", {"experiment": None}), BrokenJobError)
            assert "ValidationError" in caplog.text
            assert await pool.call("ping", {}) == b"pong"
            assert pids(pool) == before

    run(test)


def test_a_job_may_refuse() -> None:
    async def test() -> None:
        async with started() as pool:
            with pytest.raises(RefusedError) as caught:
                await pool.call("preset", {"name": "there is none"})
            assert caught.value.problem["code"] == "not_found"

    run(test)


def test_a_stream_yields_as_it_goes_and_closing_it_stops_the_work() -> None:
    async def test() -> None:
        async with started(cancel_grace=SOON) as pool:
            ask = read_run_ask({"experiment": experiment(n_steps=5000)}, "list").as_data()
            async with aclosing(pool.stream("stream", ask)) as stream:
                first = await anext(stream)
                assert first.startswith(b"event: start\n")
            await eventually(lambda: pool.idle == 1)
            whole = b"".join([piece async for piece in pool.stream("stream", short_request())])
            assert whole.count(b"event: end\n") == 1

    run(test)


def test_streams_leave_one_worker_free_and_wait_in_the_bounded_queue() -> None:
    async def test() -> None:
        async with started(workers=2, queue=1, cancel_grace=SOON) as pool:
            ask = {**long_request(), "axes": None}
            async with aclosing(pool.stream("stream", ask)) as first, aclosing(pool.stream("stream", ask)) as second:
                await anext(first)
                waiting = asyncio.create_task(anext(second))
                await asyncio.sleep(0.05)
                assert pool.idle == 1
                assert await pool.call("ping", {}) == b"pong"
                await gone(anext(pool.stream("stream", ask)), BusyError)
                await first.aclose()
                assert (await waiting).startswith(b"event: start\n")
            await eventually(lambda: pool.idle == 2)

    run(test)


def test_a_long_job_in_the_background_gives_way_and_is_done_later() -> None:
    async def test() -> None:
        async with started(cancel_grace=SOON) as pool:
            tile = asyncio.create_task(pool.call("simulate", long_request(), 60, background=True))
            await eventually(lambda: pool.idle == 0)
            worker = next(iter(pool._workers))
            assert await pool.call("ping", {}) == b"pong"
            await eventually(lambda: worker.jobs == 3)
            assert await pool.call("ping", {}) == b"pong"
            await eventually(lambda: worker.jobs == 5)
            third = asyncio.create_task(pool.call("ping", {}))
            await asyncio.sleep(2 * _PATIENCE)
            assert not third.done(), "stopped a third time"
            tile.cancel()
            assert await third == b"pong"
            assert not pool._giving_way

    run(test)


def test_a_short_job_in_the_background_is_left_to_end() -> None:
    async def test() -> None:
        async with started() as pool:
            tiles = [asyncio.create_task(pool.call("simulate", short_request(), background=True)) for _ in range(9)]
            await eventually(lambda: pool.idle == 0)
            assert await pool.call("ping", {}) == b"pong"
            assert len(set(await asyncio.gather(*tiles))) == 1
            assert [worker.jobs for worker in pool._workers] == [10]

    run(test)


def test_a_job_goes_to_a_worker_that_knows_its_topic_where_one_is_idle() -> None:
    async def test() -> None:
        async with started(workers=3, cancel_grace=SOON) as pool:
            await asyncio.gather(*(pool.call("simulate", short_request(), topic=name) for name in "abc"))
            by_topic = {topic: worker for worker in pool._workers for topic in worker.topics}
            assert len({id(worker) for worker in by_topic.values()}) == 3
            for name in "cabbacab":
                pieces = [piece async for piece in pool.stream("stream", short_request(), topic=name)]
                assert pieces
                assert {topic for worker in pool._workers for topic in worker.topics} == set("abc")
                assert set(by_topic[name].topics) == {name}
            assert pool.idle == 3
            busy = asyncio.create_task(pool.call("simulate", long_request(), topic="a"))
            await eventually(lambda: pool.idle == 2)
            assert await pool.call("ping", {}, topic="a") == b"pong"
            busy.cancel()

    run(test)


def test_a_worker_without_its_parent_ends() -> None:
    async def test() -> None:
        async with started() as pool:
            (worker,) = pool._workers
            worker.inbox.close()
            async with asyncio.timeout(SOON):
                assert await worker.process.wait() == 0

    run(test)


def test_a_closed_pool_leaves_no_process_even_in_the_middle_of_work() -> None:
    async def test() -> None:
        async with started(workers=2) as pool:
            numbers = pids(pool)
            task = asyncio.create_task(pool.call("simulate", long_request()))
            await eventually(lambda: pool.idle == 1)
        task.cancel()
        for number in numbers:
            with pytest.raises(ProcessLookupError):
                os.kill(number, 0)

    run(test)


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run])
def test_a_pipe_that_is_closed_already_is_a_lost_worker(runner: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    """The server's event loop raises RuntimeError where asyncio's own says nothing."""

    async def test() -> None:
        worker = await WorkerProcess.spawn(0)
        worker.inbox.close()
        await worker.process.wait()
        with pytest.raises(WorkerLostError):
            await worker.run(b"{}", lambda _piece: None)
        assert not await worker.recover(0.1)
        await worker.kill()

    runner(asyncio.wait_for(test(), 30))
