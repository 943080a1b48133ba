"""Taking a comparison away, and bringing one."""

from __future__ import annotations

from pathlib import Path

from acting import experiment, settled
from playwright.sync_api import Page, expect

import clipscape

OPEN_FILE = "Scenario file (JSON)"


def opened(page: Page) -> None:
    page.get_by_role("button", name="Export numbers and code").click()
    expect(page.locator(".export-code")).to_contain_text("import numpy as np", timeout=20_000)


def bring(page: Page, link: str) -> None:
    page.get_by_label("A link of any form").fill(link)
    page.get_by_role("button", name="Open", exact=True).click()


def test_what_is_on_screen_can_be_taken_away(page: Page, tmp_path: Path) -> None:
    opened(page)
    scenario = clipscape.Scenario.read("?")
    assert page.locator(".export-code").inner_text().strip() == scenario.code("numpy").strip()
    page.get_by_label("Lines to paste").check()
    expect(page.locator(".export-code")).to_contain_text("optax.chain(")
    with page.expect_download() as download:
        page.get_by_role("button", name="Table (CSV)").click()
    assert download.value.suggested_filename == "clipscape-cliff.csv"
    assert Path(download.value.path()).read_bytes().decode() == clipscape.run(scenario).to_csv()


def test_a_file_and_every_form_of_link_can_be_brought(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    clipscape.run("ravine-turn", n_steps=20).save(file)
    opened(page)
    page.get_by_label(OPEN_FILE).set_input_files(file)
    expect(page.locator("dialog[open]")).to_have_count(0)
    settled(page)
    assert experiment(page)["problem"]["kind"] == "ravine"
    for link, kind in (("?preset=canyon-bends", "canyon"), (clipscape.Scenario.read("?problem=beale").link(), "beale")):
        opened(page)
        bring(page, link)
        expect(page.locator("dialog[open]")).to_have_count(0)
        settled(page)
        assert experiment(page)["problem"]["kind"] == kind


def test_what_cannot_be_brought_is_told(page: Page, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"version": 1,')
    opened(page)
    page.get_by_label(OPEN_FILE).set_input_files(broken)
    expect(page.locator(".export-state")).to_have_text("This file is not JSON, or was cut off.")
    for link, words in (
        ("nonsense", "neither a scenario file nor a link"),
        ("#1.AAAA", "damaged"),
        ("https://elsewhere.example/s/7hq2mzkd94tw", "kept by another server"),
    ):
        bring(page, link)
        expect(page.locator(".export-state")).to_contain_text(words)
    assert experiment(page)["problem"]["kind"] == "cliff"
