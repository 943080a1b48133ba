"""Every limit: what is just allowed passes, one more is refused, and the refusal names what to change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from test_hostile_bodies import check_problem

from clipscape.api.app import create_app
from clipscape.settings import load_settings
from conftest import experiment

SIMULATE = "/api/v1/simulate"
STREAM = "/api/v1/simulate/stream"
SURFACE = "/api/v1/surface"
JSON = {"Content-Type": "application/json"}


def variants(count: int) -> list[dict[str, Any]]:
    return [{"name": str(n), "clip": {"kind": "none"}} for n in range(count)]


def comparison(**changes: Any) -> dict[str, Any]:
    return {"experiment": experiment(**changes), "fields": []}


def along(path: str, values: list[Any]) -> dict[str, Any]:
    return {**comparison(n_steps=2), "axes": {"path": path, "values": values}}


def of_name(name: str) -> dict[str, Any]:
    return comparison(variants=[{"name": name, "clip": {"kind": "none"}}])


def of_window(x: list[float]) -> dict[str, Any]:
    return {"problem": {"kind": "quadratic"}, "window": [x, [0, 1]], "resolution": 2}


@pytest.mark.parametrize(
    ("path", "allowed", "refused"),
    [
        (SIMULATE, comparison(n_steps=5000), comparison(n_steps=5001)),
        (SIMULATE, comparison(n_steps=1), comparison(n_steps=0)),
        (SIMULATE, comparison(variants=variants(16)), comparison(variants=variants(17))),
        (SIMULATE, comparison(seed=2**32 - 1), comparison(seed=2**32)),
        (SIMULATE, comparison(start=[1e6, -1e6]), comparison(start=[1e6, -1.0001e6])),
        (SIMULATE, of_name("x" * 60), of_name("x" * 61)),
        (SIMULATE, along("seed", list(range(101))), along("seed", list(range(102)))),
        (SIMULATE, along("start.0", [1e6]), along("start.0", [1.1e6])),
        (SIMULATE, along("optimizer.params.learning_rate", [100]), along("optimizer.params.learning_rate", [100.1])),
        (SURFACE, {"problem": {"kind": "cliff"}, "resolution": 256}, {"problem": {"kind": "cliff"}, "resolution": 257}),
        (SURFACE, {"problem": {"kind": "cliff"}, "resolution": 2}, {"problem": {"kind": "cliff"}, "resolution": 1}),
        (SURFACE, of_window([-1e6, 1e6]), of_window([-1.1e6, 1e6])),
    ],
)
def test_the_limits_of_the_document(
    client: TestClient, path: str, allowed: dict[str, Any], refused: dict[str, Any]
) -> None:
    assert client.post(path, json=allowed).status_code == 200
    problem = check_problem(client.post(path, json=refused), 422, "invalid")
    assert problem["errors"][0]["where"]


@pytest.fixture(scope="module")
def strict(data_dir: Path) -> Iterator[TestClient]:
    """Return a client of a server with low limits."""
    settings = load_settings(
        {},
        workers=1,
        data_dir=data_dir,
        max_body_bytes=2000,
        max_url_bytes=300,
        max_cost=0.02,
        max_answer_bytes=100_000,
    )
    with TestClient(create_app(settings)) as client:
        yield client


def test_a_body_at_the_limit_passes_and_one_byte_more_does_not(strict: TestClient) -> None:
    body = json.dumps(comparison(n_steps=2)).encode()
    at_limit = body + b" " * (2000 - len(body))
    assert strict.post(SIMULATE, content=at_limit, headers=JSON).status_code == 200
    problem = check_problem(strict.post(SIMULATE, content=at_limit + b" ", headers=JSON), 413, "too_large")
    assert "CLIPSCAPE_MAX_BODY_BYTES" in problem["detail"]


def test_a_chunked_body_has_the_same_limit(strict: TestClient) -> None:
    body = json.dumps(comparison(n_steps=2)).encode()
    at_limit = body + b" " * (2000 - len(body))
    pieces = [at_limit[i : i + 100] for i in range(0, 2000, 100)]
    assert strict.post(SIMULATE, content=iter(pieces), headers=JSON).status_code == 200
    check_problem(strict.post(SIMULATE, content=iter([*pieces, b" "]), headers=JSON), 413, "too_large")


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "²"])
def test_a_nonsensical_length_is_refused(strict: TestClient, length: str) -> None:
    headers = {**JSON, "Content-Length": length.encode()}
    check_problem(strict.post(SIMULATE, content=b"{}", headers=headers), 413, "too_large")  # type: ignore[arg-type]


def test_an_address_at_the_limit_passes_and_one_byte_more_does_not(strict: TestClient) -> None:
    room = 300 - len("/livez") - 2
    assert strict.get("/livez?a=" + "x" * room).status_code == 200
    problem = check_problem(strict.get("/livez?a=" + "x" * (room + 1)), 414, "uri_too_long")
    assert "CLIPSCAPE_MAX_URL_BYTES" in problem["detail"]


@pytest.mark.parametrize(
    ("path", "body", "lower"),
    [
        (SIMULATE, comparison(n_steps=5000), "experiment.n_steps"),
        (SIMULATE, along("seed", list(range(101))), "axes.values"),
        (SURFACE, {"problem": {"kind": "recurrent_unit"}, "resolution": 256}, "resolution"),
    ],
)
def test_what_costs_too_much_is_refused_before_it_is_computed(
    strict: TestClient, path: str, body: dict[str, Any], lower: str
) -> None:
    if "axes" in body:
        body = {**body, "experiment": experiment(n_steps=300)}
    before = strict.app.state.service.flights.computed  # type: ignore[attr-defined]
    problem = check_problem(strict.post(f"{path}?arrays=base64", json=body), 422, "cost")
    assert problem["estimate"] > problem["limit"] == 0.02
    assert problem["errors"][0]["where"] == lower
    assert strict.app.state.service.flights.computed == before  # type: ignore[attr-defined]


def test_an_answer_that_would_be_too_large_is_refused(strict: TestClient) -> None:
    body = {"experiment": experiment(n_steps=150)}
    problem = check_problem(strict.post(SIMULATE, json=body), 422, "cost")
    assert problem["estimate"] > problem["limit"] == 100_000
    assert "bytes" in problem["detail"]
    assert strict.post(f"{SIMULATE}?arrays=base64", json=body).status_code == 200


def test_a_stream_may_cost_more_than_an_answer(strict: TestClient) -> None:
    body = comparison(n_steps=5000)
    check_problem(strict.post(SIMULATE, json=body), 422, "cost")
    assert strict.post(STREAM, json=body).status_code == 200


def test_a_stream_has_no_axes(client: TestClient) -> None:
    problem = check_problem(client.post(STREAM, json=along("seed", [1])), 422, "invalid")
    assert problem["errors"][0]["where"] == "axes"


def test_what_is_allowed_is_what_is_said_to_be_allowed(strict: TestClient) -> None:
    limits = strict.get("/api/v1/limits").json()
    assert (limits["n_steps"], limits["variants"], limits["notches"], limits["resolution"]) == (5000, 16, 101, 256)
    assert (limits["body_bytes"], limits["url_bytes"], limits["cost_seconds"]) == (2000, 300, 0.02)
