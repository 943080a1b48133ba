"""Small things that visitors stumbled over: each was wrong once."""

from __future__ import annotations

from typing import Any

from acting import MAIN, STILL, Visit, eventually, experiment, settled, still, type_value, until
from playwright.sync_api import Page, Request, expect
from test_gallery import has_one_scale

SIZES = [(1440, 900), (1366, 768), (1920, 1080), (390, 844)]


def test_both_axes_have_one_scale_at_every_size(visit: Visit) -> None:
    page = visit("/?preset=pascanu-wall", {**STILL, "viewport": {"width": 1440, "height": 900}})
    settled(page)
    fits = "async () => document.querySelector('.panel .map').clientWidth === " + (
        f"({MAIN}).page.panels()[0].stage.size().width"
    )
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        still(page)
        until(page, fits)
        has_one_scale(page)


def test_the_skip_link_moves_the_focus_and_nothing_else(visit: Visit) -> None:
    page = visit("/?learning_rate=0.03", STILL)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#stage")).to_be_focused()
    assert experiment(page)["optimizer"]["params"]["learning_rate"] == 0.03
    assert "#stage" not in page.evaluate("location.href")
    assert page.evaluate("() => { scrollTo(0, 500); return scrollY; }") == 0


def test_a_run_that_is_thrown_looks_like_trouble_and_a_turn_is_no_multiplication(page: Page) -> None:
    badge = page.locator(".panel .badge").first
    expect(badge).to_contain_text("Thrown out at step 3")
    expect(badge).to_have_attribute("data-thrown", "true")
    page.keyboard.press("Home")
    page.keyboard.press("s")
    value = page.locator(".update").nth(2).locator(".update-line").nth(1)
    expect(value).to_contain_text("turned")
    assert "×" not in value.inner_text().split("turned")[0].replace("× 10", "")


def test_removing_a_variant_keeps_the_keyboard_in_the_list_and_dialogs_are_fetched_before_they_are_needed(
    page: Page,
) -> None:
    page.get_by_role("button", name="Remove: Norm").press("Enter")
    settled(page)
    assert page.evaluate("() => document.activeElement.className") == "variant-name"
    names = "() => performance.getEntriesByType('resource').map(e => e.name.split('/').pop())"
    until(page, f"() => ['presets.js', 'share.js', 'help.js', 'table.js'].every(n => ({names})().includes(n))")


OUTSIDE = """() => {
  const key = document.querySelector('.key-scale').getBoundingClientRect();
  const labels = [...document.querySelectorAll('.key-labels span')].map(span => span.getBoundingClientRect());
  return [labels.length >= 3, labels.filter(({ left, right }) => left < key.left - 1 || right > key.right + 1).length];
}"""


def test_the_numbers_of_the_colour_key_stay_within_it(visit: Visit) -> None:
    page = visit("/?problem=exponential_cliff")
    settled(page)
    assert page.evaluate(OUTSIDE) == [True, 0]


def test_a_map_becomes_fine_when_nothing_more_urgent_is_wanted_and_stays_so(page: Page) -> None:
    asked: list[Any] = []

    def on_request(request: Request) -> None:
        if "/surface" in request.url:
            asked.append(request.post_data_json)

    page.on("request", on_request)
    page.locator(".settings-landscape select").first.select_option("recurrent_unit")
    settled(page)
    columns = f"async () => ({MAIN}).store.get().session.surface.columns"
    eventually(page, lambda: page.evaluate(columns), 121)
    grids = [body["resolution"] for body in asked if body["problem"]["kind"] == "recurrent_unit"]
    assert grids == [73, 121], "a light one first"
    type_value(page, "learning_rate", "0.2")
    settled(page)
    assert page.evaluate(columns) == 121, "as long as the landscape stays"
