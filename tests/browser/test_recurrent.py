"""The Recurrent tab: what is drawn is what the API says, and it goes with the clock, the keyboard and the link."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pytest
from acting import LIVELY, PHONE, Visit, eventually, experiment, fresh, painted, settled, still, until, written
from playwright.sync_api import Page, expect
from test_access import violations
from training import LAB, SMALL, asked, clock, document, lab, trained

from clipscape.readable import expand_query
from clipscape.understanding import read_scenario


@pytest.fixture(scope="module")
def over(shared: Visit) -> Page:
    """A run that is over."""
    page = shared(SMALL, wait=False)
    trained(page)
    return page


@pytest.fixture
def small(over: Page) -> Page:
    """The run as it was opened: at its end, no dialog open."""
    over.keyboard.press("Escape")
    over.evaluate("() => document.activeElement.blur()")
    over.keyboard.press("End")
    still(over)
    return over


def joined(events: dict[str, list[Any]], variant: int, *place: str) -> list[Any]:
    """Return what all chunks say of one quantity."""
    found: list[Any] = []
    for chunk in events["chunk"]:
        part = chunk["variants"][variant]
        for key in place:
            part = part[key]
        found += part
    return found


def close(shown: list[float | None], told: list[float | None]) -> bool:
    """Numbers travel to the page with the 24 bits of single precision: 2**-24 is 6e-8."""
    assert len(shown) == len(told)
    pairs = zip(shown, told, strict=True)
    return all((a is None and b is None) or math.isclose(a, b, rel_tol=1.2e-7, abs_tol=1e-37) for a, b in pairs)


def test_the_picture_holds_the_numbers_of_the_api(small: Page, site: Any) -> None:
    events = asked(site.url, lab(small, "run.experiment"))
    for variant in range(3):
        series = lab(
            small, f"Object.fromEntries(Object.entries(run.variants[{variant}].series).map(([k, v]) => [k, [...v]]))"
        )
        for name in ("loss", "accuracy", "clip_input_norm", "clipped_norm", "update_ratio"):
            assert close(series[name], joined(events, variant, "series", name)), name
        heat = lab(small, f"[...run.variants[{variant}].heat.values.hidden.data]")
        told = [value for column in joined(events, variant, "heat", "hidden") for value in column]
        assert close(heat, told)
        radius = lab(small, f"[...run.variants[{variant}].probes.values.spectral_radius.data]")
        assert close(radius, joined(events, variant, "probes", "spectral_radius"))
    ends = [variant["outcome"]["sentence"] for variant in events["end"][0]["variants"]]
    assert small.locator(".lab-column .sentence").all_inner_texts() == ends


def test_every_cell_of_the_heat_map_has_the_colour_of_its_number(small: Page) -> None:
    wrong = small.evaluate(
        """async () => {
          const { store } = await import('./js/main.js');
          const { createHeatScale, heatColours, heatShare } = await import('./js/plots/heatScale.js');
          const { stripOf } = await import('./js/plots/strip.js');
          const run = store.get().session.lab;
          const scale = createHeatScale();
          for (const { heat: { values: { hidden: { data } } } } of run.variants) scale.include(data, 0, data.length);
          const colours = heatColours('light');
          const wrong = [];
          document.querySelectorAll('.lab-heat').forEach((plot, variant) => {
            const canvas = plot.querySelector('canvas');
            const strip = stripOf({ width: plot.clientWidth, height: plot.clientHeight, rem: 16 }, run.nSteps);
            const { data } = run.variants[variant].heat.values.hidden;
            for (const [step, t] of [[3, 1], [20, 10], [41, 5], [58, 9]]) {
              const [x, y] = [strip.across(step + 0.5), strip.top + strip.height * (1 - (t - 0.5) / 10)];
              const pixel = readable(canvas).getImageData(Math.round(x), Math.round(y), 1, 1).data;
              const seen = new Uint32Array(pixel.buffer)[0];
              const value = data[step * 10 + t - 1];
              const right = colours[Math.round(heatShare(value, scale.decades()) * 255)];
              if (seen !== right) wrong.push([variant, step, t, value, seen]);
            }
          });
          return wrong;
        }"""
    )
    assert wrong == []
    living = list(np.geomspace(1e-6, 1.0, 1000))
    dead, huge = [1e-40] * 50_000, [1e90] * 500
    cases = [[living], [living, dead], [living, huge], [living, dead, huge], [[1e-40, 1e-30, 1e-35]]]
    narrow, *wide, only_dead = small.evaluate(
        """async cases => {
          const { createHeatScale } = await import('./js/plots/heatScale.js');
          return cases.map(parts => {
            const scale = createHeatScale();
            for (const values of parts) scale.include(values, 0, values.length);
            return scale.decades();
          });
        }""",
        cases,
    )
    assert [narrow["low"], narrow["high"], narrow["below"]] == [-6, 0, False]
    for scale in wide:  # however many have died away or exploded, those in between keep their shades
        assert scale["low"] <= -6
        assert 0 <= scale["high"] <= scale["low"] + 14
    assert only_dead["high"] < -20


def test_all_variants_begin_with_the_same_weights_and_data(small: Page) -> None:
    first = lab(small, "run.variants.map(({ series }) => [series.loss[0], series.grad_norm[0]])")
    assert first[0] == first[1] == first[2]


def test_the_gauge_says_what_the_theory_says_and_an_lstm_has_a_cell_as_well(small: Page, visit: Visit) -> None:
    radius = lab(small, "run.variants[0].probes.values.largest_singular_value.data.at(-1)")
    words = small.locator(".lab-theory").first.inner_text()
    assert ("necessary for gradients to explode, but not sufficient" if radius > 1 else "sufficient for") in words
    assert words.endswith("γ is the steepest slope of the nonlinearity.")
    page = visit(SMALL + "&problem=lstm&threshold=0.5", wait=False)
    trained(page)
    now = document(page)["experiment"]
    assert [now["problem"]["kind"], now["problem"]["params"]["hidden_size"]] == ["lstm", 4]
    assert [now["task"]["kind"], now["task"]["params"]["sequence_length"]] == ["temporal_order", 10]
    assert now["variants"][1]["clip"]["params"]["max_norm"] == 0.5
    assert page.locator(".banner:visible").count() == 0
    page.get_by_role("button", name="Share").click()
    query = "?" + fresh(page, "Readable link").split("?")[1]
    assert "problem=lstm" in query
    assert read_scenario(expand_query(query)[0]).as_data()["experiment"] == now
    page.keyboard.press("Escape")
    assert page.locator(".lab-theory").first.inner_text().startswith("σmax and ρ are the largest of all gates")
    heat = page.locator(".lab-heat").first
    before = heat.get_attribute("aria-label")
    page.locator(".lab-bar .segment").nth(1).click()
    expect(page.locator(".lab-title").first).to_contain_text("∂cₜ")
    expect(heat).not_to_have_attribute("aria-label", before or "")
    page.locator("[data-control=network] select").select_option("tanh_rnn")
    until(page, f"async () => {LAB}.experiment.problem.kind === 'tanh_rnn' && {LAB}.complete")
    page.evaluate("() => { document.querySelector('details[data-control=advanced]').open = true; }")
    page.get_by_label("Layer normalisation").check()
    until(page, f"async () => {LAB}.experiment.problem.params.layer_norm && {LAB}.complete")
    expect(page.locator(".lab-theory").first).to_contain_text("not about normalised ones, so no line is drawn")


def test_every_kind_of_task_is_drawn(visit: Visit) -> None:
    page = visit("/?tab=recurrent&task=adding&hidden_size=3&n_steps=20&sequence_length=12", wait=False)
    for task in ("adding", "temporal_order", "copying", "sine", "echo"):
        page.locator("[data-control=task] select").select_option(task)
        until(page, f"async () => {LAB}?.experiment.task.kind === '{task}'")
        trained(page)
        for name in ("heat", "gauge", "outputs"):
            canvases = page.locator(f".lab-{name}").first.locator("canvas").all()
            assert sum(painted(canvas) for canvas in canvases) > 300, (task, name)
        assert page.locator(".lab-outputs").first.get_attribute("aria-label")


def test_steps_of_the_player_and_a_click_on_a_picture(small: Page) -> None:
    small.keyboard.press("Home")
    assert clock(small)["step"] == 0
    small.keyboard.press("ArrowRight")
    small.keyboard.press("Shift+ArrowRight")
    assert clock(small)["step"] == 11
    box = small.locator(".lab-heat").first.bounding_box()
    assert box is not None
    small.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + 60)
    assert 25 < clock(small)["step"] < 40
    until(small, "() => document.querySelector('.lab-read').textContent.includes('t = ')")


def test_the_tabs_remember_and_the_history_goes_back(visit: Visit) -> None:
    page = visit("/?learning_rate=0.07")
    settled(page)
    entries = page.evaluate("() => history.length")
    tab = page.get_by_role("link", name="Recurrent")
    tab.focus()
    page.keyboard.press("Enter")
    trained(page)
    expect(tab).to_have_attribute("aria-current", "page")
    assert page.locator("#panels").is_hidden()
    page.locator("[data-control=network] select").select_option("gru")
    until(page, f"async () => {LAB}.experiment.problem.kind === 'gru'")
    page.get_by_role("link", name="Compare").click()
    settled(page)
    assert experiment(page)["optimizer"]["params"]["learning_rate"] == 0.07
    assert page.locator(".panel .badge").first.is_visible()
    assert clock(page)["last"] == 300
    page.get_by_role("link", name="Recurrent").click()
    trained(page)
    assert document(page)["experiment"]["problem"]["kind"] == "gru"
    # The tab, the network, back and forth again, however fast: an entry each, the last of them a moment later.
    until(page, "entries => history.length === entries", entries + 4)
    page.go_back()
    settled(page)
    assert document(page)["view"]["tab"] == "compare"


def test_a_link_carries_tab_plane_and_step(small: Page, visit: Visit) -> None:
    page = small
    page.locator("[data-control=plane] select").first.select_option("random")
    page.locator(".lab-heat").first.click(position={"x": 150, "y": 60})
    step = clock(page)["step"]
    until(page, "step => document.querySelector('.player-now').textContent === String(step)", step)
    eventually(page, lambda: document(page)["view"].get("step"), step)
    written(page)
    other = visit(page.url, wait=False)
    trained(other)
    until(other, "step => document.querySelector('.player-now').textContent === String(step)", step)
    view = document(other)["view"]
    assert [view["tab"], view["plane"]["kind"], view["step"]] == ["recurrent", "random", step]


def test_the_plane_says_how_much_of_the_paths_it_holds(small: Page) -> None:
    sentence = small.locator(".lab-plane .sentence")
    until(small, "() => document.querySelector('.lab-plane .sentence').textContent.includes('%')")
    before = sentence.inner_text()
    small.locator("[data-control=plane] select").first.select_option("weights")
    until(small, "before => ![before, ''].includes(document.querySelector('.lab-plane .sentence').textContent)", before)
    assert small.locator(".lab-legend li").count() == 3


def test_tables_list_the_numbers(small: Page) -> None:
    small.get_by_role("button", name="Table of Norm").click()
    dialog = small.locator("dialog[open]")
    expect(dialog.locator("tbody tr")).to_have_count(61)
    assert dialog.locator("thead th").all_inner_texts()[:2] == ["update", "loss"]
    small.keyboard.press("Escape")
    small.locator("#recurrent [data-chart=loss] .chart-head button").click()
    expect(small.locator("dialog[open] thead")).to_contain_text("Norm, held-out")


def in_line(page: Page) -> None:
    """What belongs together stands at one height, and no words overlap."""
    tops = page.evaluate("[...document.querySelectorAll('.lab-heat')].map(e => e.getBoundingClientRect().top)")
    assert len(set(tops)) == 1
    over = """[...document.querySelectorAll('.lab-column')].filter(column => {
      const bottom = column.querySelector('.sentence').getBoundingClientRect().bottom;
      return bottom > column.querySelector('.lab-block').getBoundingClientRect().top;
    }).length"""
    assert page.evaluate(over) == 0
    cut = "[...document.querySelectorAll('.lab-title')].filter(e => e.scrollWidth > e.clientWidth).length"
    assert page.evaluate(cut) == 0


def test_nothing_is_wider_than_a_phone_or_out_of_line(visit: Visit) -> None:
    page = visit(SMALL, PHONE, wait=False)
    trained(page)
    in_line(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    wide = "e => e.getBoundingClientRect().width > 391 && !e.closest('.lab-columns')"
    assert page.evaluate(f"[...document.querySelectorAll('#recurrent *')].filter({wide}).map(e => e.className)") == []
    page.get_by_role("button", name="Settings").click()
    expect(page.locator("[data-control=network]")).to_be_in_viewport()


def test_nothing_shifts_while_the_tab_loads_and_the_run_grows(visit: Visit) -> None:
    page = visit(SMALL.replace("n_steps=60", "n_steps=400"), LIVELY, wait=False)
    page.wait_for_selector(".lab-column")
    page.evaluate(
        """() => { window.shifts = []; new PerformanceObserver(list => {
          for (const e of list.getEntries()) window.shifts.push([e.value, e.sources.map(s => s.node?.className ?? '')]);
        }).observe({type: 'layout-shift', buffered: false}); }"""
    )
    trained(page)
    until(page, "() => document.querySelector('.lab-plane .sentence').textContent.includes('%')")
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < 0.05, shifts


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_recurrent_tab(small: Page, theme: Literal["light", "dark"]) -> None:
    small.emulate_media(color_scheme=theme)
    until(small, "theme => document.documentElement.dataset.theme === theme", theme)
    small.evaluate("() => { for (const fold of document.querySelectorAll('#controls details')) fold.open = true; }")
    until(small, "() => document.querySelector('.lab-plane .sentence').textContent.includes('%')")
    still(small)
    assert violations(small) == []


def test_a_fourth_variant_stands_in_line_and_the_help_is_that_of_the_tab(small: Page) -> None:
    small.get_by_role("button", name="Add a variant").click()
    expect(small.locator(".lab-column")).to_have_count(4)
    trained(small)
    in_line(small)
    small.keyboard.press("Escape")
    small.keyboard.press("?")
    expect(small.locator("dialog[open] h3").first).to_have_text("In the Recurrent tab")
