"""Below a prefix, such as /tools/clipscape: whether the proxy takes it off the addresses or not, the page works.

Every address on the page is relative to it, so all that is left to do here is to take a prefix off that still stands
there, before anything else looks at the address.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class BelowPrefix:
    """Takes `prefix` (with a slash before it, without one behind it) off every address that begins with it."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix):
            await self._app(scope, receive, send)
            return
        rest = scope["path"].removeprefix(self._prefix)
        if rest.startswith("/"):
            raw = (scope.get("raw_path") or b"").removeprefix(self._prefix.encode())
            here = {"path": rest, "raw_path": raw if raw.startswith(b"/") else quote(rest).encode()}
            await self._app({**scope, **here}, receive, send)
        elif rest:
            await self._app(scope, receive, send)
        else:
            query = scope["query_string"].decode("latin-1")
            await RedirectResponse(f"{self._prefix}/{f'?{query}' if query else ''}", 308)(scope, receive, send)
