"""The event stream carries the same run as the plain answer."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from clipscape.processes import DeadlineError
from clipscape.wire import FIELDS, decode_array
from conftest import experiment

STREAM = "/api/v1/simulate/stream"
EXPLODING = {"kind": "sgd", "params": {"learning_rate": 100.0}}


def events(client: TestClient, body: dict[str, Any], query: str = "") -> list[tuple[str, Any]]:
    answer = client.post(f"{STREAM}{query}", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert "content-encoding" not in answer.headers
    blocks = answer.text.removesuffix("\n\n").split("\n\n")
    parsed = []
    for block in blocks:
        name, data = block.split("\n")
        parsed.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return parsed


@pytest.mark.parametrize("optimizer", [{"kind": "momentum"}, EXPLODING])
def test_the_chunks_put_together_are_the_plain_answer(client: TestClient, optimizer: dict[str, Any]) -> None:
    body = {"experiment": experiment(n_steps=300, optimizer=optimizer, problem={"kind": "quadratic"})}
    received = events(client, body, "?arrays=base64")
    plain = client.post("/api/v1/simulate?arrays=base64", json=body).json()
    chunks = [data for name, data in received if name == "chunk"]
    assert len(chunks) > 1
    for index, variant in enumerate(plain["variants"]):
        for name in FIELDS:
            blocks = [decode_array(chunk["variants"][index]["series"][name]) for chunk in chunks]
            whole = decode_array(variant["series"][name])
            assert np.array_equal(np.concatenate(blocks).astype("f4"), whole.astype("f4"), equal_nan=True), name


def test_the_events_come_in_order(client: TestClient) -> None:
    body = {"experiment": experiment(n_steps=300)}
    received = events(client, body)
    names = [name for name, _ in received]
    assert names[0] == "start"
    assert names[-1] == "end"
    assert set(names[1:-1:2]) == {"chunk"}
    assert set(names[2:-1:2]) == {"progress"}
    start, end = received[0][1], received[-1][1]
    assert start["n_steps"] == 300
    assert start["problem"]["kind"] == "cliff"
    plain = client.post("/api/v1/simulate", json=body).json()
    assert start["experiment"] == plain["experiment"]
    assert end["variants"] == [{k: v for k, v in variant.items() if k != "series"} for variant in plain["variants"]]


def test_chunks_and_progress_cover_all_steps(client: TestClient) -> None:
    received = events(client, {"experiment": experiment(n_steps=300)})
    chunks = [data for name, data in received if name == "chunk"]
    assert [chunk["first_step"] for chunk in chunks] == [0, *(chunk["last_step"] for chunk in chunks[:-1])]
    progress = [data for name, data in received if name == "progress"]
    assert [step["done"] for step in progress] == [chunk["last_step"] for chunk in chunks]
    assert progress[-1]["done"] == progress[-1]["total"] == 300
    assert progress[-1]["remaining_seconds"] == 0


def test_an_error_on_the_way_is_the_last_event(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stream(*_arguments: Any, **_keywords: Any) -> Any:
        yield b"event: start\ndata: {}\n\n"
        raise DeadlineError

    monkeypatch.setattr(client.app.state.service.pool, "stream", stream)  # type: ignore[attr-defined]
    name, problem = events(client, {"experiment": experiment(seed=11)})[-1]
    assert (name, problem["code"], problem["status"]) == ("error", "deadline", 503)


def test_a_run_that_was_streamed_to_its_end_is_replayed_at_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"experiment": experiment(n_steps=300, seed=12)}
    first = events(client, body)

    def refuse(*_arguments: Any, **_keywords: Any) -> Any:
        raise AssertionError("computed again")

    monkeypatch.setattr(client.app.state.service.pool, "stream", refuse)  # type: ignore[attr-defined]
    assert events(client, body) == first


def test_a_run_that_broke_off_is_computed_again(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = client.app.state.service.pool  # type: ignore[attr-defined]
    whole = pool.stream

    async def breaking(*arguments: Any, **keywords: Any) -> Any:
        async for event in whole(*arguments, **keywords):
            yield event
            raise DeadlineError

    body = {"experiment": experiment(n_steps=300, seed=13)}
    with monkeypatch.context() as broken:
        broken.setattr(pool, "stream", breaking)
        assert [name for name, _ in events(client, body)] == ["start", "error"]
    assert events(client, body)[-1][0] == "end"


def test_an_error_before_the_first_event_is_a_plain_problem(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stream(*_arguments: Any, **_keywords: Any) -> Any:
        raise DeadlineError
        yield b""

    monkeypatch.setattr(client.app.state.service.pool, "stream", stream)  # type: ignore[attr-defined]
    answer = client.post(STREAM, json={"experiment": experiment(seed=11)})
    assert (answer.status_code, answer.json()["code"]) == (503, "deadline")
