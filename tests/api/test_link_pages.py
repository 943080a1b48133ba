"""`/s/<id>`: what chat programs read, a picture, and pages that explain; everything of a user is escaped."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from clipscape.api.app import create_app
from clipscape.links.faults import StoreError
from clipscape.settings import load_settings
from conftest import experiment

EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(1)> &amp; '"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("pages")
    settings = load_settings({}, workers=1, data_dir=folder, assets_dir=data_dir / "assets", root_path="/clip")
    with TestClient(create_app(settings), base_url="https://host.example") as client:
        yield client


def stored(client: TestClient, **parts: Any) -> str:
    document = {"experiment": experiment(), **parts}
    return str(client.post("/api/v1/links", json=document).json()["id"])


class Head(HTMLParser):
    """What a page says about itself, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.title = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag == "meta" and (name := values.get("name") or values.get("property")):
            assert name not in self.meta or name == "theme-color", f"{name} twice"
            self.meta[name] = values["content"]
        self.addresses += [values[name] for name in ("href", "src") if name in values]
        assert not any(name.startswith("on") for name in values)

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "title" and not self.title:
            self.title = data


def test_a_link_page_carries_title_description_and_picture(shop: TestClient) -> None:
    link = stored(shop, meta={"title": "Why clipping tames the cliff", "note": "Look at step 3"})
    answer = shop.get(f"/s/{link}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    head = Head(answer.text)
    assert head.title == "Why clipping tames the cliff: Clipscape"
    assert head.meta["og:title"] == "Why clipping tames the cliff"
    assert head.meta["og:url"] == f"https://host.example/clip/s/{link}"
    assert head.meta["og:image"] == f"https://host.example/clip/s/{link}.png"
    assert head.meta["og:description"] == head.meta["description"]
    assert head.meta["description"].startswith("Look at step 3. Gradient clipping compared")
    assert head.meta["twitter:card"] == "summary_large_image"
    assert head.meta["link"].startswith("#1.")
    assert head.meta["link-engine"] == "1"
    assert shop.get(f"/s/{link}", headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    alone = shop.head(f"/s/{link}")
    assert (alone.status_code, alone.content) == (200, b"")


def test_the_page_of_a_link_finds_its_files_one_folder_up(shop: TestClient) -> None:
    page = Head(shop.get(f"/s/{stored(shop)}").text)
    plain = Head(shop.get("/").text)
    assert len(page.addresses) == len(plain.addresses) > 50
    for here, there in zip(page.addresses, plain.addresses, strict=True):
        assert here == (there if there.startswith("#") else f"../{there}")
        assert there.startswith("#") or shop.get(f"/{there}").status_code == 200


def test_everything_of_a_user_is_escaped(shop: TestClient) -> None:
    variants = [{"name": EVIL[:60], "clip": {"kind": "norm"}}]
    link = stored(shop, experiment=experiment(variants=variants), meta={"title": EVIL, "note": EVIL})
    text = shop.get(f"/s/{link}").text
    head, plain = Head(text), Head(shop.get("/").text)
    assert head.tags.count("script") == plain.tags.count("script")
    assert "img" not in head.tags
    assert head.meta["og:title"] == EVIL
    assert head.title == f"{EVIL}: Clipscape"
    unnamed = stored(shop, experiment=experiment(variants=variants))
    assert Head(shop.get(f"/s/{unnamed}").text).meta["og:title"] == f"The cliff: {EVIL[:60]}"


def test_the_picture_is_a_png_that_is_drawn_once(shop: TestClient) -> None:
    link = stored(shop, experiment=experiment(seed=5))
    service = shop.app.state.service  # type: ignore[attr-defined]
    before = service.flights.computed
    answers = [shop.get(f"/s/{link}.png") for _ in range(3)]
    assert service.flights.computed == before + 1
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].headers["content-type"] == "image/png"
    assert "max-age=86400" in answers[0].headers["cache-control"]
    assert Image.open(io.BytesIO(answers[0].content)).size == (1200, 630)
    again = shop.get(f"/s/{link}.png", headers={"if-none-match": answers[0].headers["etag"]})
    assert again.status_code == 304


def test_a_link_that_costs_too_much_has_a_picture_all_the_same(tmp_path: Path, data_dir: Path) -> None:
    settings = load_settings(
        {}, workers=1, data_dir=tmp_path, assets_dir=data_dir / "assets", max_stream_cost=0.001, max_cost=0.001
    )
    with TestClient(create_app(settings)) as client:
        answer = client.get(f"/s/{stored(client, experiment=experiment(n_steps=5000))}.png")
    assert answer.status_code == 200
    assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)


@pytest.mark.parametrize("name", ["222222222222", "abc", "index.html", "%3Cscript%3E"])
def test_a_link_that_is_not_there_is_explained_on_a_page(shop: TestClient, name: str) -> None:
    answer = shop.get(f"/s/{name}")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert "There is no such link" in answer.text
    assert "7hq2mzkd94tw" in answer.text
    assert "long form" in answer.text
    assert "<script" not in answer.text
    assert shop.get(f"/s/{name}.png").status_code == 404
    for address in Head(answer.text).addresses:
        assert address.startswith("../")
        assert shop.get(address.removeprefix("..")).status_code == 200


def test_a_removed_link_is_explained_on_a_page(shop: TestClient) -> None:
    link = stored(shop, experiment=experiment(seed=99))
    shop.app.state.service.keeper.store.delete(link)  # type: ignore[attr-defined]
    answer = shop.get(f"/s/{link}")
    assert answer.status_code == 410
    assert "This link was removed" in answer.text
    assert shop.get(f"/s/{link}.png").status_code == 410


def test_a_store_that_does_not_answer_is_explained_on_a_page(shop: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_link: str) -> None:
        raise StoreError("gone")

    monkeypatch.setattr(shop.app.state.service.keeper, "get", fail)  # type: ignore[attr-defined]
    answer = shop.get("/s/222222222222")
    assert answer.status_code == 503
    assert "The link is not lost" in answer.text
    assert int(answer.headers["retry-after"]) > 0


def test_a_qr_code_is_made_of_short_links_only(shop: TestClient) -> None:
    good = "https://host.example/clip/s/7hq2mzkd94tw"
    answer = shop.get("/api/v1/qr.svg", params={"address": good})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert re.match(rb"<svg ", answer.content)
    assert b"style" not in answer.content, "the policy allows no inline style"
    for bad in (
        "https://evil.example/",
        "javascript:x/s/7hq2mzkd94tw",
        f"{good}/more",
        f"https://{'x' * 500}/s/222222222222",
        "",
    ):
        assert shop.get("/api/v1/qr.svg", params={"address": bad}).status_code == 422


def test_any_site_may_frame_the_page_for_frames_and_nothing_else(shop: TestClient) -> None:
    link = stored(shop)
    for path in ("/embed", f"/embed/{link}", "/embed/222222222222", "/embed?preset=leash-or-cap"):
        headers = shop.get(path).headers
        policy = headers["content-security-policy"]
        assert "frame-ancestors" not in policy, f"{path}: even * would keep out slides that are opened from disk"
        assert policy.endswith("form-action 'none'"), path
        assert "x-frame-options" not in headers
    for path in ("/", f"/s/{link}", "/embed.html", "/embedded", "/api/v1/limits", f"/s/embed/{link}", "/docs"):
        assert shop.get(path).headers["content-security-policy"].endswith("frame-ancestors 'self'"), path
    assert Head(shop.get(f"/embed/{link}").text).meta["link"].startswith("#1.")
    assert "There is no such link" in shop.get("/embed/222222222222").text


def test_the_page_for_frames_is_the_page_itself_but_for_its_frame(shop: TestClient) -> None:
    page, framed = shop.get("/").text.splitlines(), shop.get("/embed").text.splitlines()
    own = [line.strip() for line in framed if line not in page]
    assert len(own) == 5
    for part, line in zip(("css/embed.css", "js/main.js", "js/embed.js", "<body class", 'id="open"'), own, strict=True):
        assert part in line
    left_out = [line.strip() for line in page if line not in framed]
    assert [line.split()[0] for line in left_out] == ["<script", "<body>", "<a"]
    assert "../js/embed.js" in shop.get(f"/embed/{stored(shop)}").text
