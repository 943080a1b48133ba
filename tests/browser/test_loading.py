"""The first second: what is fetched, what is seen, what stays where it is."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from acting import (
    COUNT_CALLS,
    LIVELY,
    MAIN,
    PHONE,
    Visit,
    eventually,
    frames,
    has_picture,
    painted,
    pause,
    plotly_ready,
    state,
    still,
    until,
)
from playwright.sync_api import Route, expect

FRONTEND = Path(__file__).parents[2] / "frontend"
FIRST_VIEW_BYTES = 150_000

COLD = True
"""Nobody who comes for the first time has anything in the cache."""

NOTHING_LATER = """const { setTimeout: before } = window;
window.setTimeout = (work, delay, ...given) => delay >= 1500 ? 0 : before(work, delay, ...given);"""
"""What the page fetches a while after the first view, in case it is wanted, never comes: machines may be slow."""


def test_the_comparison_plays_by_itself_from_a_small_first_view_whose_modules_the_page_names(
    visit: Visit, site: Any
) -> None:
    page = visit("about:blank", LIVELY, wait=False)
    page.add_init_script(NOTHING_LATER)
    page.goto(site.url)
    has_picture(page)
    assert page.locator(".panel-name").all_inner_texts() == ["No clipping", "Norm", "Value"]
    until(page, "() => Number(document.querySelector('.player-now').textContent) >= 5")
    assert state(page)["playing"]
    fetched = page.evaluate(
        "() => performance.getEntries().filter(e => e.encodedBodySize).map(e => [e.name, e.encodedBodySize])"
    )
    ours = {name: size for name, size in fetched if "vendor/" not in name}
    assert sum(ours.values()) < FIRST_VIEW_BYTES, sorted(ours.items(), key=lambda item: -item[1])[:8]
    assert len(ours) > 40, "the measurement missed the modules"
    html = (FRONTEND / "index.html").read_text()
    named = set(re.findall(r'(?:modulepreload" href|type="module" src)="(js/[^"]+)"', html))
    early = {urlsplit(name).path[1:] for name in ours} & {
        str(file.relative_to(FRONTEND)) for file in FRONTEND.rglob("js/**/*.js")
    }
    assert named <= early
    late = {"js/figures.js", "js/plots/plotly.js", "js/plots/traces.js", "js/plots/layouts.js"}  # after the picture
    assert early - named <= late, "modules that the browser finds out about one after the other"


def test_a_link_that_is_still_being_read_shows_nothing_wrong(visit: Visit, site: Any) -> None:
    """The settings of the comparison that the page opens with otherwise would be somebody else's."""
    page = visit("about:blank", wait=False)
    held: list[Route] = []
    page.route("**/js/state/reading.js", lambda route: held.append(route))
    page.goto(f"{site.url}/?tab=recurrent&n_steps=20")
    page.wait_for_selector("#controls *", state="attached")
    until(page, "() => getComputedStyle(document.querySelector('.stage'), '::before').visibility === 'visible'")
    expect(page.locator("#controls")).to_be_hidden()
    expect(page.locator(".tabs")).to_be_hidden()
    eventually(page, lambda: bool(held), True)
    held[0].continue_()
    expect(page.locator("[data-control=network]")).to_be_visible()
    expect(page.locator(".tab[aria-current]")).to_have_text("Recurrent")


def test_the_picture_does_not_wait_for_the_figure_library_which_then_moves_and_changes_nothing(
    visit: Visit, site: Any
) -> None:
    page = visit("about:blank", wait=False, library=True)
    held: list[Route] = []
    page.route("**/vendor/**", lambda route: held.append(route))
    page.add_init_script(SHIFTS)
    page.goto(site.url)
    has_picture(page)
    still(page)
    for name in ("base", "levels", "ink", "now"):
        assert painted(page.locator(f".panel canvas.{name}").first) > 200, name
    assert painted(page.locator(".chart canvas").first) > 200
    until(page, f"async () => ({MAIN}).store.get().session.surface.columns >= 121")
    still(page)
    view = page.locator(".panel .map").nth(1).bounding_box()
    assert view is not None
    clip = {"x": view["x"] + 120, "y": view["y"] + view["height"] - 120, "width": 60, "height": 60}
    before = page.screenshot(clip=clip)
    eventually(page, lambda: bool(held), True)
    assert page.locator(".library.is-drawn").count() == 0
    note = page.locator("#toolbar [role=status]")
    page.locator("#toolbar .segment", has_text="3-D").click()
    expect(note).to_have_text("Loading 3-D …")
    assert page.locator(".panel .solid:visible").count() == 0, "what is not there yet covers nothing"
    page.locator("#toolbar .segment", has_text="Map").click()
    expect(note).to_have_text("")
    page.route("**/vendor/**", lambda route: route.continue_())
    for route in held:
        route.continue_()
    plotly_ready(page)
    frames(page)
    after = page.screenshot(clip=clip)
    difference = page.evaluate(
        """async ([a, b]) => {
          const read = async bytes => {
            const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))]));
            const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
            const context = canvas.getContext('2d'); context.drawImage(bitmap, 0, 0);
            return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
          };
          const [left, right] = [await read(a), await read(b)];
          let sum = 0; for (let i = 0; i < left.length; i += 1) sum += Math.abs(left[i] - right[i]);
          return sum / left.length;
        }""",
        [base64.b64encode(shot).decode() for shot in (before, after)],
    )
    assert difference < 3, "grey levels of 255, mean"
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < 0.05, shifts
    noted = f"async () => {{ window.notes = 0; ({MAIN}).store.subscribe(() => {{ window.notes += 1; }}); }}"
    page.evaluate(noted)
    pause(page, 600)
    assert page.evaluate("window.notes") == 0, "a page at rest does nothing"
    page.evaluate(COUNT_CALLS)
    page.keyboard.press("Home")
    eventually(page, lambda: state(page)["document"]["view"]["step"], 0)
    page.keyboard.press(" ")
    until(page, "() => Number(document.querySelector('.player-now').textContent) >= 20")
    assert page.evaluate("window.calls") == [], "playing is not its business"


SHIFTS = """window.shifts = []; new PerformanceObserver(list => {
  const name = node => node?.className ?? node?.nodeName;
  for (const e of list.getEntries()) window.shifts.push([e.value, e.sources.map(s => name(s.node))]);
}).observe({type: 'layout-shift', buffered: true});"""


def test_the_phone_does_not_shift_either(visit: Visit) -> None:
    page = visit("/", PHONE)
    page.evaluate(f"() => {{ {SHIFTS} }}")
    until(page, f"async () => ({MAIN}).store.get().session.surface.columns >= 121")
    still(page)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < 0.05, shifts


def test_it_works_below_a_prefix(visit: Visit) -> None:
    """All addresses on the page are relative."""
    html = (FRONTEND / "index.html").read_text()
    assert not re.search(r'(?:href|src)="/', html)
    for script in (FRONTEND / "js").rglob("*.js"):
        assert not re.search(r"""fetch\(["'`]/|["'`]/api/""", script.read_text()), script
