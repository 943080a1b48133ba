"""`clipscape serve`: the page and the API, until stopped."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from clipscape.logs import log_config
from clipscape.settings import Settings, load_settings

if TYPE_CHECKING:
    import uvicorn

_GRACEFUL_SECONDS = 10


def add_to(commands: Any) -> None:
    """Add the command to the parser's subcommands."""
    parser = commands.add_parser("serve", help="serve the page and the API")
    parser.add_argument("--host", help="address to listen on (CLIPSCAPE_HOST)")
    parser.add_argument("--port", type=int, help="port to listen on (CLIPSCAPE_PORT)")
    parser.set_defaults(command=serve)


def serve(options: argparse.Namespace) -> int:
    """Serve until stopped."""
    import uvicorn

    given = {name: getattr(options, name) for name in ("host", "port") if getattr(options, name) is not None}
    server = uvicorn.Server(server_config(load_settings(**given)))
    server.run()
    return 0 if server.started else 1


def server_config(settings: Settings) -> uvicorn.Config:
    """Return how uvicorn is set up: our own door and access log, idle connections kept longer than a proxy keeps them.

    The door reads with h11 also where httptools is installed: that one accepts requests without a version and headers
    of any length.
    """
    import uvicorn

    from clipscape.api.app import create_app
    from clipscape.api.door import Door

    return uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http=Door,
        timeout_keep_alive=settings.keep_alive,
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
        forwarded_allow_ips=settings.trusted_proxies,
        access_log=False,
        server_header=False,
        log_config=log_config(settings.log_level, settings.log_format),
    )
