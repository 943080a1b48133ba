"""The page and what it loads: html, css and js as they are written, Plotly once, compressed ahead of time.

Nothing here has a hashed name except Plotly, so everything else is revalidated (`no-cache` with an ETag) and Plotly is
`immutable`. All addresses on the page are relative, so it works below any prefix.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from clipscape.api.addressed import IMMUTABLE
from clipscape.api.packing import PACKED, SUFFIXES, PackedFiles, pack
from clipscape.api.service import accepts, matches
from clipscape.plotly_file import PlotlyFile
from clipscape.release import release

PAGES = ("index.html", "embed.html", "missing.html")
MADE_OF = {"embed.html": "index.html"}
"""The page for a frame is no file of its own: it is the page itself, with what `framed` changes of it."""

_IN_A_FRAME = (
    (
        '<a class="skip" href="#stage">Skip to the comparison</a>',
        '<nav class="embed-way" aria-label="Whole page">'
        '<a id="open" class="embed-open" href="./" target="_blank" rel="noopener">Open in Clipscape</a></nav>',
    ),
    (
        '<script type="module" src="js/main.js"></script>',
        '<link rel="stylesheet" href="css/embed.css">\n  <link rel="modulepreload" href="js/main.js">\n'
        '  <script type="module" src="js/embed.js"></script>',
    ),
    ("<body>", '<body class="embedded">'),
)

_META = re.compile(r'(<meta\s+name="(plotly|release)"\s+content=")[^"]*(")')


class Page(NamedTuple):
    """An HTML page as it is sent, and when its file was changed."""

    changed: int
    body: bytes
    packed: bytes
    tag: str


class Frontend:
    """ASGI application for every address that no route answers."""

    def __init__(self, directory: Path, plotly: PlotlyFile) -> None:
        self._directory = directory
        self._plotly = plotly
        self._files = RevalidatedFiles(directory=directory, check_dir=False)
        self._pages: dict[str, Page] = {}

    async def prepare(self) -> None:
        """Compress everything ahead of the first visitor."""
        await self._files.packed.prepare(self._directory)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise HTTPException(404)
        request = Request(scope, receive)
        path = self._files.get_path(scope)
        path = "index.html" if path == "." else path
        if scope["method"] not in ("GET", "HEAD") or "\0" in path:
            raise HTTPException(404)
        if path == self._plotly.address:
            response = self._send_plotly(request)
        elif path in PAGES:
            response = self.send(request, path)
        else:
            response = await self._files.get_response(path, scope)
        await response(scope, receive, send)

    def _send_plotly(self, request: Request) -> Response:
        headers = {"Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding"}
        for coding, suffix in (("br", ".br"), ("gzip", ".gz")):
            compressed = self._plotly.compressed(suffix)
            if compressed is not None and accepts(request, coding):
                headers["Content-Encoding"] = coding
                return FileResponse(compressed, headers=headers, media_type="text/javascript")
        return FileResponse(self._plotly.source, headers=headers, media_type="text/javascript")

    def send(self, request: Request, name: str) -> Response:
        """Send an HTML page with the address of Plotly and the release filled in."""
        return send_page(request, self._page(name))

    def text(self, name: str) -> str:
        """Return an HTML page as text, with the address of Plotly filled in; raise a 404 if there is no such file."""
        return self._page(name).body.decode()

    def _page(self, name: str) -> Page:
        file = self._directory / MADE_OF.get(name, name)
        try:
            changed = file.stat().st_mtime_ns
        except OSError:
            raise HTTPException(404) from None
        known = self._pages.get(name)
        if known is None or known.changed != changed:
            facts = {"plotly": self._plotly.address, "release": release()}
            text = _META.sub(lambda found: found[1] + facts[found[2]] + found[3], file.read_text(encoding="utf-8"))
            known = self._pages[name] = make_page(framed(text) if name in MADE_OF else text, changed)
        return known


def framed(text: str) -> str:
    """Return the page as any site may frame it: its own script and style sheet, and a way to the whole page."""
    for there, instead in _IN_A_FRAME:
        text = text.replace(there, instead, 1)
    return text


def make_page(text: str, changed: int = 0) -> Page:
    """Prepare an HTML page for sending."""
    body = text.encode()
    return Page(changed, body, pack(body), hashlib.sha256(body).hexdigest()[:32])


def send_page(request: Request, page: Page) -> Response:
    """Send a page, unless the browser has it already."""
    headers = {"ETag": f'W/"{page.tag}"', "Cache-Control": "no-cache"}
    if matches(request.headers.get("if-none-match", ""), page.tag):
        return Response(status_code=304, headers=headers)
    if accepts(request, "br"):
        return Response(page.packed, headers={**headers, **PACKED}, media_type="text/html")
    return Response(page.body, headers=headers, media_type="text/html")


class RevalidatedFiles(StaticFiles):
    """Static files that the browser keeps but asks about every time; with brotli where it is taken."""

    def __init__(self, *, directory: Path, check_dir: bool) -> None:
        super().__init__(directory=directory, check_dir=check_dir)
        self.packed = PackedFiles()

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Send a file, compressed where that is worth it."""
        response = await super().get_response(path, scope)
        if not isinstance(response, FileResponse) or not accepts(Request(scope), "br"):
            return response
        file, facts = Path(response.path), response.stat_result
        if file.suffix not in SUFFIXES or facts is None:
            return response
        headers = {name: response.headers[name] for name in ("etag", "last-modified", "cache-control")}
        body = await self.packed.get(file, facts.st_mtime_ns)
        return Response(body, headers={**headers, **PACKED}, media_type=response.media_type)

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Add `Cache-Control: no-cache` to whatever is sent."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response
