"""For everybody: screen readers, keyboards, small and large screens, those whom motion makes ill."""

from __future__ import annotations

import re

from acting import LIVELY, MAIN, PHONE, STILL, Visit, experiment, settled, state, still
from axe_playwright_python.sync_playwright import Axe
from own_server import forgiven
from playwright.sync_api import Page, expect

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
"""What a theme may change."""


def violations(page: Page, within: str | None = None, rules: list[str] = RULES) -> list[str]:
    """Everything that axe finds wrong, in words: on the page, or in a part of it, which is sooner done."""
    found = Axe().run(page, within, {"runOnly": rules, "resultTypes": ["violations"]})
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


def in_both_themes(page: Page, within: str | None = None) -> list[str]:
    """Everything that axe finds wrong in the light theme, and the colours that it finds wrong in the dark one."""
    light = violations(page, within)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = violations(page, within, COLOURS)
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    return light + dark


def test_axe_finds_nothing(page: Page) -> None:
    page.keyboard.press("s")
    page.evaluate("() => { for (const fold of document.querySelectorAll('#controls details')) fold.open = true; }")
    page.wait_for_selector(".update")
    settled(page)
    assert in_both_themes(page) == []


DIALOGS = {
    "gallery": (lambda page: page.get_by_role("button", name="Presets").click(), ".preset canvas"),
    "share": (
        lambda page: page.get_by_role("button", name="Share").click(),
        ".link-text:not([aria-busy=true]):visible",
    ),
    "export": (lambda page: page.locator("[data-control=export]").click(), ".export-code:visible"),
    "help": (lambda page: page.keyboard.press("?"), "p"),
    "table": (lambda page: page.get_by_role("button", name="Table of Norm").click(), "tbody tr"),
}
"""How each is opened, and what it holds once it holds everything."""


def test_axe_finds_nothing_in_dialogs(visit: Visit) -> None:
    page = visit("/?n_steps=20")
    for name, (opener, content) in DIALOGS.items():
        opener(page)
        page.locator(f"dialog[open] {content}").first.wait_for()
        page.evaluate("() => { for (const fold of document.querySelectorAll('[open] details')) fold.open = true; }")
        if name == "share":
            page.get_by_label("Question", exact=True).select_option("own")
        assert in_both_themes(page, "dialog[open]") == [], name
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog[open]", state="detached")


def test_axe_finds_nothing_in_what_a_class_is_shown(visit: Visit, complaints: list[str]) -> None:
    """A frame with a question and hidden parts, before and after it is answered, and the page of a missing link."""
    small = {**STILL, "viewport": {"width": 480, "height": 540}}
    page = visit("/embed?n_steps=20&ask=outcome&hide=curve_angle&controls=all", small, wait=False)
    page.locator(".question-hint", has_text="Choose what you expect").wait_for(timeout=20_000)
    page.locator(".veil").wait_for()
    assert in_both_themes(page) == []
    page.get_by_text("It gets stuck").click()
    page.get_by_role("button", name="Play and see").click()
    page.locator(".question-verdict", has_text="You chose").wait_for()
    assert in_both_themes(page) == []
    for theme in ("light", "dark"):
        missing = visit("/s/222222222222", {**small, "color_scheme": theme}, wait=False)
        missing.get_by_role("heading", name="There is no such link").wait_for()
        assert violations(missing) == []
    forgiven(complaints)


def test_nobody_is_read_to_while_it_plays_and_the_end_is_told(visit: Visit) -> None:
    page = visit("/?n_steps=20&paused", LIVELY)
    announcer = page.locator("#announcer")
    page.evaluate(
        f"""async () => {{
          const {{ playback: {{ clock }} }} = {MAIN};
          window.told = [];
          const announcer = document.getElementById('announcer');
          const note = () => window.told.push([clock.playing, announcer.textContent]);
          new MutationObserver(note).observe(announcer, {{ childList: true, characterData: true, subtree: true }});
        }}"""
    )
    page.get_by_role("button", name="Play (space)").click()
    expect(announcer).to_contain_text("Paused at step 20 of 20", timeout=30_000)
    expect(announcer).to_contain_text("Norm: ")
    told = page.evaluate("window.told")
    assert [playing for playing, _words in told] == [False] * len(told)
    assert len([words for _playing, words in told if "step 0 " not in words]) == 1, "once"


def test_pictures_have_words_and_charts_have_their_numbers_as_a_table(page: Page) -> None:
    now = state(page)
    assert (now["playing"], now["step"]) == (False, 300), "whom motion makes ill sees the whole path at once"
    for label in page.locator("[role=img]").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))"):
        assert len(label or "") > 10
    expect(page.locator("[data-chart=norm] [role=img]")).to_have_attribute("aria-label", re.compile("clipped at 11 %"))
    page.get_by_role("button", name="Table of Value").click()
    table = page.locator("dialog[open] table")
    table.wait_for()
    assert table.locator("thead th").all_inner_texts()[:4] == ["step", "x", "y", "loss"]
    assert table.locator("tbody tr").count() == 301
    first = table.locator("tbody tr").first.locator("th, td").all_inner_texts()
    assert first[:3] == ["0", "−1.29", "1.95"]
    assert first[-1] == "yes"
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_role("button", name="Table: Gradient norm").click()
    expect(page.locator("dialog[open] thead th")).to_have_count(7)


FOCUSED = """() => {
  const { activeElement: one } = document;
  const outline = element => element && getComputedStyle(element).outlineStyle;
  return { name: one.id || one.className, rings: [outline(one), outline(one.nextElementSibling)],
    html: one.outerHTML.slice(0, 200), words: one.textContent || one.getAttribute('aria-label') };
}"""


def test_the_page_can_be_used_with_the_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["words"] == "Skip to the comparison"
    reached = set()
    for _ in range(45):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        reached.add(focused["name"])
        assert "solid" in focused["rings"], focused["html"]
    assert len(reached) > 15
    button = page.get_by_role("button", name="Help and keyboard (?)")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


OVERLAPPING = """() => [...document.querySelectorAll('.panel, .chart')].filter((one, index, all) =>
  all.some((other, place) => {
    if (place <= index) return false;
    const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
    return a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  })).length"""


def test_nothing_is_wider_than_the_screen_and_a_large_one_gets_larger_type(visit: Visit) -> None:
    page = visit("/", {**STILL, "viewport": {"width": 1920, "height": 1080}})
    assert page.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 18
    for width in (1920, 1024, 768, 390):
        page.set_viewport_size({"width": width, "height": 844 if width < 900 else 1080})
        still(page)
        assert page.evaluate("() => [innerWidth, document.documentElement.scrollWidth]") == [width, width]
        stage = "document.querySelector('.stage')"
        assert page.evaluate(f"() => {stage}.scrollWidth - {stage}.clientWidth") <= 1, width
        assert page.evaluate(OVERLAPPING) == 0, width


def test_on_a_phone_the_player_stays_and_settings_are_a_sheet(visit: Visit) -> None:
    page = visit("/?preset=ravine-turn&nonsense=1", PHONE)
    settled(page)
    expect(page.locator(".toolbar-title")).to_have_text("Slanted ravine")
    player = page.locator("#player").bounding_box()
    assert player is not None
    assert player["y"] + player["height"] == 844
    before = experiment(page)["start"]
    page.locator(".panel .map").first.tap(position={"x": 120, "y": 200})
    settled(page)
    assert experiment(page)["start"] != before, "a tap on the map moves the start"

    expect(page.locator("#controls")).not_to_be_visible()
    button = page.get_by_role("button", name="Settings")
    button.tap()
    expect(page.locator("#controls")).to_be_visible()
    expect(page.locator(".banner.note")).to_contain_text("not known here")
    assert violations(page) == []
    page.locator("[data-control=learning_rate] input.typed").fill("0.2")
    page.keyboard.press("Enter")
    settled(page)
    panel = page.locator(".panel").first.bounding_box()
    sheet = page.locator("#controls").bounding_box()
    assert panel is not None
    assert sheet is not None
    assert sheet["y"] > panel["y"] + 150, "the picture is still to be seen above the sheet"
    player = page.locator(".player").bounding_box()
    assert player is not None
    assert abs(sheet["y"] + sheet["height"] - player["y"]) < 1, "nothing shows between the two"
    button.tap()
    expect(page.locator("#controls")).not_to_be_visible()
    button.tap()
    expect(page.locator("#controls")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#controls")).not_to_be_visible()
    expect(page.locator(".sheet-toggle")).to_be_focused()
