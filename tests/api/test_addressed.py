"""A question as an address: the same answer, kept for ever by every cache where the address names the release."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from test_hostile_bodies import check_problem

from clipscape.api.addressed import IMMUTABLE
from clipscape.release import release
from conftest import experiment

SIMULATE, SURFACE = "/api/v1/simulate", "/api/v1/surface"
RUN = {"version": 1, "experiment": experiment(n_steps=31)}
GROUND = {"version": 1, "problem": {"kind": "cliff"}, "resolution": 7}


def raw(data: bytes) -> str:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return "1." + base64.urlsafe_b64encode(deflater.compress(data) + deflater.flush()).decode().rstrip("=")


def packed(body: Any) -> str:
    return raw(json.dumps(body).encode())


def ask(client: TestClient, path: str, **query: str) -> Any:
    return client.get(f"{path}?{urlencode(query)}")


@pytest.mark.parametrize(("path", "body"), [(SIMULATE, RUN), (SURFACE, GROUND)])
@pytest.mark.parametrize("arrays", ["list", "base64"])
def test_the_address_has_the_answer_of_the_post(client: TestClient, path: str, body: Any, arrays: str) -> None:
    posted = client.post(f"{path}?arrays={arrays}", json=body)
    found = ask(client, path, arrays=arrays, engine=release(), s=packed(body))
    assert (found.status_code, found.content) == (200, posted.content)
    assert found.headers["etag"] == posted.headers["etag"]
    assert found.headers["cache-control"] == IMMUTABLE
    assert found.headers["vary"] == "Accept-Encoding"
    assert posted.headers["cache-control"] == "no-cache"


def test_a_packed_fan_may_be_asked_for_by_address(client: TestClient) -> None:
    fan = {**RUN, "axes": {"path": "variants.*.threshold", "values": [0.1, 1, 10]}}
    posted = client.post(f"{SIMULATE}?arrays=packed", json=fan)
    found = ask(client, SIMULATE, arrays="packed", engine=release(), s=packed(fan))
    assert (found.content, found.headers["content-type"]) == (posted.content, posted.headers["content-type"])


def test_the_payload_of_a_link_is_a_question(client: TestClient) -> None:
    link = {**RUN, "view": {"step": 3}}
    assert ask(client, SIMULATE, s=packed(link)).content == client.post(SIMULATE, json=RUN).content


def test_without_the_release_the_answer_is_asked_about_every_time(client: TestClient) -> None:
    found = ask(client, SIMULATE, s=packed(RUN))
    assert found.headers["cache-control"] == "no-cache"
    again = client.get(f"{SIMULATE}?s={packed(RUN)}", headers={"If-None-Match": found.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", [SIMULATE, SURFACE])
def test_another_release_names_its_own_and_is_not_kept(client: TestClient, path: str) -> None:
    answer = ask(client, path, engine="0-000000000000", s=packed(RUN))
    problem = check_problem(answer, 409, "other_engine")
    assert problem["engine"] == release() == client.get("/api/v1/catalog").json()["release"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "text",
    [
        *("abc", "1.", "1.!!!", "2." + packed(RUN)[2:], packed(RUN)[2:], packed(RUN) + "=", packed(RUN)[:-9]),
        *(packed(RUN) + "AAAA", "1.AAAA", "1." + "A" * 41, "1.\n" + packed(RUN)[2:]),
    ],
)
def test_a_damaged_address_is_refused_with_its_place(client: TestClient, text: str) -> None:
    problem = check_problem(ask(client, SIMULATE, s=text), 422, "invalid")
    assert [error["where"] for error in problem["errors"]] == ["query.s"]


def test_a_bomb_is_not_inflated(client: TestClient) -> None:
    bomb = raw(b" " * 5_000_000)
    assert len(bomb) < 7000
    problem = check_problem(ask(client, SIMULATE, engine=release(), s=bomb), 422, "invalid")
    assert "65536 bytes" in problem["errors"][0]["what"]


def test_what_is_inside_is_read_as_strictly_as_a_body(client: TestClient) -> None:
    check_problem(ask(client, SIMULATE, s=raw(b'{"a": NaN}')), 400, "not_json")
    check_problem(ask(client, SIMULATE, s=raw(b'{"a": 1, "a": 2}')), 400, "not_json")
    check_problem(ask(client, SIMULATE, s=raw(b"\xff\xfe")), 400, "not_json")
    unknown = check_problem(ask(client, SIMULATE, s=packed({**RUN, "extra": 1})), 422, "invalid")
    assert "extra" in unknown["errors"][0]["where"]


def test_an_endless_address_is_refused_unread(client: TestClient) -> None:
    check_problem(client.get(f"{SIMULATE}?s=1.{'A' * 9000}"), 414, "uri_too_long")


def test_the_page_knows_the_release_of_its_server(client: TestClient) -> None:
    assert f'<meta name="release" content="{release()}">' in client.get("/").text
