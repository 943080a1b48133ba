"""The first second: what is fetched, what is seen, what stays where it is."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

from acting import LIVELY, PHONE, STILL, Visit, painted, plotly_ready, state, until
from playwright.sync_api import Route, expect

FRONTEND = Path(__file__).parents[2] / "frontend"
FIRST_VIEW_BYTES = 150_000

COLD = True
"""Nobody who comes for the first time has anything in the cache."""


def test_the_comparison_plays_by_itself_and_says_nothing_on_the_console(visit: Visit) -> None:
    page = visit("/", LIVELY, library=True)
    assert page.locator(".panel-name").all_inner_texts() == ["No clipping", "Norm", "Value"]
    until(page, "() => Number(document.querySelector('.player-now').textContent) >= 5")
    assert state(page)["playing"]


def test_the_first_view_is_small_without_the_figure_library(visit: Visit) -> None:
    page = visit("/", LIVELY)
    page.wait_for_timeout(500)
    fetched = page.evaluate(
        "() => performance.getEntries().filter(e => e.encodedBodySize).map(e => [e.name, e.encodedBodySize])"
    )
    ours = {name: size for name, size in fetched if "vendor/" not in name}
    assert sum(ours.values()) < FIRST_VIEW_BYTES, sorted(ours.items(), key=lambda item: -item[1])[:8]
    assert len(ours) > 40, "the measurement missed the modules"


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
    until(page, "() => true" if held else "() => false")
    held[0].continue_()
    expect(page.locator("[data-control=network]")).to_be_visible()
    expect(page.locator(".tab[aria-current]")).to_have_text("Recurrent")


def test_the_picture_does_not_wait_for_the_figure_library(visit: Visit) -> None:
    page = visit("/", STILL, wait=False)
    page.wait_for_selector(".panel .badge[data-status]")
    page.wait_for_timeout(1000)
    for name in ("base", "levels", "ink", "now"):
        assert painted(page.locator(f".panel canvas.{name}").first) > 200, name
    assert painted(page.locator(".chart canvas").first) > 200
    assert page.locator(".library.is-drawn").count() == 0


def test_nothing_moves_while_loading_and_when_the_library_takes_over(visit: Visit) -> None:
    page = visit("/", STILL, wait=False, library=True)
    page.evaluate(
        """() => { window.shifts = []; new PerformanceObserver(list => {
          const name = node => node?.className ?? node?.nodeName;
          for (const e of list.getEntries()) window.shifts.push([e.value, e.sources.map(s => name(s.node))]);
        }).observe({type: 'layout-shift', buffered: true}); }"""
    )
    plotly_ready(page)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < 0.05, shifts


def test_the_phone_does_not_shift_either(visit: Visit) -> None:
    page = visit("/", PHONE)
    total = page.evaluate(
        """() => new Promise(done => {
          const sum = list => done(list.getEntries().reduce((total, entry) => total + entry.value, 0));
          new PerformanceObserver(sum).observe({type: 'layout-shift', buffered: true});
          setTimeout(() => done(0), 800);
        })"""
    )
    assert total < 0.05


def test_the_map_looks_the_same_before_and_after_the_library(visit: Visit) -> None:
    page = visit(library=True)
    corner = {"x": 5, "y": 5, "width": 60, "height": 60}
    view = page.locator(".panel .map").nth(1).bounding_box()
    assert view is not None
    clip = {**corner, "x": view["x"] + 120, "y": view["y"] + view["height"] - 120}
    before = page.screenshot(clip=clip)
    plotly_ready(page)
    page.wait_for_timeout(200)
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


def test_every_module_of_the_first_view_is_named_in_the_page(visit: Visit) -> None:
    page = visit("/", LIVELY)
    html = (FRONTEND / "index.html").read_text()
    named = set(re.findall(r'(?:modulepreload" href|type="module" src)="(js/[^"]+)"', html))
    loaded = page.evaluate("() => performance.getEntriesByType('resource').map(e => new URL(e.name).pathname.slice(1))")
    early = {name for name in loaded if name.startswith("js/")}
    assert named <= early
    late = {"js/figures.js", "js/plots/plotly.js", "js/plots/traces.js", "js/plots/layouts.js"}  # after the picture
    assert early - named <= late, "modules that the browser finds out about one after the other"


def test_it_works_below_a_prefix(visit: Visit) -> None:
    """All addresses on the page are relative."""
    html = (FRONTEND / "index.html").read_text()
    assert not re.search(r'(?:href|src)="/', html)
    for script in (FRONTEND / "js").rglob("*.js"):
        assert not re.search(r"""fetch\(["'`]/|["'`]/api/""", script.read_text()), script
