"""Short links on the page: made, opened, kept in the address bar, and done without when nothing can be stored."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from acting import (
    PHONE,
    STILL,
    Visit,
    eventually,
    experiment,
    fresh,
    has_picture,
    settled,
    state,
    type_value,
    until,
    written,
)
from own_server import forgiven
from playwright.sync_api import Page, Route, expect
from test_links import document_in, hash_of

from conftest import running_server

TITLE, NOTE = "Why clipping tames the cliff", "Look at the first step <b>over</b> the edge."


def make_link(page: Page, title: str = "", note: str = "") -> str:
    """Make a short link in the dialog and return it."""
    page.get_by_role("button", name="Share").click()
    page.get_by_role("textbox", name="Title").fill(title)
    page.get_by_role("textbox", name="Note").fill(note)
    page.get_by_role("button", name="Make a short link").click()
    expect(page.get_by_role("textbox", name="Short link")).to_be_visible()
    return fresh(page, "Short link")


def stored(site: Any, **parts: Any) -> str:
    variants = [{"name": kind, "clip": {"kind": kind}} for kind in ("none", "norm")]
    document = {"experiment": {"problem": {"kind": "cliff"}, "n_steps": 60, "variants": variants}, **parts}
    answer = httpx.post(f"{site.url}/api/v1/links", json=document)
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
def page(shared: Visit) -> Page:
    """The default comparison."""
    return shared()


def test_a_short_link_shows_a_friend_the_same_and_stays_in_the_address_bar_until_something_changes(
    page: Page, visit: Visit, site: Any
) -> None:
    type_value(page, "learning_rate", "0.137")
    settled(page)
    page.get_by_role("slider", name="Step", exact=True).fill("42")
    link = make_link(page, TITLE, NOTE)
    assert re.fullmatch(re.escape(site.url) + r"/s/[2-9b-z]{12}", link)
    friend = visit(link)
    settled(friend)
    same = experiment(friend)
    assert same == experiment(page)
    expect(friend.locator(".player-now")).to_have_text("42")
    assert friend.title() == f"{TITLE}: Clipscape"
    expect(friend.locator(".caption-title")).to_have_text(TITLE)
    expect(friend.locator(".caption-note")).to_have_text(NOTE)
    assert friend.locator(".caption b").count() == 0, "text, not markup"
    expect(friend.locator(".banner.note")).to_be_hidden()
    friend.get_by_role("slider", name="Step", exact=True).fill("7")
    eventually(friend, lambda: state(friend)["document"]["view"]["step"], 7)
    friend.wait_for_timeout(200)  # a little longer than the page waits before it writes an address
    assert friend.url == link, "watching does not change what the link leads to"
    type_value(friend, "learning_rate", "0.21")
    written(friend)
    assert friend.url.startswith(f"{site.url}/#1.")
    assert document_in(friend.url)["experiment"]["optimizer"]["params"]["learning_rate"] == 0.21
    friend.go_back()
    eventually(friend, lambda: experiment(friend), same)
    assert friend.url == link
    page.keyboard.press("Escape")


def test_everything_works_below_a_prefix(visit: Visit, tmp_path: Path) -> None:
    with running_server(tmp_path, ROOT_PATH="/tools/clipscape") as server:
        home = f"{server.url}/tools/clipscape/"
        page = visit(f"{home}s/{stored(server)}")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        settled(page)
        assert experiment(page)["n_steps"] == 60
        type_value(page, "learning_rate", "0.3")
        written(page)
        assert page.url.startswith(f"{home}#1.")
        link = make_link(page)
        assert re.fullmatch(re.escape(home) + r"s/[2-9b-z]{12}", link)
        expect(page.locator(".share-qr")).to_have_js_property("complete", True)
        assert page.locator(".share-qr").evaluate("image => image.naturalWidth") > 0
        assert page.get_by_role("link", name="Recurrent").evaluate("link => link.href") == f"{home}?tab=recurrent"
        page.goto(f"{home}embed/{link.rsplit('/', 1)[1]}")
        has_picture(page)
        assert experiment(page)["optimizer"]["params"]["learning_rate"] == 0.3
        page.goto(home)
        has_picture(page)
        assert len(asked) > 50
        assert all(address.startswith((home, "data:", "blob:")) for address in asked)
        page.close()


def test_when_nothing_can_be_stored_the_long_link_is_offered_with_a_sentence(
    visit: Visit, complaints: list[str]
) -> None:
    page = visit()
    problem = {
        "code": "links_unavailable",
        "title": "Short links cannot be used now",
        "status": 503,
        "detail": "The store of short links cannot be used: it is read-only. The long link works without it.",
        "errors": [],
    }
    page.route(
        "**/api/v1/links",
        lambda route: route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(problem)),
    )
    page.get_by_role("button", name="Share").click()
    page.get_by_role("textbox", name="Title").fill(TITLE)
    page.get_by_role("button", name="Make a short link").click()
    said = page.locator(".share-state")
    expect(said).to_contain_text("No short link could be made.")
    expect(said).to_contain_text("read-only")
    expect(said).to_contain_text("The long link works without it.")
    page.unroute("**/api/v1/links")
    page.route("**/api/v1/links", lambda route: route.abort())
    page.get_by_role("button", name="Make a short link").click()
    expect(said).to_contain_text("The server cannot be reached. The long link below works without it.")
    friend = visit(fresh(page, "Long link"))
    expect(friend.locator(".caption-title")).to_have_text(TITLE)
    page.keyboard.press("Escape")
    type_value(page, "learning_rate", "0.2")
    settled(page)
    assert page.locator(".banner.warning").is_hidden(), "everything else goes on"
    page.get_by_role("button", name="Share").click()
    page.unroute("**/api/v1/links")
    page.get_by_role("button", name="Make a short link").click()
    expect(page.get_by_role("textbox", name="Short link")).to_be_visible()
    forgiven(complaints)


def test_the_dialog_works_by_keyboard(page: Page) -> None:
    page.get_by_role("button", name="Share").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".sharing[open]")
    for _ in range(20):
        if page.evaluate("document.activeElement.textContent") == "Make a short link":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Short link")
    expect(field).to_be_focused()
    assert page.evaluate("getSelection().toString() || document.activeElement.value") == field.input_value()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Copy: Short link"
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Share")).to_be_focused()


HELD = """() => {
  const before = Response.prototype.arrayBuffer;
  const held = new Promise(release => { window.release = release; });
  Response.prototype.arrayBuffer = function () { return held.then(() => before.call(this)); };
  window.copied = [];
  navigator.clipboard.writeText = async text => { window.copied.push(text); };
}"""
"""Long links are not made before `release()`, and what is copied is kept in the page."""


def test_another_title_is_another_link_and_copying_at_once_copies_that(page: Page) -> None:
    first = make_link(page, "One")
    page.evaluate(HELD)
    page.get_by_role("textbox", name="Title").fill("Two")
    page.get_by_role("button", name="Copy: Long link").click()
    assert page.evaluate("copied") == [], "never the link of the title before"
    page.evaluate("release()")
    until(page, "() => copied.length")
    assert document_in(page.evaluate("copied[0]"))["meta"] == {"title": "Two"}
    page.get_by_role("button", name="Make a short link").click()
    expect(page.get_by_role("textbox", name="Short link")).to_be_visible()
    assert fresh(page, "Short link") != first
    assert document_in(fresh(page, "Long link"))["meta"] == {"title": "Two"}
    page.keyboard.press("Escape")


def test_a_title_travels_with_the_long_link_and_a_broken_one_is_told(visit: Visit) -> None:
    document = {"version": 1, "experiment": {"problem": {"kind": "cliff"}}, "meta": {"title": "A\u0000" + "x" * 300}}
    page = visit(f"/{hash_of(document)}")
    expect(page.locator(".caption-title")).to_have_text(("A " + "x" * 300)[:120])
    page.evaluate("hash => { location.hash = hash; }", hash_of({**document, "meta": 7}))
    expect(page.locator(".banner.note")).to_contain_text("title of this link could not be read")
    expect(page.locator(".caption")).to_be_hidden()
    assert "meta" not in state(page)["document"]


def test_a_missing_link_is_explained(visit: Visit, complaints: list[str]) -> None:
    page = visit("/s/222222222222", STILL, wait=False)
    expect(page.get_by_role("heading", name="There is no such link")).to_be_visible()
    page.get_by_role("link", name="Open Clipscape").click()
    has_picture(page)
    forgiven(complaints)


def test_the_dialog_and_the_caption_fit_on_a_phone(visit: Visit, site: Any) -> None:
    page = visit(f"/s/{stored(site, meta={'title': TITLE, 'note': NOTE})}", PHONE)
    make_link(page, "W" * 120)
    until(
        page,
        "() => { const { scrollWidth, clientWidth } = document.querySelector('.sharing .dialog-body');"
        " return scrollWidth <= clientWidth; }",
    )
    box = page.locator(".sharing").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_a_link_of_another_engine_says_so(visit: Visit, site: Any) -> None:
    link = f"/s/{stored(site)}"
    page = visit("about:blank", wait=False)

    def older(route: Route) -> None:
        answer = httpx.get(route.request.url)
        kept = {name: answer.headers[name] for name in ("content-type", "content-security-policy")}
        body = answer.text.replace('name="link-engine" content="1"', 'name="link-engine" content="0"')
        route.fulfill(status=200, headers=kept, body=body)

    page.route(f"**{link}", older)
    page.goto(site.url + link)
    has_picture(page)
    expect(page.locator(".banner.note")).to_contain_text(
        "engine 0 computed the curves; they are drawn here by engine 1"
    )


def test_the_page_opens_every_link_of_the_corpus(page: Page) -> None:
    corpus = json.loads((Path(__file__).parents[1] / "links" / "corpus.json").read_text())
    opened = page.evaluate(
        """async links => {
          const { decodeLink } = await import('./js/state/opening.js');
          const catalog = await (await fetch('api/v1/catalog')).json();
          return Promise.all(links.map(link => decodeLink(link, catalog)));
        }""",
        [entry["long"] for entry in corpus],
    )
    for entry, found in zip(corpus, opened, strict=True):
        assert found["remarks"] == [], entry["name"]
        assert found["document"]["experiment"] == entry["document"]["experiment"], entry["name"]
        for part in ("meta", "question"):
            assert found["document"].get(part) == entry["document"].get(part)
