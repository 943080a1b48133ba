"""Presets of networks in the gallery: a picture of the losses, and one click to watch them train."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from acting import Visit, painted
from playwright.sync_api import Page
from training import trained


def presets(url: str) -> list[dict[str, Any]]:
    every = httpx.get(f"{url}/api/v1/presets").json()["presets"]
    return [preset for preset in every if preset["scenario"]["view"]["tab"] == "recurrent"]


def choose(page: Page, name: str) -> None:
    page.get_by_role("button", name="Presets").click()
    page.wait_for_selector(".preset")
    page.locator(f"[data-preset={name}]").click()


def test_the_pictures_show_losses(page: Page, site: Any) -> None:
    page.get_by_role("button", name="Presets").click()
    page.wait_for_selector(".preset")
    assert len(presets(site.url)) >= 6
    for preset in presets(site.url):
        assert painted(page.locator(f"[data-preset={preset['name']}] canvas")) > 1000


@pytest.mark.parametrize("name", ["clipping-lets-it-learn", "clipping-cannot-cure-vanishing"])
def test_choosing_one_opens_the_recurrent_tab_and_trains_it(page: Page, site: Any, name: str) -> None:
    choose(page, name)
    trained(page)
    (preset,) = [preset for preset in presets(site.url) if preset["name"] == name]
    told = page.locator(".lab-column .sentence").all_inner_texts()
    assert len(told) == len(preset["scenario"]["experiment"]["variants"])
    assert any("Solved" in sentence for sentence in told) == (name == "clipping-lets-it-learn")


def test_a_link_names_a_preset_of_a_network(visit: Visit) -> None:
    page = visit("/?preset=clipping-cannot-cure-vanishing", wait=False)
    trained(page)
    assert page.locator(".lab-column .sentence").count() == 3
