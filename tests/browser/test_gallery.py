"""The gallery: pictures of what happens, one click to see it run."""

from __future__ import annotations

import re
from typing import Any

import httpx
from acting import Visit, experiment, painted, settled, state, type_value
from playwright.sync_api import Page, expect


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
    assert page.locator(".toolbar-title").inner_text() == "One-unit recurrent net"
    idea = page.locator("#caption")
    expect(idea).to_contain_text("Pascanu's wall")
    expect(page).to_have_title(re.compile("^Pascanu's wall: "))
    type_value(page, "learning_rate", "0.2")
    expect(idea).to_be_hidden()
    page.get_by_role("button", name="Undo (Ctrl+Z)").click()
    expect(idea).to_be_visible()
    page.get_by_role("button", name="Undo (Ctrl+Z)").click()
    settled(page)
    assert experiment(page) == before
    expect(idea).to_be_hidden()


def test_every_preset_is_drawn_without_a_complaint(page: Page, site: Any) -> None:
    presets = httpx.get(f"{site.url}/api/v1/presets").json()["presets"]
    for preset in (preset for preset in presets if preset["scenario"]["view"]["tab"] == "compare"):
        open_gallery(page)
        page.locator(f"[data-preset={preset['name']}]").click()
        settled(page)
        names = [variant["name"] for variant in preset["scenario"]["experiment"]["variants"]]
        assert page.locator(".panel-name").all_inner_texts() == names
        assert painted(page.locator(".panel canvas.now").first) > 100


def test_a_chosen_preset_plays_from_its_start(visit: Visit) -> None:
    page = visit("/?step=200", {"reduced_motion": "no-preference", "viewport": {"width": 1440, "height": 900}})
    open_gallery(page)
    page.locator("[data-preset=canyon-bends]").click()
    settled(page)
    page.wait_for_timeout(200)
    now = state(page)
    assert now["playing"]
    assert now["step"] < 150
