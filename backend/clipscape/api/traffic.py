"""`Traffic`: what Prometheus is told, on a port of its own (`CLIPSCAPE_METRICS_PORT`) that no visitor reaches.

Requests are counted as they end; everything else is read from where it is kept anyway when somebody asks. No label
holds anything that a visitor wrote: routes are templates, codes come from a table, odd methods are one.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    start_http_server,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from clipscape import __version__
from clipscape.api.service import Service
from clipscape.release import release

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Traffic:
    """One per application."""

    def __init__(self, service: Service) -> None:
        self.registry = CollectorRegistry()
        self._under_way = Gauge("clipscape_requests_under_way", "Requests being answered.", registry=self.registry)
        self._requests = Counter(
            "clipscape_requests", "Requests by route and status.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "clipscape_request_seconds",
            "From the first byte to the last, streams included.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._problems = Counter(
            "clipscape_problems",
            "Refusals and failures by code, of streams too; gone: the client left.",
            ("code",),
            registry=self.registry,
        )
        self.registry.register(Vitals(service))
        ProcessCollector(registry=self.registry)
        self._server: tuple[WSGIServer, Thread] | None = None

    def begin(self) -> None:
        """Count a request that has come."""
        self._under_way.inc()

    def end(self, method: str, route: str, status: int, code: str | None, seconds: float) -> None:
        """Count a request that has ended; a status of 0 stands for no answer at all."""
        self._under_way.dec()
        self._requests.labels(method if method in METHODS else "other", route, status).inc()
        self._seconds.labels(route).observe(seconds)
        if code is not None:
            self._problems.labels(code).inc()

    def serve(self, host: str, port: int) -> None:
        """Answer whoever asks at this port, in a thread; raise OSError where it is taken."""
        self._server = start_http_server(port, addr=host, registry=self.registry)

    async def close(self) -> None:
        """Answer no more."""
        if self._server is not None:
            server, thread = self._server
            await asyncio.to_thread(server.shutdown)
            server.server_close()
            thread.join()
            self._server = None


class Vitals(Collector):
    """What the service knows of itself at the moment it is asked."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterable[Metric]:
        """Yield every metric; called in a thread, so only what is read in one go is read."""
        pool, flights, keeper = self._service.pool, self._service.flights, self._service.keeper
        idle = pool.idle
        yield _labelled("workers", "Worker processes.", "state", {"idle": idle, "busy": pool.limits.workers - idle})
        yield _gauge("queue_length", "Jobs that wait for a worker.", pool.waiting)
        yield _gauge("queue_places", "Jobs that may wait.", pool.limits.queue)
        yield _count("refused_unread", "Requests for which there was no room.", self._service.gate.refused)
        yield _count("worker_restarts", "Workers that were ended and replaced.", pool.replaced)
        yield _count("computations", "Answers that had to be computed.", flights.computed)
        reuses = CounterMetricFamily("clipscape_reuses", "Answers there already, or under way.", labels=["how"])
        reuses.add_metric(["kept"], flights.hits)
        reuses.add_metric(["joined"], flights.joined)
        yield reuses
        yield _gauge("kept_bytes", "Memory of finished answers.", flights.kept_bytes)
        yield _gauge("unread_bytes", "Memory of answers that clients take slowly.", pool.unread.total)
        links = CounterMetricFamily("clipscape_links", "Short links that were to be stored.", labels=["outcome"])
        for outcome, count in keeper.outcomes.items():
            links.add_metric([outcome], count)
        yield links
        yield _gauge("link_store_works", "1 where the store was all right when last used.", int(keeper.works))
        yield _gauge("workers_resident_bytes", "Memory of the worker processes.", _resident(pool.process_ids))
        build = GaugeMetricFamily("clipscape_build_info", "What runs here.", labels=["version", "release"])
        build.add_metric([__version__, release()], 1)
        yield build


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"clipscape_{name}", help_text, value=value)


def _count(name: str, help_text: str, value: float) -> Metric:
    return CounterMetricFamily(f"clipscape_{name}", help_text, value=value)


def _labelled(name: str, help_text: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(f"clipscape_{name}", help_text, labels=[label])
    for which, value in values.items():
        family.add_metric([which], value)
    return family


def _resident(process_ids: list[int]) -> int:
    """Return how much memory processes hold, in bytes; 0 where there is no /proc. Shared pages count every time."""
    pages = 0
    for number in process_ids:
        try:
            pages += int(Path(f"/proc/{number}/statm").read_text().split()[1])
        except OSError:
            continue
    return pages * _PAGE_BYTES
