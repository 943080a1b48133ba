"""What surrounds every request, as pure ASGI: an id, a log line, strict headers, limits without parsing, no bare 500.

Starlette's class-based middleware is not used anywhere: it hides the client's disconnect from the routes, and then
nothing is ever cancelled.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clipscape.api.doorkeeper import REFUSED
from clipscape.api.problems import CODE, ProblemError, as_problem
from clipscape.logs import about_request, request_id

if TYPE_CHECKING:
    from clipscape.api.traffic import Traffic

access_log = logging.getLogger("clipscape.access")
log = logging.getLogger("clipscape.api")

EMPTY_STYLE_HASH = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""Of the empty string: the style element that Plotly adds and then fills through the object model."""

CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {EMPTY_STYLE_HASH}; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

FRAMED = "/embed"
"""The page that any site may show in a frame; every other page only we ourselves may."""

_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_FRAMED_HEADERS = [(name, value.removesuffix(b"; frame-ancestors 'self'")) for name, value in _RAW_HEADERS]
"""Without the directive, because `frame-ancestors *` keeps out pages that were opened from disk (`file:`)."""

_UNLOGGED = ("/livez", "/readyz", "/statusz")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
FILES = "files"
"""Stands for the route of whatever no route answers."""


class Shell:
    """The outermost layer: adds security headers, logs one line, turns an unforeseen exception into a problem.

    Every request has an id: the one it brings (`X-Request-ID`) or a new one; the answer and every log line carry it.
    """

    def __init__(self, app: ASGIApp, traffic: Traffic | None = None) -> None:
        self._app = app
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0
        number = request_id_of(scope)
        request_id.set(number.decode())
        headers = _FRAMED_HEADERS if is_framed(scope["path"]) else _RAW_HEADERS
        headers = [*headers, (b"x-request-id", number)]
        if self._traffic is not None:
            self._traffic.begin()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *headers]}
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            log.exception("unforeseen error on %s %s", scope["method"], _shown(scope))
            if status:
                raise
            await as_problem(error).response()(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            if self._traffic is not None:
                self._traffic.end(scope["method"], route_of(scope), status, scope.get(CODE), seconds)
            if scope["path"] not in _UNLOGGED and REFUSED not in scope:
                _log(scope, status, seconds)


def request_id_of(scope: Scope) -> bytes:
    """Return the id that a request brings, if it has the form of one, else a new one of 16 hexadecimal digits."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return bytes(value)
    return secrets.token_hex(8).encode()


def route_of(scope: Scope) -> str:
    """Return the template of the route that answered, such as `/s/{name}`; `files` where none did."""
    route = scope.get("route")
    return FILES if route is None else str(route.path)


def _log(scope: Scope, status: int, seconds: float) -> None:
    if not access_log.isEnabledFor(logging.INFO):
        return
    method, milliseconds = scope["method"], round(1000 * seconds, 1)
    known = {"path": _printable(scope["path"])} if scope.get("route") is None else {}
    code = {"code": scope[CODE]} if CODE in scope else {}
    extra = about_request(
        method=method, route=route_of(scope), **known, status=status, milliseconds=milliseconds, **code
    )
    access_log.info("%s %s %d %.1f ms", method, _shown(scope), status, milliseconds, extra=extra)


def _shown(scope: Scope) -> str:
    """The template of the route, so that no id of a link is logged; of a file its path."""
    return _printable(scope["path"]) if scope.get("route") is None else route_of(scope)


def is_framed(path: str) -> bool:
    """Say whether an address is that of the page for frames."""
    return path == FRAMED or path.startswith(f"{FRAMED}/")


def _printable(path: str) -> str:
    """A path fit for a log: no line breaks or other control characters, and not endless."""
    return path[:200].encode("unicode_escape").decode("ascii")


class Guard:
    """Refuses what the first line and the headers show: an address or an announced body over the limit."""

    def __init__(self, app: ASGIApp, max_url_bytes: int, max_body_bytes: int) -> None:
        self._app = app
        self._max_url_bytes = max_url_bytes
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._problem_with(scope) if scope["type"] == "http" else None
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await problem.response()(scope, receive, send)

    def _problem_with(self, scope: Scope) -> ProblemError | None:
        url_bytes = len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"])
        if url_bytes > self._max_url_bytes:
            detail = f"An address may have {self._max_url_bytes} bytes (CLIPSCAPE_MAX_URL_BYTES)."
            return ProblemError("uri_too_long", detail)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self._max_body_bytes:
            return too_large(self._max_body_bytes)
        return None


def too_large(limit: int) -> ProblemError:
    """The refusal of a body over the limit. The connection is closed: the rest of the body is not read."""
    detail = f"A body may have {limit} bytes (CLIPSCAPE_MAX_BODY_BYTES)."
    return ProblemError("too_large", detail, headers={"Connection": "close"})
