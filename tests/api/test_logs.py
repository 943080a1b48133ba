"""Log lines: one JSON object each or one line for people, with the request's id and nothing of its contents."""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import IntegrityError

from clipscape.links.database import Database, make_backend
from clipscape.links.table import LINKS
from clipscape.logs import JsonFormatter, LineFormatter, about_request, log_config, request_id
from clipscape.settings import load_settings
from conftest import experiment


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What is logged, as JSON objects in `text`."""
    caplog.handler.setFormatter(JsonFormatter())
    caplog.set_level("INFO")
    return caplog


def objects(lines: pytest.LogCaptureFixture, logger: str) -> list[dict[str, object]]:
    """Return what a logger, or one below it, has said."""
    found = [json.loads(line) for line in lines.text.splitlines()]
    return [entry for entry in found if f"{entry['logger']}.".startswith(f"{logger}.")]


def test_a_request_is_one_object_with_route_status_time_and_id(
    client: TestClient, lines: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/api/v1/presets/nothing?token=abc", headers={"X-Request-ID": "from-the-proxy.1"})
    assert answer.headers["x-request-id"] == "from-the-proxy.1"
    (entry,) = objects(lines, "clipscape.access")
    assert datetime.fromisoformat(str(entry.pop("time"))).tzinfo is not None
    assert float(str(entry.pop("milliseconds"))) > 0
    assert re.fullmatch(r"GET /api/v1/presets/\{name\} 404 \d+\.\d ms", str(entry.pop("message")))
    assert entry == {
        "level": "info",
        "logger": "clipscape.access",
        "request_id": "from-the-proxy.1",
        "method": "GET",
        "route": "/api/v1/presets/{name}",
        "status": 404,
        "code": "not_found",
    }


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, 'a"b', "évil"])
def test_an_id_of_another_form_is_replaced(client: TestClient, given: str) -> None:
    answer = client.get("/livez", headers={"X-Request-ID": given.encode()})
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])


def test_nothing_of_a_link_a_body_or_a_person_is_logged(client: TestClient, lines: pytest.LogCaptureFixture) -> None:
    document = {"experiment": experiment(), "meta": {"title": "Private title"}}
    made = client.post("/api/v1/links", json=document, headers={"Clipscape-Tab": "tab-of-a-person"}).json()
    for path in (f"/s/{made['id']}", f"/s/{made['id']}.png", f"/embed/{made['id']}", f"/api/v1/links/{made['id']}"):
        assert client.get(path, headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 200
    routes = [entry["route"] for entry in objects(lines, "clipscape.access")]
    assert routes == ["/api/v1/links", "/s/{name}", "/s/{name}", "/embed/{link_id}", "/api/v1/links/{link_id}"]
    for secret in ("Private title", made["id"], "tab-of-a-person", "203.0.113.7", "testclient"):
        assert secret not in json.dumps(objects(lines, "clipscape"))


def test_an_unforeseen_error_is_one_object_with_its_traceback(
    client: TestClient, lines: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clipscape.api.service.Service.status", lambda _self: 1 / 0)
    answer = client.get("/statusz")
    assert answer.json()["code"] == "internal"
    (entry,) = objects(lines, "clipscape.api")
    assert entry["message"] == "unforeseen error on GET /statusz"
    assert entry["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" in str(entry["error"])
    assert "ZeroDivisionError" in str(entry["error"])


def test_a_statement_that_fails_does_not_tell_what_it_held(tmp_path: Path) -> None:
    database = Database(make_backend("", tmp_path, 2**30, 0, 1))
    row = {"id": "idofalink", "full_hash": "b", "v": 1, "engine": "1", "body": b"Private title", "created_at": 1}
    with pytest.raises(IntegrityError, match=r"links\.size") as caught, database.writing() as connection:
        connection.execute(LINKS.insert(), row)
    database.close()
    assert "idofalink" not in str(caught.value)


def record(**extra: object) -> logging.LogRecord:
    made = logging.LogRecord("clipscape.x", logging.WARNING, "f", 1, "two\nlines of %s", ("\ud800",), None)
    made.__dict__.update(extra)
    return made


def test_whatever_is_logged_is_one_line_of_json() -> None:
    line = JsonFormatter().format(record(**about_request(status=200, where=Path("/x"))))
    assert "\n" not in line
    assert line.isascii()
    assert json.loads(line) | {"time": ""} == {
        "time": "",
        "level": "warning",
        "logger": "clipscape.x",
        "message": "two\nlines of \ud800",
        "status": 200,
        "where": "/x",
    }


def test_a_line_for_people_ends_with_the_id_of_the_request() -> None:
    formatter = LineFormatter("%(levelname)s %(message)s")
    assert formatter.format(record()).endswith("lines of \ud800")
    token = request_id.set("abc")
    assert formatter.format(record()).endswith("lines of \ud800 [abc]")
    request_id.reset(token)


@pytest.mark.parametrize("style", ["line", "json"])
def test_the_settings_choose_level_and_format(style: str) -> None:
    settings = load_settings({"CLIPSCAPE_LOG_FORMAT": style, "CLIPSCAPE_LOG_LEVEL": "warning"})
    config = log_config(settings.log_level, settings.log_format)
    chosen = config["formatters"]["chosen"]["()"]  # type: ignore[index]
    assert chosen is {"line": LineFormatter, "json": JsonFormatter}[style]
    assert config["loggers"]["uvicorn"]["level"] == "WARNING"  # type: ignore[index]
