"""The routes of short links: a document in, an address out, and the document again."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from contextlib import suppress
from typing import Annotated, TypeVar

import orjson
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from clipscape.addresses import hash_of
from clipscape.api.addressed import IMMUTABLE
from clipscape.api.openapi import documented
from clipscape.api.problems import ProblemError
from clipscape.api.routes import body_of, service_of
from clipscape.api.service import Service, matches
from clipscape.api.tabs import ASKED_BY_TAB, client_of
from clipscape.canonical import canonical_json
from clipscape.complaints import Complaint, ScenarioError
from clipscape.links.allowance import TooManyLinksError
from clipscape.links.faults import StoreError
from clipscape.links.ids import is_id
from clipscape.links.store import Link, MissingLinkError, RemovedLinkError
from clipscape.migrations import CURRENT_VERSION
from clipscape.settings import Settings
from clipscape.understanding import read_scenario
from clipscape.wire import dump_json

T = TypeVar("T")

router = APIRouter(prefix="/api/v1", redirect_slashes=False)

MAX_DOCUMENT = 65_536
"""Bytes of a document; no reader of links inflates more."""

_HOST = re.compile(r"(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")

LinkId = Annotated[str, Path(min_length=1, max_length=60, description="Id of a link.", examples=["7hq2mzkd94tw"])]


@router.post("/links", dependencies=[ASKED_BY_TAB], **documented("new_link"))
async def post_link(request: Request) -> Response:
    """Store a scenario and answer its address once it is on the disk. The same scenario has the same address."""
    service = service_of(request)
    document = read_scenario(await body_of(request)).as_data()
    body = canonical_json(document).encode()
    if len(body) > MAX_DOCUMENT:
        raise ScenarioError([Complaint("", f"holds more than {MAX_DOCUMENT} bytes", "leave variants or texts out")])
    stored = await told(service.keeper.put(body, CURRENT_VERSION, client_of(request)))
    answer = {
        "id": stored.id,
        "url": f"{site(request, service.settings)}s/{stored.id}",
        "hash_url": f"{site(request, service.settings)}{hash_of(document)}",
    }
    headers = {"Cache-Control": "no-store", "Location": f"{service.settings.prefix}/api/v1/links/{stored.id}"}
    return Response(dump_json(answer), 201 if stored.new else 200, headers, "application/json")


@router.get("/links/{link_id}", **documented("link"))
async def get_link(request: Request, link_id: LinkId) -> Response:
    """The scenario of a link, as it was stored. It never changes, so it may be kept for ever."""
    headers = {"ETag": f'"{link_id}"', "Cache-Control": IMMUTABLE}
    link = await find(request, link_id)
    if matches(request.headers.get("if-none-match", ""), link_id):
        return Response(status_code=304, headers=headers)
    answer = dump_json({"id": link.id, "engine": link.engine, "document": orjson.loads(link.body)})
    return Response(answer, headers=headers, media_type="application/json")


async def open_links(service: Service) -> None:
    """Open the store before somebody needs it. What is wrong with it has been logged, and /readyz tells it."""
    with suppress(StoreError):
        await service.keeper.check()


async def find(request: Request, link_id: str) -> Link:
    """Return a link of the store; raise the problem that says why there is none."""
    if not is_id(link_id):
        raise _missing()
    return await told(service_of(request).keeper.get(link_id))


async def told(work: Awaitable[T]) -> T:
    """Turn what the store says into problems."""
    try:
        return await work
    except MissingLinkError:
        raise _missing() from None
    except RemovedLinkError:
        raise ProblemError("link_removed", "The operator of this server has removed this link.") from None
    except TooManyLinksError as error:
        raise _too_many(error) from None
    except StoreError as error:
        raise store_problem(error) from error


def store_problem(error: StoreError) -> ProblemError:
    """Say why nothing could be stored or read, and that sharing needs no store."""
    code = "links_full" if error.kind == "full" else "links_unavailable"
    detail = f"The store of short links cannot be used: {error.reason}. The long link works without it."
    return ProblemError(code, detail, headers={"Retry-After": "5"}, reason=error.kind)


def site(request: Request, settings: Settings) -> str:
    """Return the address under which this request reached the page; one without a host if it named none that can be."""
    host = request.headers.get("host", "")
    origin = f"{request.url.scheme}://{host}" if _HOST.fullmatch(host) else ""
    return f"{origin}{settings.prefix}/"


def _missing() -> ProblemError:
    return ProblemError("not_found", "There is no link of this id. An id has 12 letters and digits, no vowels.")


def _too_many(error: TooManyLinksError) -> ProblemError:
    name, whose = ("NEW_LINKS_PER_TAB", "one tab") if error.whose == "tab" else ("NEW_LINKS", "all visitors together")
    detail = f"{error.limit} new links a minute are stored for {whose} (CLIPSCAPE_{name}). The long link has no limit."
    return ProblemError("too_many_links", detail, headers={"Retry-After": str(max(1, round(error.wait + 0.5)))})
