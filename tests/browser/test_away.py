"""Server gone, slow or refusing: the last picture stays, a sentence says what happened, and it recovers by itself."""

from __future__ import annotations

from contextlib import suppress

from acting import STILL, Visit, eventually, experiment, has_picture, sentences, settled, still, type_value
from own_server import forgiven
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Request, Route, expect


def test_the_picture_stays_while_the_server_is_gone_and_comes_back_by_itself(page: Page, complaints: list[str]) -> None:
    """Servers that are killed and started again: test_recurrent_stream and test_map_settings."""
    before = sentences(page)
    page.route("**/api/v1/**", lambda route: route.abort("connectionrefused"))
    type_value(page, "learning_rate", "0.25")
    banner = page.locator(".banner.warning")
    expect(banner).to_contain_text("The server cannot be reached: trying again")
    expect(banner).to_contain_text("The last picture stays.")
    assert sentences(page) == before
    expect(page.locator("canvas.ink").first).to_be_visible()
    page.unroute("**/api/v1/**")
    expect(banner).to_be_hidden(timeout=30_000)
    settled(page)
    assert experiment(page)["optimizer"]["params"]["learning_rate"] == 0.25
    assert sentences(page) != before
    forgiven(complaints)


def test_a_page_that_opens_while_the_server_is_busy_waits_for_it(visit: Visit, complaints: list[str]) -> None:
    page = visit("/", STILL)
    page.route("**/api/v1/simulate*", lambda route: route.fulfill(status=503, headers={"retry-after": "25"}, body=""))
    page.reload()
    expect(page.locator(".banner.warning")).to_contain_text("The server is too busy: trying again")
    page.unroute("**/api/v1/simulate*")
    page.get_by_role("button", name="Try now").click()
    has_picture(page)
    expect(page.locator(".banner.warning")).to_be_hidden()
    forgiven(complaints)


def test_a_slow_answer_is_announced_and_an_older_one_never_replaces_a_newer(page: Page) -> None:
    held: list[Route] = []
    ended: list[Request] = []
    for event in ("requestfinished", "requestfailed"):
        page.on(event, lambda request: ended.append(request))

    def hold_the_first(route: Route) -> None:
        held.append(route) if not held else route.continue_()

    page.route("**/api/v1/simulate*", hold_the_first)
    type_value(page, "learning_rate", "0.3")
    expect(page.locator("body.is-busy")).to_have_count(1)
    type_value(page, "learning_rate", "0.05")
    settled(page)
    words = sentences(page)
    with suppress(PlaywrightError):  # the page has stopped asking by now, which is just as good
        held[0].continue_()
    eventually(page, lambda: held[0].request in ended, True)
    still(page)
    assert sentences(page) == words
    expect(page.locator("body.is-busy")).to_have_count(0)


def test_an_answer_that_was_cut_off_is_asked_for_again(page: Page) -> None:
    asked: list[Route] = []

    def cut(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:
            route.fulfill(status=200, content_type="application/json", body='{"engine": "1", "varia')

    page.route("**/api/v1/simulate*", cut)
    type_value(page, "learning_rate", "0.3")
    expect(page.locator(".banner.warning")).to_contain_text("The answer was cut off")
    eventually(page, lambda: len(asked), 2)
    asked[1].continue_()
    settled(page)
    expect(page.locator(".banner.warning")).to_be_hidden()
