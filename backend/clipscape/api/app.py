"""`create_app`: settings in, application out. Nothing is global; a test makes as many as it likes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from clipscape import __version__
from clipscape.api import problems
from clipscape.api.docs_page import add_docs
from clipscape.api.doorkeeper import Doorkeeper
from clipscape.api.exports import router as exports
from clipscape.api.files import Frontend
from clipscape.api.link_pages import router as link_pages
from clipscape.api.links import open_links
from clipscape.api.links import router as links
from clipscape.api.middleware import Guard, Shell
from clipscape.api.openapi import DESCRIPTION, install_schema
from clipscape.api.prefix import BelowPrefix
from clipscape.api.routes import health, router
from clipscape.api.service import Service
from clipscape.api.tabs import HEADER
from clipscape.plotly_file import PlotlyFile
from clipscape.settings import Settings, load_settings

if TYPE_CHECKING:
    from clipscape.api.traffic import Traffic

log = logging.getLogger("clipscape.api")

_COMPRESS_FILES_FROM = 1000


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application; its workers start with its lifespan and end with it."""
    settings = settings or load_settings()
    service = Service(settings)
    traffic = _traffic(settings, service)
    plotly = PlotlyFile(settings.compressed_dir)
    files = Frontend(settings.frontend_dir, plotly)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if traffic is not None:
            traffic.serve(settings.host, settings.metrics_port)
        await service.pool.start()
        chores = [
            asyncio.create_task(work)
            for work in (files.prepare(), service.prepare(), open_links(service), plotly.keep_compressed())
        ]
        try:
            yield
        finally:
            for chore in chores:
                chore.cancel()
            for result in await asyncio.gather(*chores, return_exceptions=True):
                if isinstance(result, Exception):
                    log.error("a chore of the server failed", exc_info=result)
            await asyncio.gather(service.pool.close(), service.keeper.close())
            if traffic is not None:
                await traffic.close()

    app = FastAPI(
        title="Clipscape",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        servers=[{"url": settings.prefix}] if settings.prefix else None,
        redirect_slashes=False,
    )
    app.state.service = service
    app.state.frontend = files
    app.include_router(router)
    app.include_router(links)
    app.include_router(link_pages)
    app.include_router(exports)
    app.include_router(health)
    problems.install(app)
    install_schema(app)
    add_docs(app)
    app.router.default = GZipMiddleware(files, minimum_size=_COMPRESS_FILES_FROM, compresslevel=9)
    app.add_middleware(Doorkeeper, gate=service.gate, body_seconds=settings.body_seconds)
    app.add_middleware(Guard, max_url_bytes=settings.max_url_bytes, max_body_bytes=settings.max_body_bytes)
    _share_with_sites(app, settings.allowed_origins)
    app.add_middleware(Shell, traffic=traffic)
    if settings.prefix:
        app.add_middleware(BelowPrefix, prefix=settings.prefix)
    return app


def _traffic(settings: Settings, service: Service) -> Traffic | None:
    """Return what counts requests, if somebody wants to know; otherwise its library is not even loaded."""
    if not settings.metrics_port:
        return None
    from clipscape.api.traffic import Traffic

    return Traffic(service)


def _share_with_sites(app: FastAPI, origins: list[str]) -> None:
    """Let the pages of these sites use the API; cookies are never involved."""
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["content-type", HEADER],
            expose_headers=["etag", "location", "x-request-id"],
        )
