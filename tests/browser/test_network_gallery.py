"""Presets of networks in the gallery: a picture of the losses, and one click to watch them train."""

from __future__ import annotations

from typing import Any

import httpx
from acting import Visit, eventually, experiment, painted, settled
from playwright.sync_api import Page, expect
from training import trained


def presets(url: str) -> dict[str, Any]:
    every = httpx.get(f"{url}/api/v1/presets").json()["presets"]
    return {preset["name"]: preset for preset in every if preset["scenario"]["view"]["tab"] == "recurrent"}


def choose(page: Page, name: str) -> None:
    page.get_by_role("button", name="Presets").click()
    page.locator(f"[data-preset={name}]").click()


def test_presets_of_networks_show_losses_train_in_their_tab_and_can_be_undone(page: Page, site: Any) -> None:
    settled(page)
    before = experiment(page)
    networks = presets(site.url)
    assert len(networks) >= 6
    page.get_by_role("button", name="Presets").click()
    for name in networks:
        canvas = page.locator(f"[data-preset={name}] canvas")
        eventually(page, lambda: painted(canvas) > 1000, True)  # noqa: B023
    page.keyboard.press("Escape")
    for name in ("clipping-cannot-cure-vanishing", "clipping-lets-it-learn"):
        choose(page, name)
        variants = networks[name]["scenario"]["experiment"]["variants"]
        expect(page.locator(".lab-column .panel-name")).to_have_text([variant["name"] for variant in variants])
        trained(page)
        told = page.locator(".lab-column .sentence").all_inner_texts()
        assert len(told) == len(variants)
        assert any("Solved" in sentence for sentence in told) == (name == "clipping-lets-it-learn")
    page.get_by_role("button", name="Presets").click()
    expect(page.locator(".gallery-title").first).to_have_text("Training a recurrent network")
    page.keyboard.press("Escape")
    for _ in range(2):
        page.get_by_role("button", name="Undo (Ctrl+Z)").click()
    settled(page)
    assert experiment(page) == before
    assert page.locator("#recurrent").is_hidden()


def test_a_link_names_a_preset_of_a_network(visit: Visit) -> None:
    page = visit("/?preset=clipping-cannot-cure-vanishing&n_steps=20", wait=False)
    trained(page)
    assert page.locator(".lab-column .sentence").count() == 3
