"""Short links over HTTP: stored once, answered for ever, refused with a reason."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from clipscape.api.app import create_app
from clipscape.links.ids import is_id
from clipscape.settings import load_settings
from clipscape.understanding import read_scenario
from conftest import experiment

LINKS = "/api/v1/links"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Iterator[TestClient]:
    """An application with a link store of its own."""
    folder = tmp_path_factory.mktemp("links")
    settings = load_settings({}, workers=1, data_dir=folder, assets_dir=data_dir / "assets")
    with TestClient(create_app(settings)) as client:
        yield client


def scenario(**changes: Any) -> dict[str, Any]:
    return {"version": 1, "experiment": experiment(**changes)}


def document_in(hash_url: str) -> Any:
    packed = hash_url.split("#1.")[1]
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), -15))


def test_a_new_link_is_201_and_a_known_one_200(shop: TestClient) -> None:
    first = shop.post(LINKS, json=scenario(seed=1))
    assert first.status_code == 201
    assert first.headers["location"] == f"{LINKS}/{first.json()['id']}"
    assert first.headers["cache-control"] == "no-store"
    again = shop.post(LINKS, json={"experiment": {**experiment(), "seed": 1.0}})
    assert again.status_code == 200
    assert again.json() == first.json()
    assert shop.post(LINKS, json=scenario(seed=2)).json()["id"] != first.json()["id"]


def test_the_answer_has_the_short_address_and_the_long_one(shop: TestClient) -> None:
    answer = shop.post(LINKS, json=scenario(), headers={"host": "clip.example:8443"}).json()
    assert set(answer) == {"id", "url", "hash_url"}
    assert is_id(answer["id"])
    assert answer["url"] == f"http://clip.example:8443/s/{answer['id']}"
    assert answer["hash_url"].startswith("http://clip.example:8443/#1.")
    assert document_in(answer["hash_url"]) == read_scenario(scenario()).as_data()


@pytest.mark.parametrize("host", ["evil.example/path", "a b", '"><script>', "x" * 10 + "@y", ""])
def test_a_host_that_is_none_is_not_repeated(shop: TestClient, host: str) -> None:
    answer = shop.post(LINKS, json=scenario(), headers={"host": host}).json()
    assert answer["url"] == f"/s/{answer['id']}"


def test_a_link_is_answered_as_it_was_stored_and_may_be_kept_for_ever(shop: TestClient) -> None:
    made = shop.post(LINKS, json=scenario(n_steps=77)).json()
    answer = shop.get(f"{LINKS}/{made['id']}")
    assert answer.status_code == 200
    assert answer.json() == {"id": made["id"], "engine": "1", "document": read_scenario(scenario(n_steps=77)).as_data()}
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    unchanged = shop.get(f"{LINKS}/{made['id']}", headers={"if-none-match": answer.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.parametrize("name", ["222222222222", "short", "UPPERCASE222", "aeiouaeiouae", "%00", "..%2f.."])
def test_what_is_not_there_is_404(shop: TestClient, name: str) -> None:
    answer = shop.get(f"{LINKS}/{name}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_removed_link_is_410_and_is_not_stored_again(shop: TestClient) -> None:
    made = shop.post(LINKS, json=scenario(seed=410)).json()
    etag = shop.get(f"{LINKS}/{made['id']}").headers["etag"]
    shop.app.state.service.keeper.store.delete(made["id"])  # type: ignore[attr-defined]
    for answer in (
        shop.get(f"{LINKS}/{made['id']}"),
        shop.get(f"{LINKS}/{made['id']}", headers={"if-none-match": etag}),
        shop.post(LINKS, json=scenario(seed=410)),
    ):
        assert answer.status_code == 410
        assert answer.json()["code"] == "link_removed"
    assert shop.delete(f"{LINKS}/{made['id']}").status_code == 405, "nobody deletes over HTTP"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"version": 9}, "newer_version"),
        ({"experiment": experiment(n_steps=0)}, "invalid"),
        ({"experiment": experiment(), "unknown": 1}, "invalid"),
        ([], "invalid"),
    ],
)
def test_what_is_no_scenario_is_not_stored(shop: TestClient, body: Any, code: str) -> None:
    before = shop.app.state.service.keeper.store.count()  # type: ignore[attr-defined]
    answer = shop.post(LINKS, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert shop.app.state.service.keeper.store.count() == before  # type: ignore[attr-defined]


def test_too_many_new_links_are_429_and_known_ones_are_not(data_dir: Path, tmp_path: Path) -> None:
    limits = {"new_links_per_tab": 2, "new_links": 3}
    settings = load_settings({}, workers=1, data_dir=tmp_path, assets_dir=data_dir / "assets", **limits)
    with TestClient(create_app(settings)) as client:

        def post(seed: int, tab: str) -> Any:
            return client.post(LINKS, json=scenario(seed=seed), headers={"clipscape-tab": f"tab-of-{tab}"})

        assert [post(seed, "a").status_code for seed in (1, 2, 3)] == [201, 201, 429]
        refusal = post(3, "a")
        assert refusal.json()["code"] == "too_many_links"
        assert "CLIPSCAPE_NEW_LINKS_PER_TAB" in refusal.json()["detail"]
        assert 1 <= int(refusal.headers["retry-after"]) <= 61
        assert post(1, "a").status_code == 200
        assert post(3, "b").status_code == 201
        last = post(4, "b")
        assert last.status_code == 429
        assert "(CLIPSCAPE_NEW_LINKS)" in last.json()["detail"]
        told = client.get("/api/v1/limits").json()
        assert (told["new_links_per_tab"], told["new_links"]) == (2, 3)


def test_when_nothing_can_be_stored_everything_else_goes_on(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "links.db").mkdir()
    settings = load_settings({}, workers=1, data_dir=tmp_path, assets_dir=data_dir / "assets")
    with TestClient(create_app(settings)) as client:
        answer = client.post(LINKS, json=scenario())
        assert answer.status_code == 503
        assert answer.json()["code"] == "links_unavailable"
        assert answer.json()["reason"] == "gone"
        assert "The long link works" in answer.json()["detail"]
        assert int(answer.headers["retry-after"]) > 0
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert "short links" in ready.json()["detail"]
        assert client.get("/livez").status_code == 200
        assert client.post("/api/v1/simulate", json=scenario()).status_code == 200
