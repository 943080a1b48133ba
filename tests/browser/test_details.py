"""Small things that visitors stumbled over: each was wrong once."""

from __future__ import annotations

import pytest
from acting import MAIN, PHONE, STILL, Visit, experiment, settled, type_value, typed, until
from playwright.sync_api import expect

SIZES = [(1440, 900), (1366, 768), (1920, 1080), (390, 844)]


@pytest.mark.parametrize("address", ["/", "/?preset=bias-of-clipping-noise", "/?preset=pascanu-wall"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_both_axes_have_one_scale_because_directions_are_what_is_shown(
    visit: Visit, address: str, width: int, height: int
) -> None:
    page = visit(address, {**STILL, "viewport": {"width": width, "height": height}})
    settled(page)
    across, up = page.evaluate(
        f"""async () => {{
          const {{ page, store }} = {MAIN};
          const [[x0, x1], [y0, y1]] = store.get().session.surface.window;
          const {{ width, height }} = page.panels()[0].stage.report().box;
          return [width / (x1 - x0), height / (y1 - y0)];
        }}"""
    )
    # The box is a whole number of pixels: half a pixel of at least a hundred.
    assert across == pytest.approx(up, rel=0.01)


@pytest.mark.parametrize("preset", ["bias-of-clipping-noise", "private-gradients", "leash-or-cap"])
def test_the_lens_does_not_cover_where_the_runs_end(visit: Visit, preset: str) -> None:
    page = visit(f"/?preset={preset}", STILL)
    settled(page)
    covered = page.evaluate(
        f"""async () => {{
          const {{ page, store }} = {MAIN};
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
    )
    assert covered == [False] * len(covered)


def test_the_skip_link_moves_the_focus_and_nothing_else(visit: Visit) -> None:
    page = visit("/?learning_rate=0.03", STILL)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#stage")).to_be_focused()
    assert experiment(page)["optimizer"]["params"]["learning_rate"] == 0.03
    assert "#stage" not in page.url
    assert page.evaluate("() => { scrollTo(0, 500); return scrollY; }") == 0


def test_a_field_that_is_wrong_says_so_to_screen_readers(visit: Visit) -> None:
    page = visit("/", STILL)
    type_value(page, "learning_rate", "abc")
    expect(typed(page, "learning_rate")).to_have_attribute("aria-invalid", "true")
    type_value(page, "learning_rate", "0.2")
    expect(typed(page, "learning_rate")).not_to_have_attribute("aria-invalid", "true")


def test_removing_a_variant_keeps_the_keyboard_in_the_list(visit: Visit) -> None:
    page = visit("/", STILL)
    page.get_by_role("button", name="Remove: Norm").press("Enter")
    settled(page)
    assert page.evaluate("() => document.activeElement.className") == "variant-name"


def test_escape_leaves_the_settings_of_a_phone(visit: Visit) -> None:
    page = visit("/", PHONE)
    page.get_by_role("button", name="Settings").click()
    until(page, "() => document.body.classList.contains('shows-sheet')")
    page.keyboard.press("Escape")
    until(page, "() => !document.body.classList.contains('shows-sheet')")
    expect(page.locator(".sheet-toggle")).to_be_focused()


def test_slow_motion_does_not_call_a_turn_a_multiplication(visit: Visit) -> None:
    page = visit("/", STILL)
    page.keyboard.press("Home")
    page.keyboard.press("s")
    value = page.locator(".update").nth(2).locator(".update-line").nth(1)
    expect(value).to_contain_text("turned")
    assert "×" not in value.inner_text().split("turned")[0].replace("× 10", "")


def test_a_run_that_is_thrown_looks_like_trouble(visit: Visit) -> None:
    page = visit("/", STILL)
    badge = page.locator(".panel .badge").first
    expect(badge).to_contain_text("Thrown out at step 3")
    expect(badge).to_have_attribute("data-thrown", "true")


def test_dialogs_are_fetched_before_they_are_needed(visit: Visit) -> None:
    page = visit("/", STILL)
    names = "() => performance.getEntriesByType('resource').map(e => e.name.split('/').pop())"
    until(page, f"() => ['presets.js', 'share.js', 'help.js', 'table.js'].every(n => ({names})().includes(n))")


def test_the_numbers_of_the_colour_key_stay_within_it(visit: Visit) -> None:
    page = visit("/?problem=exponential_cliff")
    settled(page)
    outside = """() => {
      const key = document.querySelector('.key-scale').getBoundingClientRect();
      const labels = [...document.querySelectorAll('.key-labels span')].map(span => span.getBoundingClientRect());
      return labels.filter(({ left, right }) => left < key.left - 1 || right > key.right + 1).length;
    }"""
    assert page.locator(".key-labels span").count() >= 3
    assert page.evaluate(outside) == 0


@pytest.mark.parametrize("preset", ["before-or-after-momentum", "thresholds-that-adapt", "private-gradients"])
def test_names_and_rules_are_read_in_full(visit: Visit, preset: str) -> None:
    page = visit(f"/?preset={preset}")
    settled(page)
    cut = """() => [...document.querySelectorAll('.panel-name, .panel-rule, .player-step')]
      .filter(words => words.scrollWidth > words.clientWidth).map(words => words.textContent)"""
    assert page.evaluate(cut) == []
    page.set_viewport_size({"width": 700, "height": 800})
    page.get_by_role("button", name="Last step (End)").click()
    settled(page)
    assert page.evaluate(cut) == []


def test_a_map_becomes_fine_when_nothing_more_urgent_is_wanted(visit: Visit) -> None:
    page = visit("/?problem=recurrent_unit")
    columns = f"async () => ({MAIN}).store.get().session.surface.columns"
    coarse = page.evaluate(columns)
    until(page, f"async () => (await ({columns})()) > {coarse}")
    fine = page.evaluate(columns)
    type_value(page, "learning_rate", "0.2")
    settled(page)
    assert page.evaluate(columns) == fine, "and stays fine as long as the landscape stays"
