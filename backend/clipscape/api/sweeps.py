"""`POST /sweep`: a map as events, tile by tile, from coarse to fine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import Request
from starlette.responses import Response

from clipscape.api.service import EventStream, Service, answer_key
from clipscape.api.tabs import client_of
from clipscape.cost import refuse_if_over
from clipscape.farm.runner import DaskRunner
from clipscape.sweeps import SweepAsk, estimate_answer, start_answer, tiles
from clipscape.tile_runner import PoolRunner, TileRunner, coarse_first
from clipscape.wire import server_sent_event


async def sweep_estimate(service: Service, ask: SweepAsk) -> dict[str, Any]:
    """Say what a map would cost, also where that is too much."""
    workers = await runner_for(service).workers()
    return estimate_answer(ask, workers, service.settings.max_sweep_cost)


def runner_for(service: Service, client: str = "") -> TileRunner:
    """Return who computes the tiles of maps: the workers of a Dask scheduler where one is set, else those here."""
    settings = service.settings
    if settings.dask_scheduler:
        return DaskRunner(settings.dask_scheduler, settings.sweep_deadline)
    return PoolRunner(service.pool, settings.sweep_deadline, client)


def sweep_stream(service: Service, request: Request, ask: SweepAsk) -> Response:
    """Price a map, then send it as it is computed; whoever asks for the same map listens to the same computation."""
    settings = service.settings
    refuse_if_over(ask.estimate(), settings.max_sweep_cost, 4 * settings.max_answer_bytes, ask.lower)
    runner = runner_for(service, client_of(request))
    key = answer_key("sweep", ask.as_data())
    events = service.flights.follow(key, lambda: sweep_events(ask, runner))
    return EventStream(events, service.tabs.place(request, "sweep"))


async def sweep_events(ask: SweepAsk, runner: TileRunner) -> AsyncGenerator[bytes]:
    """Yield `start`, then `tile` and `progress` in turn, then `end`."""
    workers = await runner.workers()
    start, requests = await asyncio.to_thread(lambda: (start_answer(ask, workers), tiles(ask)))
    yield server_sent_event("start", start)
    started, done = time.monotonic(), 0
    async with aclosing(coarse_first(requests, runner.run(requests))) as results:
        async for index, answer in results:
            yield b"event: tile\ndata: " + answer + b"\n\n"
            done += (requests[index]["last"] - requests[index]["first"]) * ask.runs // ask.cells
            yield server_sent_event("progress", _progress(done, ask.runs, time.monotonic() - started))
    yield server_sent_event("end", {})


def _progress(done: int, total: int, seconds: float) -> dict[str, Any]:
    return {"done": done, "total": total, "seconds_left": round(seconds * (total - done) / done, 3)}
