"""From outside, as a visitor: the page draws, plays, follows a slider, and its link shows the same again.

Runs against the server named by `CLIPSCAPE_BASE_URL` (a container, a deployment), else against one it starts.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from conftest import running_server

pytestmark = pytest.mark.browser

FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-gpu"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the server under test."""
    given = os.environ.get("CLIPSCAPE_BASE_URL")
    if given:
        yield given.rstrip("/")
    else:
        with running_server(tmp_path_factory.mktemp("data")) as server:
            yield server.url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CLIPSCAPE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def outside(url: str, address: str) -> list[str]:
    return [] if url.startswith((address, "data:", "blob:")) else [f"fetched from elsewhere: {url}"]


def failures(request: Request) -> list[str]:
    """A question that a newer one has overtaken is taken back on purpose; anything else is a failure."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url} {request.failure}"]


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A page that fails the test if it says anything on the console or fetches anything from elsewhere."""
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.extend(failures(request)))
    page.on("request", lambda request: complaints.extend(outside(request.url, address)))
    yield page
    page.close()
    assert complaints == []


STEP = "document.querySelector('.player-now').textContent"
PAINTED = """canvas => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let painted = 0;
  for (let place = 3; place < data.length; place += 4) painted += data[place] > 0;
  return painted;
}"""


def arrive(page: Page, address: str) -> None:
    """Open an address and wait until every panel says how its run ended."""
    page.goto(address)
    page.wait_for_selector(".panel .badge[data-status]", timeout=15_000)
    page.wait_for_function("() => !document.querySelector('.panel .badge:not([data-status])')")


def sentences(page: Page) -> list[str]:
    return page.locator(".panel .sentence").all_inner_texts()


def test_the_comparison_plays_by_itself(page: Page, address: str) -> None:
    arrive(page, f"{address}/")
    assert page.locator(".panel").count() == 3
    assert all(sentences(page))
    assert len(set(sentences(page))) > 1, "all variants ended alike: nothing to see"
    page.wait_for_function(f"() => Number({STEP}) >= 5", timeout=15_000)
    for canvas in page.locator("canvas.ink").all():
        assert canvas.evaluate(PAINTED) > 50, "no path is drawn"


def test_a_slider_changes_the_runs_and_the_link_shows_the_same_again(
    page: Page, chromium: Browser, address: str
) -> None:
    arrive(page, f"{address}/")
    before = sentences(page)
    rate = page.locator("[data-control=learning_rate] input[type=range]").first
    rate.focus()
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "before => [...document.querySelectorAll('.panel .sentence')].some((s, i) => s.innerText !== before[i])",
        arg=before,
        timeout=15_000,
    )
    page.wait_for_function("() => location.hash.startsWith('#1.')")
    page.wait_for_timeout(1000)
    chosen, ended, link = rate.input_value(), sentences(page), page.url
    friend = chromium.new_page()
    arrive(friend, link)
    assert friend.locator("[data-control=learning_rate] input[type=range]").first.input_value() == chosen
    assert sentences(friend) == ended
    friend.close()


def test_every_answer_carries_the_security_headers(page: Page, address: str) -> None:
    answer = page.goto(f"{address}/")
    assert answer is not None
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    page.wait_for_selector(".panel .badge[data-status]")


def test_plotly_is_sent_compressed_and_for_good(page: Page, address: str) -> None:
    """In the image it is compressed ahead of time; a server started just now may still be at it."""
    page.goto(f"{address}/")
    plotly = page.locator("meta[name=plotly]").get_attribute("content")
    answer = page.request.get(f"{address}/{plotly}", headers={"Accept-Encoding": "br"})
    assert answer.ok
    assert "immutable" in answer.headers["cache-control"]
    if os.environ.get("CLIPSCAPE_BASE_URL"):
        assert answer.headers["content-encoding"] == "br"
