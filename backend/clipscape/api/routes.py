"""The routes of `/api/v1` and the two health checks. Each reads its request, prices it and hands it to the pool."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from clipscape import fans
from clipscape.api.addressed import Engine, Packed, check_release, keep_for_ever, unpack
from clipscape.api.bodies import read_json
from clipscape.api.catalog_answer import catalog_answer
from clipscape.api.limits import limits
from clipscape.api.openapi import documented
from clipscape.api.problems import ProblemError
from clipscape.api.service import Service
from clipscape.api.sweeps import runner_for, sweep_estimate, sweep_stream
from clipscape.api.tabs import ASKED_BY_TAB
from clipscape.asks import PlaneAsk, read_run_ask, read_surface_ask
from clipscape.complaints import Complaint, ScenarioError
from clipscape.farm.faults import FarmError
from clipscape.links.faults import StoreError
from clipscape.processes import PoolError
from clipscape.sweeps import read_sweep_ask
from clipscape.wire import dump_json

router = APIRouter(prefix="/api/v1", redirect_slashes=False)
health = APIRouter(redirect_slashes=False)

Arrays = Annotated[
    Literal["list", "base64"],
    Query(description="How arrays travel: JSON lists (null: not finite) or base64 blocks of little-endian numbers."),
]
RunArrays = Annotated[
    Literal["list", "base64", "packed"],
    Query(description="As elsewhere; `packed` (with axes, on a landscape): all notches in one small binary answer."),
]
Formulas = Annotated[bool, Query(description="Whether entries tell their formula and source: half of the answer.")]
PresetName = Annotated[str, Path(min_length=1, max_length=60, description="Name of a preset.", examples=["cliff"])]


def service_of(request: Request) -> Service:
    """Return the service of the application that this request reached."""
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


async def body_of(request: Request) -> Any:
    """Read the JSON of a request."""
    settings = service_of(request).settings
    return await read_json(request, settings.max_body_bytes, settings.body_seconds)


@router.get("/catalog", **documented("catalog"))
async def get_catalog(request: Request, formulas: Formulas = True) -> Response:
    """Everything selectable, with parameters, ranges, help, formula and source."""
    service = service_of(request)
    name = "catalog" if formulas else "catalog without formulas"
    return await service.send_fixed(request, name, lambda: catalog_answer(service.settings, formulas=formulas))


@router.get("/limits", **documented("limits"))
async def get_limits(request: Request) -> Response:
    """What is allowed: ask here instead of guessing."""
    service = service_of(request)
    return await service.send_fixed(request, "limits", lambda: limits(service.settings))


@router.get("/presets", **documented("presets"))
async def get_presets(request: Request) -> Response:
    """The presets: scenarios with one idea each, and a small picture of each."""
    service = service_of(request)
    return await service.send(request, "presets", {}, service.compute_presets)


@router.get("/presets/{name}", **documented("preset"))
async def get_preset(request: Request, name: PresetName) -> Response:
    """One preset with its scenario and its small picture."""
    service = service_of(request)
    data = {"name": name}
    return await service.send(request, "preset", data, lambda: service.pool.call("preset", data))


@router.post("/simulate", dependencies=[ASKED_BY_TAB], **documented("simulate"))
async def post_simulate(request: Request, arrays: RunArrays = "list") -> Response:
    """Run an experiment: every variant's path, series, summary and outcome; with `axes`, every notch of a slider."""
    return await _simulate(request, await body_of(request), arrays)


@router.get("/simulate", dependencies=[ASKED_BY_TAB], **documented("get_simulate"))
async def get_simulate(request: Request, packed: Packed, engine: Engine = None, arrays: RunArrays = "list") -> Response:
    """The same as an address: one that names the engine may be kept by every cache on the way, for ever."""
    check_release(engine)
    return keep_for_ever(engine, await _simulate(request, _unpacked(request, packed), arrays))


def _unpacked(request: Request, packed: str) -> Any:
    return unpack(packed, service_of(request).settings.max_body_bytes)


async def _simulate(request: Request, body: Any, arrays: Literal["list", "base64", "packed"]) -> Response:
    if arrays == "packed":
        fan = read_run_ask(body, "base64", packed=True)
        return await service_of(request).answer(request, "simulate", fan, media_type=fans.MEDIA_TYPE)
    ask = read_run_ask(body, arrays)
    if ask.plane is not None:
        raise _not_here("plane", "comes with a stream only", "leave it out, and ask /surface for it")
    return await service_of(request).answer(request, "simulate", ask)


@router.post("/simulate/stream", dependencies=[ASKED_BY_TAB], **documented("stream"))
async def post_stream(request: Request, arrays: Arrays = "list") -> Response:
    """The same run as server-sent events while it is computed. Closing the connection stops the work."""
    ask = read_run_ask(await body_of(request), arrays)
    if ask.axis is not None:
        raise _not_here("axes", "is not possible in a stream", "leave it out")
    return service_of(request).stream(request, "stream", ask)


@router.post("/surface", dependencies=[ASKED_BY_TAB], **documented("surface"))
async def post_surface(request: Request, arrays: Arrays = "list") -> Response:
    """The loss of a landscape on a grid over a window; of a network, on a plane through its weights."""
    return await _surface(request, await body_of(request), arrays)


@router.get("/surface", dependencies=[ASKED_BY_TAB], **documented("get_surface"))
async def get_surface(request: Request, packed: Packed, engine: Engine = None, arrays: Arrays = "list") -> Response:
    """The same as an address, as for a run."""
    check_release(engine)
    return keep_for_ever(engine, await _surface(request, _unpacked(request, packed), arrays))


async def _surface(request: Request, body: Any, arrays: Literal["list", "base64"]) -> Response:
    ask = read_surface_ask(body, arrays)
    return await service_of(request).answer(request, ask.job, ask, patient=isinstance(ask, PlaneAsk))


@router.post("/sweep", dependencies=[ASKED_BY_TAB], **documented("sweep"))
async def post_sweep(request: Request, arrays: Arrays = "list") -> Response:
    """A map over two numbers of an experiment, as events from coarse to fine. Closing the connection stops the work."""
    return sweep_stream(service_of(request), request, read_sweep_ask(await body_of(request), arrays))


@router.post("/sweep/estimate", dependencies=[ASKED_BY_TAB], **documented("sweep_estimate"))
async def post_sweep_estimate(request: Request) -> Response:
    """What a map would cost, and which numbers can be its axes."""
    ask = read_sweep_ask(await body_of(request), "base64")
    return _json(await sweep_estimate(service_of(request), ask))


@health.get("/livez", **documented("livez"))
async def get_livez() -> Response:
    """The event loop answers."""
    return _status("ok")


@health.get("/readyz", **documented("readyz"))
async def get_readyz(request: Request) -> Response:
    """A job goes through the pool and back, the store of short links takes a row, there are workers for maps."""
    service = service_of(request)
    pool, links, maps = await asyncio.gather(
        service.pool.call("ping", {}),
        service.keeper.check(),
        runner_for(service).workers(),
        return_exceptions=True,
    )
    reasons = []
    if isinstance(pool, PoolError):
        reasons.append(f"The compute pool does not answer: {pool}.")
    if isinstance(links, StoreError):
        reasons.append(f"The store of short links cannot be used: {links.reason}.")
    if isinstance(maps, FarmError):
        reasons.append(f"Maps cannot be computed: {maps.reason}.")
    for outcome in (pool, links, maps):
        if isinstance(outcome, BaseException) and not isinstance(outcome, PoolError | StoreError):
            raise outcome
    if reasons:
        raise ProblemError("not_ready", " ".join(reasons), headers={"Retry-After": "1"})
    return _status("ready")


@health.get("/statusz", **documented("statusz"))
async def get_statusz(request: Request) -> Response:
    """How busy the server is: workers that are idle, jobs that wait, and what it has computed and keeps."""
    return _json(service_of(request).status())


def _status(word: str) -> Response:
    return _json({"status": word})


def _json(answer: Any) -> Response:
    """Send what depends on nothing but this moment, or is made sooner than it is looked up."""
    return Response(dump_json(answer), headers={"Cache-Control": "no-store"}, media_type="application/json")


def _not_here(key: str, what: str, remedy: str) -> ScenarioError:
    return ScenarioError([Complaint(key, what, remedy)])
