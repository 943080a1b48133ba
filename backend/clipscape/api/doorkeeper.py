"""The gate in front of everything that needs a worker, as pure ASGI: refuses before routing, reading and parsing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Hashable

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clipscape.api.problems import as_problem
from clipscape.api.tabs import client_of
from clipscape.gate import Gate, Place, question_of
from clipscape.processes import BusyError

NEEDS_WORKER = re.compile(r"/api/v1/(simulate(/stream)?|surface|export/[a-z]+(/stream)?)", re.ASCII)
"""What is computed when it is asked for. Health, files, catalogue and links never meet the gate."""
PLACE = "clipscape.place"
REFUSED = "clipscape.refused"
"""Set in the scope of a request that was refused here: it is counted, not logged."""


class Doorkeeper:
    """Asks the gate for each request that needs a worker, unless `door.Door` has done so already."""

    def __init__(self, app: ASGIApp, gate: Gate, body_seconds: float) -> None:
        self._app = app
        self._gate = gate
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not NEEDS_WORKER.fullmatch(scope["path"]) or scope["method"] == "OPTIONS":
            await self._app(scope, receive, send)
            return
        place: Place | None = scope.get("state", {}).get(PLACE)
        if place is None:
            place, receive = await self._entered(scope, receive)
        if place is None:
            scope[REFUSED] = True
            await self._gate.held.wait()
            await as_problem(BusyError("the line is full")).response()(scope, receive, send)
            return
        scope[PLACE] = place
        try:
            await self._app(scope, receive, send)
        finally:
            place.leave()

    async def _entered(self, scope: Scope, receive: Receive) -> tuple[Place | None, Receive]:
        """Ask the gate; where it would refuse, see first whether the answer is known: that takes the body."""
        client = client_of(Request(scope))
        question: Hashable | None = None
        if scope["method"] == "GET":
            question = question_of(target_of(scope), b"")
        elif not self._gate.admits(None, client):
            question, receive = await self._read(scope, receive)
        return self._gate.enter(question, client), receive

    async def _read(self, scope: Scope, receive: Receive) -> tuple[Hashable | None, Receive]:
        """Return the question if its body has come in one piece, and what gives that piece again."""
        try:
            async with asyncio.timeout(self._body_seconds):
                first = await receive()
        except TimeoutError:
            return None, receive
        left = [first]

        async def again() -> Message:
            return left.pop() if left else await receive()

        if first["type"] != "http.request" or first.get("more_body", False):
            return None, again
        return question_of(target_of(scope), first.get("body", b"")), again


def target_of(scope: Scope) -> bytes:
    """Return the address with its query, as it was sent."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    return path + b"?" + scope["query_string"] if scope["query_string"] else path


def place_of(request: Request) -> Place | None:
    """Return the place in the door of a request that has one."""
    place = request.scope.get(PLACE)
    return place if isinstance(place, Place) else None
