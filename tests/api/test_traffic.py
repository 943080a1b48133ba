"""Metrics on a port of their own: counted by route template and code, read at the moment, nothing a visitor wrote."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from clipscape.api.app import create_app
from clipscape.links.faults import StoreError
from clipscape.settings import load_settings
from conftest import experiment

SIMULATE = "/api/v1/simulate"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Watched:
    """A server and what its metrics say."""

    def __init__(self, client: TestClient, port: int) -> None:
        self.client = client
        self.address = f"http://127.0.0.1:{port}/metrics"

    def samples(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        text = httpx.get(self.address).text
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        return self.samples().get((f"clipscape_{name}", frozenset(labels.items())), 0.0)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Iterator[Watched]:
    port = free_port()
    folder = tmp_path_factory.mktemp("watched")
    settings = load_settings(
        {}, workers=1, spare_workers=0, data_dir=folder, assets_dir=data_dir / "assets", metrics_port=port
    )
    with TestClient(create_app(settings)) as client:
        yield Watched(client, port)


def test_requests_are_counted_by_route_status_and_time(watched: Watched) -> None:
    for name in ("leash-or-cap", "leash-or-cap", "no-such-preset"):
        watched.client.get(f"/api/v1/presets/{name}")
    watched.client.get("/")
    route = "/api/v1/presets/{name}"
    assert watched.value("requests_total", method="GET", route=route, status="200") == 2
    assert watched.value("requests_total", method="GET", route=route, status="404") == 1
    assert watched.value("requests_total", method="GET", route="files", status="200") >= 1
    assert watched.value("request_seconds_count", route=route) == 3
    assert watched.value("request_seconds_bucket", route=route, le="+Inf") == 3
    assert watched.value("problems_total", code="not_found") >= 1
    assert watched.value("requests_under_way") == 0


def test_what_is_computed_and_what_was_there_already(watched: Watched) -> None:
    before = watched.value("computations_total"), watched.value("reuses_total", how="kept")
    for _ in range(3):
        assert watched.client.post(SIMULATE, json={"experiment": experiment(seed=11)}).status_code == 200
    assert watched.value("computations_total") == before[0] + 1
    assert watched.value("reuses_total", how="kept") == before[1] + 2
    assert watched.value("kept_bytes") == watched.client.get("/statusz").json()["kept_bytes"]
    assert (watched.value("workers", state="idle"), watched.value("workers", state="busy")) == (1, 0)
    assert (watched.value("queue_length"), watched.value("queue_places")) == (0, 64)
    assert watched.value("workers_resident_bytes") > 10_000_000


def test_links_stored_known_and_failed(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in (1, 1, 2):
        assert watched.client.post("/api/v1/links", json={"experiment": experiment(seed=seed)}).is_success
    outcomes = {name: watched.value("links_total", outcome=name) for name in ("stored", "known", "failed")}
    assert outcomes == {"stored": 2, "known": 1, "failed": 0}
    assert watched.value("link_store_works") == 1

    def broken(*_: object) -> None:
        raise StoreError("locked")

    keeper = watched.client.app.state.service.keeper  # type: ignore[attr-defined]
    monkeypatch.setattr(keeper.store, "put", broken)
    assert watched.client.post("/api/v1/links", json={"experiment": experiment(seed=3)}).status_code == 503
    assert watched.value("links_total", outcome="failed") == 1
    assert watched.value("link_store_works") == 0
    assert watched.value("problems_total", code="links_unavailable") == 1


def test_refusals_of_every_layer_have_their_code(watched: Watched) -> None:
    watched.client.get(f"/{'x' * 9000}")
    watched.client.post(SIMULATE, content=b"x" * 70_000, headers={"Content-Type": "application/json"})
    watched.client.post(SIMULATE, content=b"{", headers={"Content-Type": "application/json"})
    for code in ("uri_too_long", "too_large", "not_json"):
        assert watched.value("problems_total", code=code) >= 1


def test_nothing_that_a_visitor_wrote_is_a_label(watched: Watched) -> None:
    watched.client.request("SECRET", "/secret?secret=1", headers={"X-Request-ID": "secret", "User-Agent": "secret"})
    watched.client.get("/s/2345678923ks")
    text = httpx.get(watched.address).text
    assert 'method="other",route="files",status="404"' in text
    assert 'route="/s/{name}",status="404"' in text
    assert "secret" not in text.lower()
    assert "2345678923ks" not in text


def test_a_worker_that_is_ended_is_counted(watched: Watched) -> None:
    service = watched.client.app.state.service  # type: ignore[attr-defined]
    before = watched.value("worker_restarts_total")
    for worker in list(service.pool._workers):
        worker.process.kill()
    for _ in range(50):
        watched.client.post(SIMULATE, json={"experiment": experiment(seed=12)})
        if watched.value("worker_restarts_total") > before:
            break
    assert watched.value("worker_restarts_total") == before + 1


def test_the_public_port_has_no_metrics_and_without_the_setting_there_are_none(
    watched: Watched, client: TestClient
) -> None:
    assert watched.client.get("/metrics").status_code == 404
    assert client.get("/metrics").status_code == 404


def test_a_port_that_is_taken_stops_the_server(watched: Watched, data_dir: Path) -> None:
    port = int(watched.address.split(":")[2].split("/")[0])
    settings = load_settings({}, workers=1, data_dir=data_dir, metrics_port=port)
    with pytest.raises(OSError, match="in use"), TestClient(create_app(settings)):
        pass
