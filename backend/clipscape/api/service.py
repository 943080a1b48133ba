"""`Service`: what the routes share: settings, the compute pool, answers under way, and how an answer is sent."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AbstractContextManager, aclosing, nullcontext, suppress
from typing import Any, Protocol

import orjson
from fastapi import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from clipscape.api.catalog_answer import catalog_answer
from clipscape.api.doorkeeper import place_of
from clipscape.api.flights import SMALLEST_GZIP, Answer, ClientGoneError, FixedAnswer, Flights, unless_gone
from clipscape.api.packing import PACKED
from clipscape.api.problems import CODE, ProblemError, as_problem
from clipscape.api.tabs import Tabs, client_of
from clipscape.complaints import Complaint
from clipscape.compute import Pool
from clipscape.cost import Estimate, refuse_if_over
from clipscape.gate import Gate
from clipscape.links.keeper import Keeper
from clipscape.lowering import Fits
from clipscape.processes import SlowReaderError
from clipscape.release import release
from clipscape.settings import Settings
from clipscape.stopping import Part
from clipscape.unread import Unread
from clipscape.wire import dump_json, server_sent_event

SLICE = 65_536
"""Bytes that are handed to a connection at a time: about what it takes without waiting for its reader."""

Compute = Callable[[], Coroutine[Any, Any, bytes]]
JSON = "application/json"


log = logging.getLogger("clipscape.api")


class Ask(Protocol):
    """A checked request: data for the worker, and its price."""

    @property
    def topic(self) -> str | None:
        """What a worker may remember of an earlier job, and this one could use."""

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data, the same for the same request."""

    def estimate(self) -> Estimate:
        """Say what it will cost."""

    def lower(self, fits: Fits) -> Complaint:
        """Name the number to lower, and to what, so that the cost fits."""


class Service:
    """One per application."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pool = Pool(settings.pool_limits)
        self.keeper = Keeper(settings.link_backend, settings.keeper_limits)
        self.flights = Flights(settings.cache_bytes)
        self.tabs = Tabs(settings.requests_per_tab)
        self.gate = Gate(self.pool, settings.pool_limits.queue, self.pool.held, self.flights.at_hand)
        self._fixed: dict[str, FixedAnswer] = {}

    async def prepare(self) -> None:
        """Make what every page asks for first, so that the first visitor need not wait for it."""
        await self.fixed("catalog", lambda: catalog_answer(self.settings)).packed()
        await self.flights.get(answer_key("presets", {}), self.compute_presets)

    def status(self) -> dict[str, int]:
        """Say how busy it is at the moment."""
        pool, flights = self.pool, self.flights
        jobs = {"workers": pool.limits.workers, "idle": pool.idle, "waiting": pool.waiting}
        memory = {"kept_bytes": flights.kept_bytes, "unread_bytes": pool.unread.total}
        return {**jobs, "computed": flights.computed, **memory}

    async def compute_presets(self) -> bytes:
        """Compute the gallery."""
        return await self.pool.call("presets", {})

    async def send_fixed(self, request: Request, name: str, make: Callable[[], Any]) -> Response:
        """Send an answer that stays the same as long as the server runs; `make` is called for the first one."""
        answer = self.fixed(name, make)
        headers = {"ETag": f'W/"{answer.key}"', "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if matches(request.headers.get("if-none-match", ""), answer.key):
            return Response(status_code=304, headers=headers)
        if len(answer.body) < SMALLEST_GZIP or not accepts(request, "br"):
            return await self.send_compressed(request, answer, headers)
        return Response(await answer.packed(), headers={**headers, **PACKED}, media_type="application/json")

    def fixed(self, name: str, make: Callable[[], Any]) -> FixedAnswer:
        """Return an answer that stays the same, made when it is first wanted."""
        if name not in self._fixed:
            self._fixed[name] = FixedAnswer(dump_json(make()))
        return self._fixed[name]

    async def answer(
        self,
        request: Request,
        job: str,
        ask: Ask,
        *,
        patient: bool = False,
        media_type: str = JSON,
        finish: Callable[[bytes], bytes] | None = None,
    ) -> Response:
        """Price it, then answer from the browser's cache, from ours, or by computing.

        With `patient` it may cost and last as much as a stream. `finish` makes the answer of what the worker sent.
        """
        settings = self.settings
        most = settings.max_stream_cost if patient else settings.max_cost
        deadline = settings.stream_deadline if patient else settings.deadline
        refuse_if_over(ask.estimate(), most, settings.max_answer_bytes, ask.lower)
        data, client = ask.as_data(), client_of(request)

        async def compute() -> bytes:
            body = await self.pool.call(job, data, deadline, ask.topic, client=client)
            return body if finish is None else await asyncio.to_thread(finish, body)

        with self.tabs.place(request, kind_of(job, data)):
            return await self.send(request, job, data, compute, media_type)

    async def send(self, request: Request, job: str, data: Any, compute: Compute, media_type: str = JSON) -> Response:
        """Send the answer to a deterministic question; `compute` is called if nobody has asked it before."""
        key = answer_key(job, data)
        _understood(request, key)
        headers = {"ETag": f'W/"{key}"', "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if matches(request.headers.get("if-none-match", ""), key):
            return Response(status_code=304, headers=headers)
        answer = await unless_gone(request, self.flights.get(key, compute))
        return await self.send_compressed(request, answer, headers, media_type)

    async def send_compressed(
        self, request: Request, answer: Answer, headers: dict[str, str], media_type: str = JSON
    ) -> Response:
        """Send an answer, with gzip where that is worth it and taken."""
        if len(answer.body) < SMALLEST_GZIP or not accepts(request, "gzip"):
            return SlicedResponse(answer.body, headers, media_type, self.pool.unread)
        headers["Content-Encoding"] = "gzip"
        return SlicedResponse(await answer.gzipped(), headers, media_type, self.pool.unread)

    def stream(self, request: Request, job: str, ask: Ask) -> Response:
        """Price it, then answer with events as they are computed."""
        most, size = self.settings.max_stream_cost, 4 * self.settings.max_answer_bytes
        refuse_if_over(ask.estimate(), most, size, ask.lower)
        data = ask.as_data()
        key = answer_key(job, data)
        _understood(request, key)
        events = self._events(key, job, data, ask.topic, client_of(request))
        return EventStream(events, self.tabs.place(request, kind_of(job, data)))

    async def _events(
        self, key: str, job: str, data: dict[str, Any], topic: str | None, client: str
    ) -> AsyncGenerator[bytes]:
        """Yield the events of a run. One that was streamed to its end before comes at once, as it was."""
        known = self.flights.known(key)
        if known is not None:
            for first in range(0, len(known.body), SLICE):
                yield known.body[first : first + SLICE]
            return

        def keep(whole: bytes) -> None:
            self.flights.keep(key, whole)

        deadline = self.settings.stream_deadline
        async with aclosing(self.pool.stream(job, data, deadline, topic, client=client, keep=keep)) as events:
            async for event in events:
                yield event


def _understood(request: Request, key: str) -> None:
    """Tell the gate that a request is on its way to its answer."""
    place = place_of(request)
    if place is not None:
        place.understood(key)


def kind_of(job: str, data: dict[str, Any]) -> str:
    """Name what a request is for: one of a kind replaces another of the same tab."""
    return f"{job} with axes" if data.get("axes") else job


def answer_key(job: str, data: Any) -> str:
    """Identify an answer: the same question, as it was understood, to the same engine and release."""
    text = f"{job}\n{release()}\n".encode() + orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()[:32]


def matches(if_none_match: str, key: str) -> bool:
    """Weak comparison of an If-None-Match header with our tag (RFC 9110, 13.1.2)."""
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return any(tag in ("*", f'"{key}"') for tag in tags)


def accepts(request: Request, coding: str) -> bool:
    """Say whether the client takes a content coding."""
    offered = (item.strip().lower().partition(";") for item in request.headers.get("accept-encoding", "").split(","))
    return any(
        name.strip() == coding and quality.replace(" ", "") not in ("q=0", "q=0.0") for name, _, quality in offered
    )


class SlicedResponse(Response):
    """An answer that is handed out as fast as it is read: what is left of it counts as unread.

    Handed out as a whole, a large body would wait in the connection's buffer, for as long as the client likes.
    """

    def __init__(self, body: bytes, headers: dict[str, str], media_type: str, unread: Unread) -> None:
        super().__init__(body, headers=headers, media_type=media_type)
        self._unread = unread

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = len(self.body)
        if size <= SLICE:
            await super().__call__(scope, receive, send)
            return
        with (
            suppress(SlowReaderError),
            Part(SlowReaderError("too much is unread")) as sending,
            self._unread.backlog(sending.stop) as backlog,
        ):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            for first in range(0, size, SLICE):
                backlog.change(size - first)
                last = first + SLICE
                await send({"type": "http.response.body", "body": self.body[first:last], "more_body": last < size})


class EventStream(Response):
    """`text/event-stream` of ready-made events. The work stops when the client leaves; a late error is an event.

    `place` is entered while they are sent; an exception that it raises is answered like one of the events.
    """

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes], place: AbstractContextManager[None] | None = None) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events = events
        self._place = place or nullcontext()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._events) as events:
            try:
                await unless_gone(Request(scope, receive), self._send(events, scope, send))
            except ClientGoneError as gone:
                scope[CODE] = gone.code

    async def _send(self, events: AsyncGenerator[bytes], scope: Scope, send: Send) -> None:
        started = False
        try:
            with self._place:
                async for event in events:
                    if not started:
                        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                        started = True
                    await send({"type": "http.response.body", "body": event, "more_body": True})
        except Exception as error:
            if not started:
                raise
            problem = as_problem(error)
            scope[CODE] = problem.code
            await send({"type": "http.response.body", "body": _error_event(error, problem), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _error_event(error: Exception, problem: ProblemError) -> bytes:
    if problem.code == "internal":
        log.error("unforeseen error in a stream", exc_info=error)
    return server_sent_event("error", problem.body)
