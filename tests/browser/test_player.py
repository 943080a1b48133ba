"""One clock for everything: play, step, scrub, slow motion, and what it costs."""

from __future__ import annotations

from typing import Any

from acting import COUNT_CALLS, LIVELY, Visit, path_pixels, plotly_ready, state, until
from playwright.sync_api import Page


def step(page: Page) -> int:
    return int(page.locator(".player-now").inner_text())


def shows_step(page: Page, wanted: int) -> None:
    """The player shows a step as of the next frame."""
    until(page, "step => document.querySelector('.player-now').textContent === String(step)", wanted, seconds=3)


def test_keys_step_forward_and_back_and_jump(page: Page) -> None:
    page.keyboard.press("Home")
    shows_step(page, 0)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    shows_step(page, 2)
    page.keyboard.press("Shift+ArrowRight")
    shows_step(page, 12)
    page.keyboard.press("End")
    shows_step(page, 300)


def test_buttons_do_the_same(page: Page) -> None:
    page.get_by_role("button", name="First step").click()
    page.get_by_role("button", name="One step forward").click()
    page.get_by_role("button", name="One step forward").click()
    page.get_by_role("button", name="One step back").click()
    shows_step(page, 1)
    page.get_by_role("button", name="Last step").click()
    shows_step(page, 300)


def test_space_plays_and_pauses_and_the_step_is_remembered_in_the_link(visit: Visit) -> None:
    page = visit("/", LIVELY)
    until(page, "() => Number(document.querySelector('.player-now').textContent) >= 3")
    page.keyboard.press(" ")
    here = step(page)
    page.wait_for_timeout(600)
    assert step(page) == here
    assert state(page)["document"]["view"]["step"] == here
    page.keyboard.press(" ")
    until(page, "here => Number(document.querySelector('.player-now').textContent) > here", here)


def test_space_on_a_button_presses_the_button(page: Page) -> None:
    page.keyboard.press("Home")
    page.get_by_role("button", name="One step forward").focus()
    page.keyboard.press(" ")
    shows_step(page, 1)
    assert not state(page)["playing"]


def test_scrubbing_moves_every_panel_and_curve(page: Page) -> None:
    page.get_by_role("slider", name="Step", exact=True).fill("7")
    page.wait_for_timeout(100)
    drawn = page.evaluate("async () => (await import('./js/main.js')).page.panels().map(p => p.stage.report().drawn)")
    assert drawn == [7, 7, 7]


def test_clicking_a_curve_goes_to_that_step(page: Page) -> None:
    plot = page.locator("[data-chart=norm] .chart-plot")
    bounds = plot.bounding_box()
    assert bounds is not None
    plot.click(position={"x": bounds["width"] / 2, "y": 50})
    page.wait_for_timeout(100)
    assert 100 < step(page) < 180


def test_speed_changes_how_fast_it_runs(visit: Visit) -> None:
    page = visit("/?speed=4", LIVELY)
    until(page, "() => Number(document.querySelector('.player-now').textContent) >= 100", seconds=8)
    assert page.locator(".player-speed").input_value() == "4"


def test_no_call_of_the_figure_library_while_playing(visit: Visit) -> None:
    page = visit(library=True)
    plotly_ready(page)
    page.evaluate(COUNT_CALLS)
    page.keyboard.press("Home")
    page.wait_for_timeout(600)
    page.evaluate("() => { window.calls.length = 0; }")
    page.keyboard.press(" ")
    until(page, "() => Number(document.querySelector('.player-now').textContent) >= 20")
    assert page.evaluate("window.calls") == []


def test_a_frame_takes_little_of_the_main_thread(visit: Visit) -> None:
    """60 frames per second leave 16.7 ms for everything; drawing three panels and three curves may take 4 of them."""
    page = visit("/", LIVELY)
    until(page, "() => Number(document.querySelector('.player-now').textContent) >= 2")
    costs: Any = page.evaluate(
        """async () => {
          const { page, playback: { clock } } = await import('./js/main.js');
          const costs = [];
          for (let count = 0; count < 60; count += 1) {
            await new Promise(requestAnimationFrame);
            const before = performance.now();
            page.tick(clock);
            costs.push(performance.now() - before);
          }
          return costs.sort((a, b) => a - b);
        }"""
    )
    assert costs[30] < 4, "milliseconds, median"


def test_the_path_does_not_move_when_the_window_is_resized(page: Page) -> None:
    before = path_pixels(page, 1)[:2]
    page.set_viewport_size({"width": 1200, "height": 800})
    page.wait_for_timeout(400)
    after = path_pixels(page, 1)[:2]
    assert before != after
    width = page.locator(".panel .map").nth(1).bounding_box()
    assert width is not None
    assert 0 < after[0] < width["width"]
