"""One clock for everything: play, step, scrub, slow motion, and what it costs."""

from __future__ import annotations

import pytest
from acting import LIVELY, Visit, eventually, path_pixels, state, still, until
from playwright.sync_api import Page


@pytest.fixture
def page(standing: Page) -> Page:
    """The default comparison at its end, with the focus nowhere."""
    standing.evaluate("() => document.activeElement.blur()")
    standing.keyboard.press("End")
    shows_step(standing, 300)
    return standing


def step(page: Page) -> int:
    """The step that the player shows, once all is drawn."""
    still(page)
    return int(page.locator(".player-now").inner_text())


def shows_step(page: Page, wanted: int) -> None:
    """The player shows a step as of the next frame."""
    until(page, "step => document.querySelector('.player-now').textContent === String(step)", wanted)


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
    page = visit("/?speed=4", LIVELY)
    assert page.locator(".player-speed").input_value() == "4"
    until(page, "() => Number(document.querySelector('.player-now').textContent) >= 3")
    page.keyboard.press(" ")
    here = step(page)
    eventually(page, lambda: state(page)["document"]["view"]["step"], here)
    assert step(page) == here
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
    still(page)
    drawn = page.evaluate("async () => (await import('./js/main.js')).page.panels().map(p => p.stage.report().drawn)")
    assert drawn == [7, 7, 7]


def test_clicking_a_curve_goes_to_that_step(page: Page) -> None:
    plot = page.locator("[data-chart=norm] .chart-plot")
    bounds = plot.bounding_box()
    assert bounds is not None
    plot.click(position={"x": bounds["width"] / 2, "y": 50})
    assert 100 < step(page) < 180


STROKES = """async moves => {
  const { page, playback: { clock } } = await import('./js/main.js');
  const { prototype } = CanvasRenderingContext2D;
  let strokes = 0;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const { value } = Object.getOwnPropertyDescriptor(prototype, name);
    if (typeof value !== 'function') continue;
    prototype[name] = function (...given) { strokes += 1; return value.apply(this, given); };
  }
  return moves.map(([from, to]) => {
    clock.seek(from);
    page.tick(clock);
    strokes = 0;
    clock.seek(to);
    page.tick(clock);
    return strokes;
  });
}"""


def test_a_frame_draws_what_is_new_and_not_the_whole_path_again(page: Page) -> None:
    """However long a run is: three panels and three curves, with everything that a canvas is told to do."""
    early, late, whole = page.evaluate(STROKES, [[5, 6], [290, 291], [0, 291]])
    assert early < 800
    assert late <= early
    assert late < 0.7 * whole


def test_the_path_does_not_move_when_the_window_is_resized(page: Page) -> None:
    before = path_pixels(page, 1)[:2]
    page.set_viewport_size({"width": 1200, "height": 800})
    eventually(page, lambda: path_pixels(page, 1)[:2] != before, True)
    after = path_pixels(page, 1)[:2]
    width = page.locator(".panel .map").nth(1).bounding_box()
    assert width is not None
    assert 0 < after[0] < width["width"]
