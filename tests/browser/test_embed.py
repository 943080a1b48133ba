"""The page in frames of another site: read-only unless asked for more, and it leaves that site's history alone."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from acting import LIVELY, MAIN, SCRIPTS, STILL, Visit, eventually, fresh, pause, state
from playwright.sync_api import FrameLocator, Page, expect
from test_access import violations
from test_links import document_in, hash_of
from test_short_links import stored

BADGE = ".panel .badge[data-status]"


NOTE_STEPS = """() => {
  window.seen = [];
  const now = document.querySelector('.player-now');
  const note = () => window.seen.push(Number(now.textContent));
  new MutationObserver(note).observe(now, { childList: true, characterData: true, subtree: true });
}"""

REPEATS = "() => window.seen.filter((now, at) => at && now < window.seen[at - 1]).length >= 2"
"""Whether the steps noted since have gone back twice."""


class Course:
    """A page of another site (another port is another origin) that shows what it is given."""

    html = ""

    def __init__(self) -> None:
        course = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(b'<!doctype html><link rel="icon" href="data:,">' + course.html.encode())

            def log_message(self, *_words: Any) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def course() -> Iterator[Course]:
    found = Course()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def frame(page: Page, name: str) -> FrameLocator:
    found = page.frame_locator(f"#{name}")
    found.locator(BADGE).locator("visible=true").first.wait_for(timeout=30_000)
    return found


def test_two_frames_on_one_page_of_another_site(course: Course, visit: Visit, site: Any) -> None:
    link = stored(site, meta={"title": "Why"})
    document = {"version": 1, "experiment": {"problem": {"kind": "ravine"}}}
    course.html = (
        f'<iframe id="a" src="{site.url}/embed/{link}" width="480" height="500"></iframe>'
        f'<iframe id="b" src="{site.url}/embed?theme=dark&controls=sliders&show=maps{hash_of(document)}" '
        'width="1000" height="500"></iframe>'
    )
    page = visit(course.url, {**STILL, "viewport": {"width": 1600, "height": 700}}, wait=False)
    one, other = frame(page, "a"), frame(page, "b")
    expect(one.locator(".caption-title")).to_have_text("Why")
    for hidden in ("#header", "#controls", ".sheet-toggle"):
        expect(one.locator(hidden)).to_be_hidden()
    start = f"async () => ({MAIN}).store.get().document.experiment.start"
    before = one.locator("body").evaluate(start)
    one.locator(".panel .map").first.click(position={"x": 60, "y": 60})
    assert one.locator("body").evaluate(start) == before, "read-only"
    library = f"async () => (await import({SCRIPTS} + 'plots/plotly.js')).prefetchPlotly()"
    one.locator("body").evaluate(library)
    address = one.locator("link[rel=prefetch]").first.evaluate("link => link.href")
    assert address.startswith(f"{site.url}/vendor/plotly"), "one folder above a short link"
    assert one.locator("body").evaluate("body => body.ownerDocument.documentElement.scrollWidth") <= 480
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    expect(other.locator("[data-control=threshold]").first).to_be_visible()
    expect(other.locator("[data-control=variants]")).to_be_hidden()
    expect(other.locator("#charts")).to_be_hidden()
    rate = other.locator("[data-control=learning_rate] input.typed").first
    rate.fill("0.03")
    rate.press("Enter")
    out = other.locator("#open")
    expect(out).to_have_attribute("href", re.compile("#1"))

    def leads_to() -> Any:
        return document_in(str(out.get_attribute("href")))["experiment"]["optimizer"]["params"]["learning_rate"]

    eventually(page, leads_to, 0.03)
    assert str(out.get_attribute("href")).startswith(f"{site.url}/#1."), "to what is on screen"
    assert page.evaluate("history.length") <= 2, "nothing was added to the history of the course page"


def test_two_halves_of_a_slide_at_480_pixels_in_a_file_opened_from_disk(
    visit: Visit, site: Any, tmp_path: Path
) -> None:
    """One shows a single panel that repeats a range, the other asks: neither knows of the other."""
    slide = tmp_path / "slide.html"
    slide.write_text(
        f'<!doctype html><iframe id="a" src="{site.url}/embed?panels=2&autoplay&loop=5-9&theme=dark'
        '&preset=leash-or-cap" '
        'width="480" height="540"></iframe>'
        f'<iframe id="b" src="{site.url}/embed?preset=leash-or-cap&n_steps=20&ask=outcome" '
        'width="480" height="540"></iframe>'
    )
    page = visit(slide.as_uri(), {**LIVELY, "viewport": {"width": 1000, "height": 600}}, wait=False)
    one, other = frame(page, "a"), page.frame_locator("#b")
    expect(one.locator(".panel-name").locator("visible=true")).to_have_text(["Norm"])
    width = "panel => panel.getBoundingClientRect().width > 440"
    eventually(page, lambda: one.locator(".panel").nth(1).evaluate(width), True)  # it has the whole frame
    expect(other.locator(".question-hint")).to_contain_text("Choose what you expect")
    other.get_by_text("It is thrown out").click()
    other.get_by_role("button", name="Play and see").click()
    expect(other.locator(".question-verdict")).to_contain_text("You were right", timeout=20_000)
    expect(other.locator(".panel-name").locator("visible=true")).to_have_count(3)
    one.locator("body").evaluate(NOTE_STEPS)
    eventually(page, lambda: one.locator("body").evaluate(REPEATS), True, seconds=30)
    seen = one.locator("body").evaluate("() => window.seen")
    assert set(seen) <= set(range(4, 11)), "it still repeats its range"
    for view in (one, other):
        assert view.locator("html").evaluate("html => html.scrollWidth") <= 480
        foot = view.locator("#player").evaluate("foot => foot.getBoundingClientRect().bottom")
        assert foot <= 540.5, "the player is in reach"


def test_without_autoplay_it_stands_still(visit: Visit) -> None:
    page = visit("/embed?preset=leash-or-cap", LIVELY, wait=False)
    page.wait_for_selector(BADGE)
    expect(page.locator(".player-now")).to_have_text("300")
    assert not state(page)["playing"]
    page.keyboard.press("Home")
    expect(page.locator("#announcer")).to_contain_text("Paused at step 0 of 300")
    pause(page, 400)
    assert page.evaluate("location.href").endswith("/embed?preset=leash-or-cap"), "the address stays as it is"
    expect(page.locator("#caption .caption-title")).to_be_hidden()
    least = {"controls": "player", "show": "all", "panels": [], "theme": "", "autoplay": False, "loop": None}
    read = "async text => (await import('./js/state/embedding.js')).readOptions(text)"
    assert page.evaluate(read, "?controls=root&show=&panels=1,5&theme=pink&loop=9-3&preset=x") == {
        "options": least,
        "rest": "?preset=x",
    }, "options that are not understood allow the least"
    wanted = {
        "controls": "sliders",
        "show": "maps",
        "panels": [1, 3],
        "theme": "dark",
        "autoplay": True,
        "loop": [5, 60],
    }
    write = "async options => (await import('./js/state/embedding.js')).writeOptions(options)"
    assert page.evaluate(read, page.evaluate(write, wanted)) == {"options": wanted, "rest": ""}
    assert page.evaluate(write, {}) == ""


def test_the_share_dialog_gives_the_code_of_a_frame(page: Page, course: Course, visit: Visit) -> None:
    page.get_by_role("button", name="Share").click()
    page.get_by_role("textbox", name="Title").fill('A "quoted" <title>')
    page.get_by_label("Visitors can use").select_option("sliders")
    page.locator(".embed-panels").get_by_label("Value").uncheck()
    page.get_by_role("spinbutton", name="From step").fill("9")
    page.get_by_role("spinbutton", name="To step").fill("5")
    expect(page.get_by_text("until then nothing repeats")).to_be_visible()
    page.get_by_role("spinbutton", name="To step").fill("60")
    page.get_by_label("Size", exact=True).select_option("half")
    page.get_by_text("Preview of the frame").click()
    preview = page.frame_locator(".embed-scaled iframe")
    expect(preview.locator(".panel-name").locator("visible=true")).to_have_text(["No clipping", "Norm"])
    code = fresh(page, "Code of a frame")
    assert "quoted" in code
    assert "/embed?controls=sliders&amp;panels=1,2&amp;loop=9-60#1." in code
    assert 'width="480" height="540"' in code
    assert violations(page, "dialog[open]") == []
    course.html = code.replace("<iframe", '<iframe id="f"', 1)
    lecture = visit(course.url, wait=False)
    shown = frame(lecture, "f")
    expect(shown.locator(".caption-title")).to_have_text('A "quoted" <title>')
    expect(lecture.locator("iframe")).to_have_attribute("title", 'A "quoted" <title>')
    expect(shown.locator("body")).to_have_attribute("data-controls", "sliders")
