"""The same question is computed once: in the browser's cache, in ours, and among those who ask at the same time."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request

from clipscape.api.flights import Answer, ClientGoneError, Flights, unless_gone
from conftest import experiment

SIMULATE = "/api/v1/simulate"
BODY = {"experiment": experiment(n_steps=20)}


def flights_of(client: TestClient) -> Flights:
    flights = client.app.state.service.flights  # type: ignore[attr-defined]
    assert isinstance(flights, Flights)
    return flights


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", SIMULATE, BODY),
        ("POST", "/api/v1/surface", {"problem": {"kind": "cliff"}, "resolution": 9}),
        ("GET", "/api/v1/catalog", None),
        ("GET", "/api/v1/limits", None),
        ("GET", "/api/v1/presets", None),
    ],
)
def test_what_the_browser_has_is_not_sent_again(client: TestClient, method: str, path: str, body: Any) -> None:
    first = client.request(method, path, json=body)
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    assert first.headers["cache-control"] == "no-cache"
    for matching in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = client.request(method, path, json=body, headers={"If-None-Match": matching})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.request(method, path, json=body, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_same_question_in_other_words_has_the_same_tag(client: TestClient) -> None:
    spelt_out = {"version": 1, "experiment": {**BODY["experiment"], "seed": 0.0, "noise": {"kind": "none"}}}
    reordered = {"experiment": dict(reversed(list(BODY["experiment"].items())))}
    viewed = {**BODY, "view": {"step": 7}}
    tags = {client.post(SIMULATE, json=body).headers["etag"] for body in (BODY, spelt_out, reordered, viewed)}
    assert len(tags) == 1


def test_another_question_has_another_tag(client: TestClient) -> None:
    asked = [
        (BODY, ""),
        (BODY, "?arrays=base64"),
        ({"experiment": experiment(n_steps=21)}, ""),
        ({**BODY, "fields": []}, ""),
    ]
    tags = {client.post(f"{SIMULATE}{query}", json=body).headers["etag"] for body, query in asked}
    assert len(tags) == len(asked)


def test_an_answer_is_computed_once(client: TestClient) -> None:
    body = {"experiment": experiment(n_steps=23)}
    before = flights_of(client).computed
    answers = {client.post(SIMULATE, json=body).content for _ in range(3)}
    assert len(answers) == 1
    assert flights_of(client).computed == before + 1


def test_gzip_is_sent_to_those_who_take_it(client: TestClient) -> None:
    plain = client.post(SIMULATE, json=BODY, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    packed = client.post(SIMULATE, json=BODY, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.json() == plain.json()
    refused = client.post(SIMULATE, json=BODY, headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


def test_what_stays_the_same_is_compressed_harder(client: TestClient) -> None:
    path, sizes = "/api/v1/catalog", []
    for accepted, coding in (("br, gzip", "br"), ("gzip", "gzip")):
        with client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
            sizes.append(len(b"".join(answer.iter_raw())))
            assert answer.headers["content-encoding"] == coding
    assert sizes[0] < 0.8 * sizes[1]
    both = [client.get(path, headers={"Accept-Encoding": accepted}).json() for accepted in ("br", "identity")]
    assert both[0] == both[1]


def test_an_answer_is_compressed_once() -> None:
    async def test() -> None:
        answer = Answer(b"a" * 1000)
        first, second = await asyncio.gather(answer.gzipped(), answer.gzipped())
        assert first is second
        assert gzip.decompress(first) == answer.body

    asyncio.run(test())


def test_compressed_forms_count_as_kept() -> None:
    async def test() -> None:
        flights = Flights(1000)

        async def compute() -> bytes:
            return bytes(range(250)) * 2

        first = await flights.get("a", compute)
        packed = len(await first.gzipped())
        assert flights.kept_bytes == 500 + packed
        second = await flights.get("b", compute)
        assert (flights.known("a"), flights.kept_bytes) == (None, 500)
        third = await flights.get("a", compute)
        await second.gzipped()
        assert (flights.known("b"), flights.known("a"), flights.kept_bytes) == (None, third, 500)

    run(test)


class Computation:
    """Something to wait for, which counts how often it began and whether it was cancelled."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0
        self.finish = asyncio.Event()

    async def __call__(self) -> bytes:
        self.begun += 1
        try:
            await self.finish.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return b"answer"


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 10))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_those_who_ask_at_the_same_time_share_one_computation() -> None:
    async def test() -> None:
        flights, compute = Flights(1000), Computation()
        tasks = [asyncio.create_task(flights.get("key", compute)) for _ in range(10)]
        await settle()
        assert compute.begun == 1
        compute.finish.set()
        answers = await asyncio.gather(*tasks)
        assert {id(answer) for answer in answers} == {id(answers[0])}
        assert (await flights.get("key", compute)).body == b"answer"
        assert compute.begun == 1

    run(test)


def test_only_the_last_who_leaves_stops_it() -> None:
    async def test() -> None:
        flights, compute = Flights(1000), Computation()
        first, second = (asyncio.create_task(flights.get("key", compute)) for _ in range(2))
        await settle()
        first.cancel()
        await settle()
        assert compute.cancelled == 0
        second.cancel()
        await settle()
        assert compute.cancelled == 1
        third = asyncio.create_task(flights.get("key", compute))
        await settle()
        compute.finish.set()
        assert (await third).body == b"answer"
        assert compute.begun == 2

    run(test)


def test_a_failure_reaches_everyone_and_is_not_kept() -> None:
    async def test() -> None:
        flights, compute = Flights(1000), Computation()

        async def fail() -> bytes:
            await settle()
            raise LookupError

        results = await asyncio.gather(*(flights.get("key", fail) for _ in range(3)), return_exceptions=True)
        assert [type(result) for result in results] == [LookupError] * 3
        compute.finish.set()
        assert (await flights.get("key", compute)).body == b"answer"

    run(test)


def test_the_cache_holds_what_was_used_last_up_to_its_size() -> None:
    async def test() -> None:
        flights = Flights(30)
        begun: list[str] = []

        def computing(key: str, size: int = 10) -> Callable[[], Coroutine[Any, Any, bytes]]:
            async def compute() -> bytes:
                begun.append(key)
                return b"x" * size

            return compute

        for key in ("a", "b", "c", "a", "d", "a", "b"):
            await flights.get(key, computing(key))
        assert begun == ["a", "b", "c", "d", "b"]
        for _ in range(2):
            await flights.get("large", computing("large", 31))
        assert begun[-2:] == ["large", "large"]
        assert flights.kept_bytes <= 30

    run(test)


def request_with(receive: Callable[[], Awaitable[Any]]) -> Request:
    return Request({"type": "http", "headers": []}, receive)


def test_work_is_given_up_when_the_client_leaves() -> None:
    async def test() -> None:
        leave, compute = asyncio.Event(), Computation()

        async def receive() -> dict[str, str]:
            await leave.wait()
            return {"type": "http.disconnect"}

        waiting = asyncio.create_task(unless_gone(request_with(receive), compute()))
        await settle()
        leave.set()
        with pytest.raises(ClientGoneError):
            await waiting
        assert compute.cancelled == 1

    run(test)


class Telling:
    """A stream that tells its events one by one, when it is allowed to, and counts how often it was started."""

    def __init__(self, *events: bytes, error: Exception | None = None) -> None:
        self.events, self.error = events, error
        self.started, self.running = 0, 0
        self.allowed = asyncio.Semaphore(0)

    async def __call__(self) -> AsyncGenerator[bytes]:
        self.started += 1
        self.running += 1
        try:
            for event in self.events:
                await self.allowed.acquire()
                yield event
            if self.error is not None:
                raise self.error
        finally:
            self.running -= 1

    def allow(self, count: int = 9) -> None:
        for _ in range(count):
            self.allowed.release()


async def heard(flights: Flights, telling: Telling) -> list[bytes]:
    return [event async for event in flights.follow("key", telling)]


def test_those_who_ask_for_the_same_stream_hear_one_computation_from_its_beginning() -> None:
    async def test() -> None:
        flights, telling = Flights(1000), Telling(b"a", b"b", b"c")
        first = asyncio.create_task(heard(flights, telling))
        telling.allow(2)
        await asyncio.sleep(0.01)
        second = asyncio.create_task(heard(flights, telling))
        await asyncio.sleep(0.01)
        telling.allow()
        assert await first == await second == [b"a", b"b", b"c"]
        assert (telling.started, flights.computed) == (1, 1)
        assert await heard(flights, telling) == [b"abc"]
        assert telling.started == 1

    asyncio.run(test())


def test_the_last_who_stops_listening_stops_the_stream_and_nobody_else_does() -> None:
    async def test() -> None:
        flights, telling = Flights(1000), Telling(b"a", b"b")
        tasks = [asyncio.create_task(heard(flights, telling)) for _ in range(2)]
        telling.allow(1)
        await asyncio.sleep(0.01)
        tasks[0].cancel()
        await asyncio.sleep(0.01)
        assert telling.running == 1
        tasks[1].cancel()
        await asyncio.sleep(0.01)
        assert telling.running == 0
        telling.allow()
        assert await heard(flights, telling) == [b"a", b"b"]
        assert telling.started == 2

    asyncio.run(test())


def test_a_stream_that_breaks_breaks_for_all_and_is_not_kept() -> None:
    async def test() -> None:
        flights, telling = Flights(1000), Telling(b"a", error=ValueError("broken"))
        telling.allow()
        ends = await asyncio.gather(*(heard(flights, telling) for _ in range(2)), return_exceptions=True)
        assert [str(end) for end in ends] == ["broken", "broken"]
        assert flights.known("key") is None
        telling.error = None
        assert await heard(flights, telling) == [b"a"]

    asyncio.run(test())


def test_a_stream_larger_than_the_cache_is_not_kept() -> None:
    async def test() -> None:
        flights, telling = Flights(2), Telling(b"abc")
        telling.allow()
        assert await heard(flights, telling) == [b"abc"]
        assert flights.known("key") is None

    asyncio.run(test())
