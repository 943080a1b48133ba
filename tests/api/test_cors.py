"""Pages of other sites may use the API only where the server's owner says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from clipscape.api.app import create_app
from clipscape.settings import load_settings

LESSON, OTHER = "https://lesson.example", "https://other.example"
LIMITS, SIMULATE = "/api/v1/limits", "/api/v1/simulate"


def site(data_dir: Path, origins: str) -> TestClient:
    return TestClient(create_app(load_settings({}, data_dir=data_dir, cors_origins=origins, workers=1)))


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        ("", LESSON, None),
        (f" {LESSON} , https://b.example", LESSON, LESSON),
        (LESSON, OTHER, None),
        ("*", OTHER, "*"),
    ],
)
def test_an_answer_names_the_sites_that_may_read_it(
    data_dir: Path, origins: str, origin: str, allowed: str | None
) -> None:
    answer = site(data_dir, origins).get(LIMITS, headers={"Origin": origin})
    assert answer.status_code == 200
    assert answer.headers.get("access-control-allow-origin") == allowed
    assert "access-control-allow-credentials" not in answer.headers
    assert "content-security-policy" in answer.headers


def test_a_browser_that_asks_first_is_told_what_it_may_send(data_dir: Path) -> None:
    wish = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    asked = site(data_dir, LESSON).options(SIMULATE, headers={"Origin": LESSON, **wish})
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, LESSON)
    assert "POST" in asked.headers["access-control-allow-methods"]
    refused = site(data_dir, LESSON).options(SIMULATE, headers={"Origin": OTHER, **wish})
    assert "access-control-allow-origin" not in refused.headers
