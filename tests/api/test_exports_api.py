"""`POST /export/...`: the same files that the library writes."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

import clipscape
from clipscape.finished import finish
from clipscape.plan import make_plan

SCENARIO = clipscape.Scenario.preset("heavy-tails").using(n_steps=50)
NETWORK = clipscape.Scenario.read("?tab=recurrent&hidden_size=3&n_steps=5")


@pytest.mark.parametrize("scenario", [SCENARIO, NETWORK], ids=["landscape", "network"])
def test_the_table_and_the_document_are_those_of_the_library(client: TestClient, scenario: clipscape.Scenario) -> None:
    result = clipscape.run(scenario)
    table = client.post("/api/v1/export/csv", json=scenario.to_dict())
    assert table.text == result.to_csv()
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"] == f'attachment; filename="clipscape-{scenario.problem}.csv"'
    document = client.post("/api/v1/export/json", json=scenario.to_dict())
    assert document.json() == json.loads(result.to_json())


def test_the_page_is_that_of_the_library_with_a_link_to_where_it_came_from(client: TestClient) -> None:
    answer = client.post("/api/v1/export/html", json=SCENARIO.to_dict())
    assert answer.content == clipscape.run(SCENARIO).to_page("http://testserver/")
    training = client.post("/api/v1/export/html", json=NETWORK.to_dict())
    assert training.content == clipscape.run(NETWORK).to_page("http://testserver/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="clipscape-quadratic.html"'


def test_an_animation_comes_as_a_file_or_as_events_that_tell_how_far_it_is(client: TestClient) -> None:
    scenario = SCENARIO.using(n_steps=8)
    expected = clipscape.run(scenario).to_gif(theme="dark")
    answer = client.post("/api/v1/export/gif?theme=dark", json=scenario.to_dict())
    assert answer.content == expected
    assert answer.headers["content-type"] == "image/gif"
    text = client.post("/api/v1/export/gif/stream?theme=dark", json=scenario.to_dict()).text
    events = [re.fullmatch(r"event: (\w+)\ndata: (.*)", block) for block in text.strip().split("\n\n")]
    parts = [(event[1], json.loads(event[2])) for event in events if event]
    assert {name for name, _data in parts[:-1]} == {"progress"}
    done = [data["done"] for _name, data in parts[:-1]]
    assert done == sorted(done)
    assert all(0 < data["done"] <= data["total"] for _name, data in parts[:-1])
    assert parts[-1] == ("end", {"media_type": "image/gif", "base64": base64.b64encode(expected).decode()})


@pytest.mark.parametrize("scenario", [SCENARIO, NETWORK], ids=["landscape", "network"])
@pytest.mark.parametrize("language", ["numpy", "pytorch", "lines"])
def test_code_is_that_of_the_library(client: TestClient, language: str, scenario: clipscape.Scenario) -> None:
    answer = client.post(f"/api/v1/export/code?language={language}", json=scenario.to_dict())
    assert answer.text == scenario.code(language)
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("code?language=cobol", SCENARIO.to_dict(), 422, "language"),
        ("gif?theme=blue", NETWORK.to_dict(), 422, "theme"),
        ("pdf", SCENARIO.to_dict(), 422, "form"),
        ("csv", {"version": 1}, 422, "experiment"),
        ("csv", {**NETWORK.using(n_steps=5000, task__sequence_length=200, hidden_size=64).to_dict()}, 422, "lower"),
    ],
)
def test_what_cannot_be_exported_is_explained(
    client: TestClient, path: str, body: Any, status: int, words: str
) -> None:
    answer = client.post(f"/api/v1/export/{path}", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.text


def test_the_same_file_is_not_sent_twice(client: TestClient) -> None:
    first = client.post("/api/v1/export/csv", json=SCENARIO.to_dict())
    again = client.post("/api/v1/export/csv", json=SCENARIO.to_dict(), headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304


def test_whoever_waits_sees_a_run_advance() -> None:
    seen: list[int] = []
    finish(make_plan(NETWORK.document.experiment), lambda done, total: seen.append(done))
    assert seen == sorted(seen)
    assert seen[-1] == 5
