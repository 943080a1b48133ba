"""What a lecture opens together is asked for in a form that every cache keeps; what one visitor changes is not."""

from __future__ import annotations

from acting import STILL, Visit, has_picture, sentences, settled, type_value
from own_server import forgiven
from playwright.sync_api import Page, Route, expect

QUESTIONS = ("/api/v1/simulate", "/api/v1/surface")


def methods(page: Page) -> list[tuple[str, bool]]:
    """Collect, from now on, how runs and surfaces are asked for, and whether by an address that names the release."""
    seen: list[tuple[str, bool]] = []

    def note(request: object) -> None:
        url = request.url  # type: ignore[attr-defined]
        if any(f"{question}?" in url for question in QUESTIONS):
            seen.append((request.method, "&engine=1-" in url and "&s=1." in url))  # type: ignore[attr-defined]

    page.on("request", note)
    return seen


def test_links_and_presets_are_asked_for_by_address_and_changes_by_post(visit: Visit) -> None:
    page = visit("/?preset=leash-or-cap", STILL)
    seen = methods(page)
    page.reload()
    has_picture(page)
    assert seen[:2] == [("GET", True)] * 2
    settled(page)
    seen.clear()
    type_value(page, "learning_rate", "0.137")
    settled(page)
    assert ("POST", False) in seen
    assert ("GET", True) not in seen


def test_a_page_of_another_release_asks_by_post_and_shows_the_picture(visit: Visit, complaints: list[str]) -> None:
    page = visit("/", STILL)
    words = sentences(page)

    def older(route: Route) -> None:
        answer = route.fetch()
        text = answer.text().replace('name="release" content="1-', 'name="release" content="0-')
        route.fulfill(response=answer, body=text)

    page.route("**/", older)
    seen = methods(page)
    page.reload()
    has_picture(page)
    settled(page)
    assert sentences(page) == words
    assert ("POST", False) in seen
    expect(page.locator(".banner:visible")).to_have_count(0)
    forgiven(complaints)
