"""`Door`: uvicorn's reader of HTTP with the gate in front of it. What is refused is never even parsed.

A refusal costs a twentieth of an answer here, and several times as much behind the parser. Only a request that stands
whole and plain in one piece is refused here; anything else goes the ordinary way and meets the gate in `doorkeeper`.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from clipscape.api.doorkeeper import PLACE
from clipscape.api.middleware import SECURITY_HEADERS
from clipscape.api.problems import as_problem
from clipscape.api.service import Service
from clipscape.gate import Place, question_of
from clipscape.processes import BusyError

_REQUEST = re.compile(
    rb"(GET|POST) ([!->@-~]*?)"
    rb"(/api/v1/(?:simulate(?:/stream)?|surface|export/[a-z]+(?:/stream)?)(?:\?[!-~]*)?) HTTP/1\.1\r\n"
    rb"((?:[!#-'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n)+)\r\n"
)
_HEADER = re.compile(rb"^([^:]+):[ \t]*(.*?)[ \t]*\r$", re.MULTILINE)
_ODD = {b"transfer-encoding", b"expect", b"upgrade"}
"""What is left to the parser: other framing, other ends of a request."""
_TAB = re.compile(rb"[A-Za-z0-9_-]{8,64}")


class Plain(NamedTuple):
    """A whole request that needs a worker: the hash of what it asks, the tab that asks, and on which ways it came."""

    question: int
    tab: str | None
    from_site: bool
    by_proxy: bool


def plain_request(data: bytes, prefix: bytes = b"") -> Plain | None:
    """Understand just enough of what was received; None: it is something else, or more or less than one request.

    `prefix` may stand before the address, and is taken off.
    """
    head = _REQUEST.match(data)
    if head is None or head[2] not in (b"", prefix):
        return None
    method, _, target, lines = head.groups()
    headers: dict[bytes, bytes] = {}
    for name, value in _HEADER.findall(lines):
        lowered = name.lower()
        if lowered in headers or lowered in _ODD:
            return None
        headers[lowered] = value
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or len(data) != head.end() + int(length) or (method == b"GET") != (length == b"0"):
        return None
    if headers.get(b"connection", b"keep-alive").lower() != b"keep-alive":
        return None
    tab, question = headers.get(b"clipscape-tab", b""), question_of(target, data[head.end() :])
    named = tab.decode() if _TAB.fullmatch(tab) else None
    return Plain(question, named, b"origin" in headers, b"x-forwarded-for" in headers)


def refusal() -> bytes:
    """Return the whole answer to a request that is refused."""
    answer = as_problem(BusyError("the line is full")).response()
    headers = [*answer.headers.items(), *SECURITY_HEADERS.items()]
    head = "HTTP/1.1 503 Service Unavailable\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers)
    return head.encode() + b"\r\n" + bytes(answer.body)


class Door(H11Protocol):
    """One connection."""

    refusal = refusal()

    def __init__(self, config: Any, *arguments: Any, **more: Any) -> None:
        super().__init__(config, *arguments, **more)
        service = config.app.state.service
        assert isinstance(service, Service)
        self._gate = service.gate
        self._shared = bool(service.settings.allowed_origins)
        self._prefix = service.settings.prefix.encode()
        self._usual_state = self.app_state
        self._holding = False

    def data_received(self, data: bytes) -> None:
        """Let a request through, or refuse it."""
        plain = plain_request(data, self._prefix) if self._expects_request() else None
        if plain is None or (plain.from_site and self._shared) or (plain.by_proxy and not plain.tab):
            super().data_received(data)
            return
        client = f"tab {plain.tab}" if plain.tab else f"address {self.client[0] if self.client else ''}"
        place = self._gate.enter(plain.question, client)
        if place is None:
            self._hold()
        else:
            self._let_in(data, place)

    def _let_in(self, data: bytes, place: Place) -> None:
        scope = self.scope
        self.app_state = {**self._usual_state, PLACE: place}
        try:
            super().data_received(data)
        finally:
            self.app_state = self._usual_state
            if self.scope is scope:
                place.leave()

    def on_response_complete(self) -> None:
        """Let go of what was asked and answered: an idle connection holds half as much memory without it."""
        self.cycle = self.scope = self.headers = None  # type: ignore[assignment]
        super().on_response_complete()

    def _expects_request(self) -> bool:
        return self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]

    def _hold(self) -> None:
        self._unset_keepalive_if_required()
        self.flow.pause_reading()
        self._holding = True
        self._gate.held.then(self._refuse)

    def shutdown(self) -> None:
        """Answer what is held back before the end."""
        self._refuse()
        super().shutdown()

    def _refuse(self) -> None:
        if not self._holding or self.transport.is_closing():
            return
        self._holding = False
        self.server_state.total_requests += 1
        self.transport.write(self.refusal)
        self.flow.resume_reading()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
