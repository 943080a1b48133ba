"""What the Map tab goes over: axes, ranges, links, undo; and that it stops, waits and recovers as it should."""

from __future__ import annotations

from typing import Any

import pytest
from acting import STILL, Visit, control, eventually, frames, fresh, settled, type_value, until, written
from mapping import LONG, SMALL, SWEEP, document, mapped
from own_server import OwnServer, forgiven
from playwright.sync_api import Page, Request, expect


@pytest.fixture
def small(visit: Visit) -> Page:
    """A map that is complete."""
    page = visit(SMALL, wait=False)
    mapped(page)
    return page


def test_compare_and_map_show_the_same_experiment(page: Page) -> None:
    control(page, "learning_rate").press("ArrowRight")
    settled(page)
    type_value(page, "learning_rate", "0.037")
    settled(page)
    tab = page.get_by_role("link", name="Map")
    tab.focus()
    page.keyboard.press("Enter")
    mapped(page)
    expect(tab).to_have_attribute("aria-current", "page")
    assert document(page)["experiment"]["optimizer"]["params"]["learning_rate"] == 0.037
    type_value(page, "threshold", "3")
    page.get_by_role("link", name="Compare").click()
    settled(page)
    shown = document(page)
    assert shown["experiment"]["variants"][1]["clip"]["params"]["max_norm"] == 3
    assert "map" not in shown["view"]
    control(page, "threshold").press("ArrowRight")
    page.get_by_role("link", name="Recurrent").click()
    page.wait_for_selector(".lab-column")


def test_a_number_that_the_map_goes_over_moves_the_cross_and_another_makes_another_map(small: Page) -> None:
    requests: list[Request] = []
    small.on("request", lambda request: "sweep" in request.url and requests.append(request))
    cross = """async panel => {
      const { store } = await import('./js/main.js');
      const { boxOf, shareAlong } = await import('./js/plots/cellAxes.js');
      const { sweep } = store.get().session;
      const { experiment } = store.get().document;
      const plot = document.querySelectorAll('.atlas-plot')[panel];
      const box = boxOf({ width: plot.clientWidth, height: plot.clientHeight, rem: 16 });
      const threshold = experiment.variants[1].clip.params.max_norm;
      const rate = experiment.optimizer.params.learning_rate;
      const x = box.left + shareAlong(sweep.x, threshold) * box.width;
      const y = box.top + (1 - shareAlong(sweep.y, rate)) * box.height;
      const read = readable(plot.querySelectorAll('canvas')[1]);
      const dark = (dx, dy) => {
        const [r, g, b, a] = read.getImageData(Math.round(x + dx), Math.round(y + dy), 1, 1).data;
        return a > 200 && r + g + b < 300;
      };
      const arms = [[6, 0], [-6, 0], [0, 6], [0, -6]];
      return arms.map(([dx, dy]) => [-0.5, 0.5].some(shift => dark(dx + shift, dy + shift)));
    }"""
    small.mouse.move(5, 5)
    for rate, threshold in (("0.1", "1"), ("0.004", "20")):
        type_value(small, "learning_rate", rate)
        type_value(small, "threshold", threshold)
        frames(small)
        for panel in range(3):
            assert small.evaluate(cross, panel) == [True] * 4, (rate, panel)
    assert requests == []
    held: list[Any] = []
    small.route("**/sweep?arrays=base64", lambda route: held.append(route))
    type_value(small, "steps", "90")
    expect(small.locator("#map.is-old")).to_have_count(1)
    assert small.locator(".atlas-plot").count() == 3, "the old one fades while the new one is long in coming"
    held[0].continue_()
    small.unroute("**/sweep?arrays=base64")
    mapped(small)
    expect(small.locator("#map.is-old")).to_have_count(0)
    assert small.evaluate(f"async () => ({SWEEP}).experiment.n_steps") == 90
    assert len(requests) == 1


def test_a_link_restores_axes_ranges_and_measure(visit: Visit) -> None:
    page = visit(
        "/?tab=map&preset=leash-or-cap&x=problem.params.steepness,20,100&y=variants.*.learning_rate,0.01,1"
        "&resolution=10&measure=final_loss&n_steps=50",
        wait=False,
    )
    mapped(page)
    assert page.locator(".banner:visible").count() == 0
    view = document(page)["view"]
    assert view["map"] == {
        "x": {"path": "problem.params.steepness", "low": 20, "high": 100},
        "y": {"path": "variants.*.learning_rate", "low": 0.01, "high": 1},
        "resolution": 10,
        "measure": "final_loss",
    }
    expect(page.locator(".atlas-axis select").first).to_have_value("problem.params.steepness")
    page.get_by_role("button", name="Share").click()
    readable = fresh(page, "Readable link")
    assert "tab=map" in readable
    page.keyboard.press("Escape")
    written(page)
    for address in (page.url, readable):
        other = visit(address, wait=False)
        mapped(other)
        assert document(other) == document(page)


def test_axes_are_chosen_typed_and_undone(small: Page) -> None:
    usual = document(small)["view"]["map"]
    small.locator(".atlas-axis select").first.select_option(label="Steepness k")
    mapped(small)
    assert document(small)["view"]["map"]["x"]["path"] == "problem.params.steepness"
    field = small.locator(".atlas-axis .typed").nth(2)
    field.fill("5")
    field.press("Enter")
    expect(small.locator(".atlas-axis .field-error").nth(1)).to_have_text("The first number must be below the second.")
    field.fill("0.02")
    field.press("Enter")
    mapped(small)
    assert document(small)["view"]["map"]["y"]["low"] == 0.02
    small.locator("[data-control=resolution] .segment", has_text="32").click()
    mapped(small)
    assert small.evaluate(f"async () => ({SWEEP}).columns") == 32
    written(small)
    for _ in range(3):
        small.get_by_role("button", name="Undo (Ctrl+Z)").click()
    mapped(small)
    assert document(small)["view"]["map"] == usual
    written(small)
    small.go_back()
    eventually(small, lambda: document(small)["view"]["map"] != usual, True)


def test_nothing_shifts_while_a_map_fills(visit: Visit) -> None:
    page = visit(SMALL.replace("resolution=12", "resolution=48"), wait=False)
    page.wait_for_selector(".atlas-panel")
    page.evaluate(
        """() => { window.shifts = []; new PerformanceObserver(list => {
          for (const e of list.getEntries()) window.shifts.push([e.value, e.sources.map(s => s.node?.className ?? '')]);
        }).observe({type: 'layout-shift', buffered: false}); }"""
    )
    mapped(page)
    page.locator("#map .segment", has_text="Final loss").click()
    frames(page)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < 0.05, shifts


ROOM = """() => {
  document.querySelector('.progress-words').textContent = '1,048,576 of 1,048,576 · 46 min left';
  const [cancel, panels] = ['.atlas-cancel', '.atlas-panels'].map(name => document.querySelector(name));
  return cancel.getBoundingClientRect().right - panels.getBoundingClientRect().right;
}"""


def test_cancel_stops_the_work_and_keeps_what_came(visit: Visit, complaints: list[str]) -> None:
    page = visit(LONG, wait=False)
    given_up: list[Request] = []
    page.on("requestfailed", lambda request: request.url.endswith("sweep?arrays=base64") and given_up.append(request))
    until(page, f"async () => ({SWEEP}?.known ?? 0) > 0")
    expect(page.locator(".progress-words")).to_contain_text("left")
    assert page.evaluate(ROOM) <= 0, "the button is within the page however much is said beside it"
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector("#map[data-status=cancelled]")
    eventually(page, lambda: len(given_up), 1)
    known = page.evaluate(f"async () => {{ window.stopped = {SWEEP}; return window.stopped.known; }}")
    assert 0 < known < 256 * 256
    page.locator("[data-control=resolution] .segment", has_text="32").click()
    type_value(page, "steps", "50")
    mapped(page)
    assert page.evaluate(f"async () => ({SWEEP}).columns") == 32
    assert page.evaluate("window.stopped.known") == known, "nothing came after"
    assert complaints == []


def test_a_server_that_goes_away_leaves_the_map_and_it_is_finished_later(
    own: OwnServer, visit: Visit, complaints: list[str]
) -> None:
    page = visit(own.url + "/?tab=map&resolution=48&n_steps=2000", STILL, wait=False)
    until(page, f"async () => ({SWEEP}?.known ?? 0) > 0")
    own.stop()
    banner = page.locator(".banner.warning")
    expect(banner).to_contain_text("trying again")
    expect(banner).to_contain_text("The last picture stays.")
    assert page.locator(".atlas-plot").first.is_visible()
    own.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(banner).to_be_hidden()
    mapped(page, seconds=60)
    assert page.evaluate(f"async () => ({SWEEP}).known") == 48 * 48
    forgiven(complaints)
