"""The gallery: pictures of what happens, one click to see it run."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from acting import LIVELY, MAIN, STILL, Visit, experiment, painted, settled, state, still, type_value, written
from playwright.sync_api import Page, expect

SCALES = f"""async () => {{
  const {{ page, store }} = {MAIN};
  const [[x0, x1], [y0, y1]] = store.get().session.surface.window;
  const {{ width, height }} = page.panels()[0].stage.report().box;
  return [width / (x1 - x0), height / (y1 - y0)];
}}"""
"""Pixels per unit, across and up."""

COVERED = f"""async () => {{
  const {{ page }} = {MAIN};
  const {{ lensPlace }} = await import('./js/plots/frame.js');
  const {{ inBox }} = await import('./js/plots/ink.js');
  return page.panels().map(({{ stage, map, scene }}) => {{
    const {{ pixels, box }} = stage.report();
    const size = {{ width: map.clientWidth, height: map.clientHeight, rem: 16 }};
    const lens = lensPlace(size, box, scene.corner);
    const frame = {{ left: lens.left, top: lens.top, width: lens.side, height: lens.side + lens.words }};
    return inBox(pixels[pixels.length - 2], pixels[pixels.length - 1], frame);
  }});
}}"""
"""Whether the lens lies over the end of the path, panel by panel."""

CUT = """() => [...document.querySelectorAll('.panel-name, .panel-rule, .player-step')]
  .filter(words => words.scrollWidth > words.clientWidth).map(words => words.textContent)"""
"""Names, rules and steps that are not read in full."""

LONG_NAMES = ("before-or-after-momentum", "thresholds-that-adapt", "private-gradients")


def has_one_scale(page: Page) -> None:
    """Directions are what is shown. The box is a whole number of pixels: half a pixel of at least a hundred."""
    across, up = page.evaluate(SCALES)
    assert across == pytest.approx(up, rel=0.01)


def open_gallery(page: Page) -> None:
    page.get_by_role("button", name="Presets").click()
    page.wait_for_selector(".preset")


def test_every_preset_has_a_painted_thumbnail_and_its_idea(page: Page, site: Any) -> None:
    presets = httpx.get(f"{site.url}/api/v1/presets").json()["presets"]
    open_gallery(page)
    cards = page.locator(".preset")
    assert cards.count() == len(presets) >= 10
    for index, preset in enumerate(presets):
        card = cards.nth(index)
        assert card.locator("b").inner_text() == preset["title"]
        assert preset["idea"] in card.inner_text()
        assert painted(card.locator("canvas")) > 1000


def test_choosing_one_shows_it_with_its_idea_as_long_as_nothing_is_changed(page: Page) -> None:
    before = experiment(page)
    open_gallery(page)
    page.locator("[data-preset=pascanu-wall]").click()
    settled(page)
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert experiment(page)["problem"]["kind"] == "recurrent_unit"
    expect(page.locator(".toolbar-title")).to_have_text("One-unit recurrent net")
    idea = page.locator("#caption")
    expect(idea).to_contain_text("Pascanu's wall")
    expect(page).to_have_title(re.compile("^Pascanu's wall: "))
    written(page)
    page.reload()
    expect(idea).to_contain_text("Pascanu's wall")
    settled(page)
    type_value(page, "learning_rate", "0.2")
    expect(idea).to_contain_text("changed; said of the original")
    written(page)
    type_value(page, "learning_rate", "0.1")
    expect(idea).not_to_contain_text("changed")
    written(page)
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_label("Title")).to_have_value("Pascanu's wall")
    page.keyboard.press("Escape")
    page.go_back()
    expect(idea).to_contain_text("changed; said of the original")
    page.go_back()
    expect(idea).not_to_contain_text("changed")
    page.go_back()
    settled(page)
    assert experiment(page) == before
    expect(idea).to_be_hidden()


def test_every_preset_is_drawn_with_names_in_full_and_ends_beside_the_lens_and_without_a_complaint(
    page: Page, site: Any
) -> None:
    presets = httpx.get(f"{site.url}/api/v1/presets").json()["presets"]
    for preset in (preset for preset in presets if preset["scenario"]["view"]["tab"] == "compare"):
        open_gallery(page)
        page.locator(f"[data-preset={preset['name']}]").click()
        settled(page)
        names = [variant["name"] for variant in preset["scenario"]["experiment"]["variants"]]
        expect(page.locator(".panel-name")).to_have_text(names)
        assert painted(page.locator(".panel canvas.now").first) > 100
        has_one_scale(page)
        assert page.evaluate(CUT) == []
        if preset["name"] in LONG_NAMES:
            page.set_viewport_size({"width": 700, "height": 800})
            page.get_by_role("button", name="Last step (End)").click()
            settled(page)
            assert page.evaluate(CUT) == []
            page.set_viewport_size(STILL["viewport"])
            still(page)
        assert page.evaluate(COVERED) == [False] * len(names), preset["name"]


def test_a_chosen_preset_plays_from_its_start(visit: Visit) -> None:
    page = visit("/?step=200", LIVELY)
    open_gallery(page)
    page.locator("[data-preset=canyon-bends]").click()
    settled(page)
    now = state(page)
    assert now["playing"]
    assert now["step"] < 150
