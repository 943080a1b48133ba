"""Slow readers cost a bounded amount of memory: the slowest is cut off, and its worker was never kept waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, aclosing
from typing import Any

import pytest

from clipscape.api.service import SLICE, SlicedResponse
from clipscape.processes import SlowReaderError
from clipscape.unread import Pieces, Unread
from test_compute import eventually, short_request, started


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 30))


def test_the_reader_with_most_unread_is_cut_off() -> None:
    unread, cut = Unread(100), list[str]()
    with unread.backlog(lambda: cut.append("a")) as a, unread.backlog(lambda: cut.append("b")) as b:
        a.change(60)
        b.change(40)
        assert (cut, unread.total) == ([], 100)
        b.change(41)
        assert (cut, unread.total) == (["a"], 41)
        b.change(101)
        assert (cut, unread.total) == (["a", "b"], 0)
    assert unread.total == 0


def test_what_a_reader_leaves_behind_is_not_counted() -> None:
    unread = Unread(100)
    with unread.backlog(lambda: None) as backlog:
        backlog.change(90)
    assert unread.total == 0


def test_pieces_come_in_order_and_after_a_cut_there_are_none() -> None:
    async def test() -> None:
        unread, pieces = Unread(10), Pieces()
        with unread.backlog(pieces.cut) as pieces.backlog:
            pieces.put(b"abc")
            pieces.put(b"def")
            assert (await pieces.get(), unread.total) == (b"abc", 3)
            pieces.put(b"12345678")
            assert unread.total == 0
            pieces.put(b"late")
            pieces.end()
            for _ in range(2):
                with pytest.raises(SlowReaderError):
                    await pieces.get()
            assert unread.total == 0

    run(test)


def test_a_reader_waits_for_the_next_piece_or_the_end() -> None:
    async def test() -> None:
        pieces = Pieces()
        waiting = asyncio.create_task(pieces.get())
        await asyncio.sleep(0)
        pieces.put(b"a")
        assert await waiting == b"a"
        waiting = asyncio.create_task(pieces.get())
        await asyncio.sleep(0)
        pieces.end()
        assert await waiting is None

    run(test)


def test_a_stream_that_nobody_reads_is_cut_off_its_worker_is_free_and_the_whole_is_kept() -> None:
    async def test() -> None:
        kept: list[bytes] = []
        async with started() as pool, AsyncExitStack() as stack:
            whole = b"".join([piece async for piece in pool.stream("stream", short_request())])
            pool.unread.most = int(1.5 * len(whole))
            streams = [pool.stream("stream", short_request(), keep=kept.append) for _ in range(2)]
            for stream in streams:
                await stack.enter_async_context(aclosing(stream))
                assert (await anext(stream)).startswith(b"event: start\n")
                await eventually(lambda: pool.idle == 1)
            assert 0 < pool.unread.total <= pool.unread.most
            assert [len(each) > 0.9 * len(whole) for each in kept] == [True, True]
            with pytest.raises(SlowReaderError):
                await anext(streams[0])
            rest = [piece async for piece in streams[1]]
            assert rest[-1].startswith(b"event: end\n")
            assert pool.unread.total == 0

    run(test)


class SlowClient:
    """Takes a number of messages, then no more until it is let go."""

    def __init__(self, takes: int) -> None:
        self.messages: list[Any] = []
        self.go_on = asyncio.Event()
        self._takes = takes

    async def send(self, message: Any) -> None:
        if len(self.messages) >= self._takes:
            await self.go_on.wait()
        self.messages.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)


async def sending(unread: Unread, client: SlowClient, body: bytes) -> asyncio.Task[None]:
    response = SlicedResponse(body, {}, "text/plain", unread)
    task = asyncio.create_task(response({"type": "http"}, client.send, client.send))  # type: ignore[arg-type]
    await asyncio.sleep(0.01)
    return task


def test_a_large_answer_is_handed_out_as_it_is_read() -> None:
    async def test() -> None:
        unread, client, body = Unread(10 * SLICE), SlowClient(takes=3), bytes(range(256)) * 1000
        task = await sending(unread, client, body)
        assert client.body == body[: 2 * SLICE]
        assert unread.total == len(body) - 2 * SLICE
        client.go_on.set()
        await task
        assert (client.body, unread.total) == (body, 0)
        assert [message["more_body"] for message in client.messages[1:]] == [True, True, True, False]

    run(test)


def test_of_two_large_answers_the_one_with_most_unread_is_given_up() -> None:
    async def test() -> None:
        unread = Unread(8 * SLICE)
        slow, other = SlowClient(takes=1), SlowClient(takes=1)
        first = await sending(unread, slow, b"x" * (6 * SLICE))
        second = await sending(unread, other, b"y" * (3 * SLICE))
        await asyncio.wait_for(first, 5)
        assert slow.body == b""
        assert unread.total == 3 * SLICE
        other.go_on.set()
        await second
        assert (len(other.body), unread.total) == (3 * SLICE, 0)

    run(test)


def test_a_small_answer_is_one_message() -> None:
    async def test() -> None:
        client = SlowClient(takes=9)
        await (await sending(Unread(10), client, b"small"))
        assert [message.get("body") for message in client.messages] == [None, b"small"]

    run(test)
