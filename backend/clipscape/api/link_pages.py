"""`/s/<id>`: the page with what chat programs read, its picture, and a page that explains where there is no link."""

from __future__ import annotations

import asyncio
import io
import re
from html import escape
from typing import Annotated, Any

import orjson
import segno
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from clipscape.addresses import hash_of
from clipscape.api.addressed import IMMUTABLE
from clipscape.api.files import Frontend, make_page, send_page
from clipscape.api.flights import unless_gone
from clipscape.api.links import find, site
from clipscape.api.problems import ProblemError
from clipscape.api.routes import service_of
from clipscape.api.service import Service, answer_key, matches
from clipscape.api.tabs import client_of
from clipscape.asks import read_run_ask
from clipscape.complaints import ScenarioError
from clipscape.cost import CostError, refuse_if_over
from clipscape.describing import description_of, title_of
from clipscape.links.store import Link
from clipscape.scenario import Scenario
from clipscape.understanding import read_scenario

router = APIRouter(include_in_schema=False, redirect_slashes=False)

ShortAddress = Annotated[str, Query(max_length=400, pattern=r"^https?://[^\s\"<>\\^`{|}]+/s/[2-9b-z]{12,54}$")]

_ADDRESS = re.compile(r'\b(href|src)="(?![#/]|[a-z]+:)')
_TITLE = re.compile(r"<title>.*?</title>", flags=re.DOTALL)
_DESCRIPTION = re.compile(r'<meta name="description" content="[^"]*">')
_PICTURE = ".png"
_KEEP_PICTURE = "public, max-age=86400"
_ANY_SIZE = 2**62

_EXPLAINED = {
    "link_removed": (
        "This link was removed",
        "The operator of this server has removed what this short link led to. Nobody else can remove a link.",
    ),
    "links_unavailable": (
        "Short links cannot be opened now",
        "The store of short links does not answer at this moment. The link is not lost: try again in a little while.",
    ),
}


@router.api_route("/s/{name}", methods=["GET", "HEAD"])
async def get_link_page(request: Request, name: str) -> Response:
    """The page for a browser, with title, description and picture for chat programs; or the picture itself."""
    if name.endswith(_PICTURE):
        return await _picture(request, name.removesuffix(_PICTURE))
    try:
        link = await find(request, name)
    except ProblemError as problem:
        return _explained(request, problem)
    return send_page(request, make_page(with_link(_frontend(request).text("index.html"), request, link)))


@router.api_route("/embed", methods=["GET", "HEAD"])
async def get_embed(request: Request) -> Response:
    """The page for a frame: with a document in its hash, or a readable link in its query."""
    return _frontend(request).send(request, "embed.html")


@router.api_route("/embed/{link_id}", methods=["GET", "HEAD"])
async def get_embedded_link(request: Request, link_id: str) -> Response:
    """The page for a frame, with the document of a short link."""
    try:
        link = await find(request, link_id)
    except ProblemError as problem:
        return _explained(request, problem)
    return send_page(request, make_page(with_link(_frontend(request).text("embed.html"), request, link)))


@router.get("/api/v1/qr.svg")
async def get_qr(address: ShortAddress) -> Response:
    """The QR code of a short link, as the page knows its address: behind a proxy the server does not."""
    headers = {"Cache-Control": IMMUTABLE}
    return Response(await asyncio.to_thread(qr_code, address), headers=headers, media_type="image/svg+xml")


def qr_code(address: str) -> bytes:
    """Return a QR code (error correction M, quiet zone of four modules) that fills whatever place it is given."""
    target = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(target, kind="svg", border=4, dark="#000", light="#fff", xmldecl=False, nl=False, omitsize=True)
    return target.getvalue()


def with_link(text: str, request: Request, link: Link) -> str:
    """Return a page, one folder deeper, that opens with the document of a link. Everything of a user is escaped."""
    address = site(request, service_of(request).settings)
    try:
        scenario: Scenario | None = read_scenario(orjson.loads(link.body))
    except ScenarioError:
        scenario = None
    head = _head(address, link, scenario)
    return _TITLE.sub(lambda _found: head, _DESCRIPTION.sub("", deeper(text), count=1), count=1)


def deeper(text: str) -> str:
    """Make the relative addresses of a page right for one folder below."""
    return _ADDRESS.sub(r'\1="../', text)


def _head(address: str, link: Link, scenario: Scenario | None) -> str:
    """Write what a chat program reads. A document that only a newer release understands has the name of the product."""
    title = title_of(scenario) if scenario else "Clipscape"
    description = description_of(scenario) if scenario else "Made by a newer version of Clipscape."
    properties = {
        "og:type": "website",
        "og:site_name": "Clipscape",
        "og:title": title,
        "og:description": description,
        "og:url": f"{address}s/{link.id}",
        "og:image": f"{address}s/{link.id}{_PICTURE}",
        "og:image:type": "image/png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": description,
    }
    names = {
        "description": description,
        "robots": "noindex",
        "twitter:card": "summary_large_image",
        "link": hash_of(orjson.loads(link.body)),
        "link-engine": link.engine,
    }
    lines = [f"<title>{escape(title)}: Clipscape</title>"]
    lines += [f'<meta name="{name}" content="{escape(value)}">' for name, value in names.items()]
    lines += [f'<meta property="{name}" content="{escape(value)}">' for name, value in properties.items()]
    return "\n  ".join(lines)


async def _picture(request: Request, link_id: str) -> Response:
    """The preview, drawn by a worker once and kept under id and engine."""
    link = await find(request, link_id)
    service = service_of(request)
    key = answer_key("preview", {"id": link.id})
    headers = {"ETag": f'"{key}"', "Cache-Control": _KEEP_PICTURE}
    if matches(request.headers.get("if-none-match", ""), key):
        return Response(status_code=304, headers=headers)
    data = {"document": orjson.loads(link.body), "plain": not _affordable(service, link)}
    deadline, client = service.settings.stream_deadline, client_of(request)

    async def draw() -> bytes:
        return await service.pool.call("preview", data, deadline, client=client)

    answer = await unless_gone(request, service.flights.get(key, draw))
    return Response(answer.body, headers=headers, media_type="image/png")


def _affordable(service: Service, link: Link) -> bool:
    """Say whether the runs of a link may be computed only for a picture."""
    document: Any = orjson.loads(link.body)
    ask = read_run_ask({"version": document["version"], "experiment": document["experiment"]}, "base64")
    try:
        refuse_if_over(ask.estimate(), service.settings.max_stream_cost, _ANY_SIZE, ask.lower)
    except CostError:
        return False
    return True


def _explained(request: Request, problem: ProblemError) -> Response:
    text = deeper(_frontend(request).text("missing.html"))
    if problem.code in _EXPLAINED:
        title, why = _EXPLAINED[problem.code]
        text = re.sub(r"<h1>.*?</h1>", f"<h1>{title}</h1>", text)
        text = re.sub(r'(<p class="missing-why">).*?</p>', rf"\g<1>{why}</p>", text)
        text = _TITLE.sub(f"<title>{title}: Clipscape</title>", text)
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(text, problem.status, headers, "text/html")


def _frontend(request: Request) -> Frontend:
    frontend = request.app.state.frontend
    assert isinstance(frontend, Frontend)
    return frontend
