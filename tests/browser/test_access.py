"""For everybody: screen readers, keyboards, small and large screens, those whom motion makes ill."""

from __future__ import annotations

import pytest
from acting import LIVELY, PHONE, STILL, Visit, settled, state
from axe_playwright_python.sync_playwright import Axe
from own_server import forgiven
from playwright.sync_api import Page, expect

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page, within: str | None = None) -> list[str]:
    """Everything that axe finds wrong, in words: on the page, or in a part of it, which is sooner done."""
    found = Axe().run(page, within, {"runOnly": RULES, "resultTypes": ["violations"]})
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(visit: Visit, theme: str) -> None:
    page = visit("/", {**STILL, "color_scheme": theme})
    page.keyboard.press("s")
    page.evaluate("() => { for (const fold of document.querySelectorAll('#controls details')) fold.open = true; }")
    page.wait_for_selector(".update")
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_dialogs(visit: Visit, theme: str) -> None:
    page = visit("/", {**STILL, "color_scheme": theme})
    openers = {
        "gallery": lambda: page.get_by_role("button", name="Presets").click(),
        "share": lambda: page.get_by_role("button", name="Share").click(),
        "export": lambda: page.locator("[data-control=export]").click(),
        "help": lambda: page.keyboard.press("?"),
        "table": lambda: page.get_by_role("button", name="Table of Norm").click(),
    }
    for name, opener in openers.items():
        opener()
        page.wait_for_selector("dialog[open]")
        page.wait_for_timeout(300)
        page.evaluate("() => { for (const fold of document.querySelectorAll('[open] details')) fold.open = true; }")
        if name == "share":
            page.get_by_label("Question", exact=True).select_option("own")
        assert violations(page, "dialog[open]") == [], name
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog[open]", state="detached")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_a_class_is_shown(visit: Visit, theme: str, complaints: list[str]) -> None:
    """A frame with a question and hidden parts, before and after it is answered, and the page of a missing link."""
    small = {**STILL, "viewport": {"width": 480, "height": 540}, "color_scheme": theme}
    page = visit("/embed?n_steps=20&ask=outcome&hide=curve_angle&controls=all", small, wait=False)
    page.locator(".question-hint", has_text="Choose what you expect").wait_for(timeout=20_000)
    page.locator(".veil").wait_for()
    assert violations(page) == []
    page.get_by_text("It gets stuck").click()
    page.get_by_role("button", name="Play and see").click()
    page.locator(".question-verdict", has_text="You chose").wait_for()
    assert violations(page) == []
    missing = visit("/s/222222222222", small, wait=False)
    missing.get_by_role("heading", name="There is no such link").wait_for()
    assert violations(missing) == []
    forgiven(complaints)


def test_axe_finds_nothing_on_a_phone_with_settings_and_a_message(visit: Visit) -> None:
    page = visit("/?nonsense=1", PHONE)
    page.get_by_role("button", name="Settings").click()
    page.wait_for_timeout(400)
    assert violations(page) == []


def test_reduced_motion_shows_the_whole_path_at_once(visit: Visit) -> None:
    page = visit("/", STILL)
    page.wait_for_timeout(300)
    now = state(page)
    assert not now["playing"]
    assert now["step"] == 300


def test_nobody_is_read_to_while_it_plays_and_the_end_is_told(visit: Visit) -> None:
    page = visit("/?n_steps=20", LIVELY)
    announcer = page.locator("#announcer")
    assert announcer.inner_text() == ""
    page.wait_for_timeout(300)
    assert announcer.inner_text() == ""
    expect(announcer).to_contain_text("Paused at step 20 of 20", timeout=15_000)
    expect(announcer).to_contain_text("Norm: ")


def test_every_picture_has_words(page: Page) -> None:
    for picture in page.locator("[role=img]").all():
        assert len(picture.get_attribute("aria-label") or "") > 10
    assert "clipped at 11 %" in (page.locator("[data-chart=norm] [role=img]").get_attribute("aria-label") or "")


def test_every_chart_has_its_numbers_as_a_table(page: Page) -> None:
    page.get_by_role("button", name="Table of Value").click()
    table = page.locator("dialog[open] table")
    table.wait_for()
    assert table.locator("thead th").all_inner_texts()[:4] == ["step", "x", "y", "loss"]
    assert table.locator("tbody tr").count() == 301
    first = table.locator("tbody tr").first.locator("th, td").all_inner_texts()
    assert first[:3] == ["0", "−1.29", "1.95"]
    assert first[-1] == "yes"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Table: Gradient norm").click()
    expect(page.locator("dialog[open] thead th")).to_have_count(7)


def test_the_page_can_be_used_with_the_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    focused = "() => document.activeElement.textContent || document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "Skip to the comparison"
    reached = set()
    for _ in range(45):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("() => document.activeElement.id || document.activeElement.className"))
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        ring = page.evaluate(
            """() => {
              const next = document.activeElement.nextElementSibling;
              return next && getComputedStyle(next).outlineStyle;
            }"""
        )
        assert "solid" in (outline, ring), page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")
    assert len(reached) > 15


def test_help_opens_and_gives_the_focus_back(page: Page) -> None:
    button = page.get_by_role("button", name="Help and keyboard (?)")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.title") == "Help and keyboard (?)"


@pytest.mark.parametrize("width", [390, 768, 1024, 1920])
def test_nothing_is_wider_than_the_screen(visit: Visit, width: int) -> None:
    page = visit("/", {**STILL, "viewport": {"width": width, "height": 844 if width < 900 else 1080}})
    assert page.evaluate("() => document.documentElement.scrollWidth") == width
    stage = "document.querySelector('.stage')"
    assert page.evaluate(f"() => {stage}.scrollWidth - {stage}.clientWidth") <= 1
    overlapping = page.evaluate(
        """() => [...document.querySelectorAll('.panel, .chart')].filter((one, index, all) =>
          all.some((other, place) => {
          if (place <= index) return false;
          const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
          return a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
        })).length"""
    )
    assert overlapping == 0


def test_on_a_phone_the_player_stays_and_settings_are_a_sheet(visit: Visit) -> None:
    page = visit("/", PHONE)
    player = page.locator("#player").bounding_box()
    assert player is not None
    assert player["y"] + player["height"] == 844
    expect(page.locator("#controls")).not_to_be_visible()
    page.get_by_role("button", name="Settings").tap()
    expect(page.locator("#controls")).to_be_visible()
    page.locator("[data-control=learning_rate] input.typed").fill("0.2")
    page.keyboard.press("Enter")
    settled(page)
    page.wait_for_timeout(300)
    panel = page.locator(".panel").first.bounding_box()
    sheet = page.locator("#controls").bounding_box()
    assert panel is not None
    assert sheet is not None
    assert sheet["y"] > panel["y"] + 150, "the picture is still to be seen above the sheet"
    page.get_by_role("button", name="Settings").tap()
    expect(page.locator("#controls")).not_to_be_visible()


def test_a_tap_on_the_map_moves_the_start(visit: Visit) -> None:
    page = visit("/", PHONE)
    before = state(page)["document"]["experiment"]["start"]
    page.locator(".panel .map").first.tap(position={"x": 120, "y": 200})
    settled(page)
    assert state(page)["document"]["experiment"]["start"] != before


def test_large_screens_get_larger_type(visit: Visit) -> None:
    page = visit("/", {**STILL, "viewport": {"width": 1920, "height": 1080}})
    assert page.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 18
