"""The Map tab: every cell is drawn as the API says, can be read, and opens the run that it stands for."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from acting import MAIN, PHONE, Visit, frames, settled, until, written
from mapping import SMALL, SWEEP, asked, cells, document, mapped, outcomes, place
from playwright.sync_api import Page, Request, expect
from test_access import violations

NUMBERS = "async values => { const m = await import('./js/lib/format.js'); return values.map(v => m.number(v)); }"

PIXELS = """async ({ panel, expected, measure }) => {
  const { store } = await import('./js/main.js');
  const { boxOf } = await import('./js/plots/cellAxes.js');
  const { inksFor } = await import('./js/plots/inks.js');
  const { scaleOf, shareOf } = await import('./js/plots/measures.js');
  const { pixelRatio } = await import('./js/lib/canvas.js');
  const { sweep } = store.get().session;
  const { columns, rows, problem } = sweep;
  const plot = document.querySelectorAll('.atlas-plot')[panel];
  const box = boxOf({ width: plot.clientWidth, height: plot.clientHeight, rem: 16 });
  const ratio = pixelRatio();
  const { inks, special } = inksFor('light', ratio);
  const scale = scaleOf(sweep, measure);
  const read = readable(plot.querySelector('canvas'));
  const wrong = [];
  expected.forEach((told, cell) => {
    const number = measure === 'final_loss' ? told - problem.optimal_value : told;
    const place = typeof told === 'string' ? special[told] : Math.round(shareOf(number, scale) * 255);
    const { fill, line } = inks[place];
    for (const [dx, dy] of [[0.5, 0.5], [0.15, 0.15], [0.85, 0.85]]) {
      const x = Math.floor((box.left + ((cell % columns) + dx) / columns * box.width) * ratio);
      const y = Math.floor((box.top + (1 - (Math.floor(cell / columns) + dy) / rows) * box.height) * ratio);
      const seen = new Uint32Array(read.getImageData(x, y, 1, 1).data.buffer)[0];
      if (seen !== fill && seen !== line) wrong.push([cell, told, seen]);
    }
  });
  return wrong;
}"""


@pytest.fixture(scope="module")
def complete(shared: Visit) -> Page:
    """A map that is complete."""
    page = shared(SMALL, wait=False)
    mapped(page)
    return page


@pytest.fixture
def small(complete: Page) -> Page:
    """The map as it was opened."""
    complete.keyboard.press("Escape")
    complete.mouse.move(5, 5)
    measure(complete, "Outcome")
    return complete


def measure(page: Page, name: str) -> None:
    """Choose what the colours show."""
    page.locator("#map .segment", has_text=name).click()
    frames(page)


def hover(page: Page, x: int, y: int, panel: int = 1) -> None:
    """Point at a cell."""
    page.mouse.move(**place(page, x, y, panel))
    frames(page)


def facts(page: Page, panel: int) -> dict[str, str]:
    """The numbers below a map."""
    reading = page.locator(".atlas-reading").nth(panel)
    labels, values = reading.locator("dt").all_inner_texts(), reading.locator("dd").all_inner_texts()
    return dict(zip(labels, values, strict=True)) | {"badge": reading.locator(".badge").inner_text()}


@pytest.fixture(scope="module")
def events(complete: Page, site: Any) -> dict[str, list[Any]]:
    """What the API says of that map."""
    return asked(site.url, document(complete))


def as_told(page: Page, events: dict[str, list[Any]]) -> set[str]:
    """Compare the colour and pattern of every cell with its outcome; return which outcomes there are."""
    kinds = set()
    for variant in range(3):
        expected = outcomes(events, variant)
        kinds |= set(expected)
        assert page.evaluate(PIXELS, {"panel": variant, "expected": expected, "measure": "outcome"}) == []
    return kinds


def test_every_cell_has_the_colour_and_pattern_of_its_outcome(small: Page, events: dict[str, list[Any]]) -> None:
    assert len(as_told(small, events)) >= 4, "a map of one colour proves nothing"
    assert small.locator(".atlas-panel .panel-name").all_inner_texts() == ["No clipping", "Norm", "Value"]


def test_a_continuous_measure_has_one_scale_for_all_maps(small: Page, events: dict[str, list[Any]]) -> None:
    for name, quantity in (
        ("Final loss", "final_loss"),
        ("Clipped", "clip_fraction"),
        ("Largest norm", "max_grad_norm"),
    ):
        measure(small, name)
        for variant in range(3):
            shown = {"panel": variant, "expected": cells(events, variant, quantity), "measure": quantity}
            assert small.evaluate(PIXELS, shown) == [], (name, variant)
        assert "one scale for all maps" in (small.locator(".atlas-key .key").get_attribute("aria-label") or "")


def test_steps_to_converge_say_where_a_run_never_does(small: Page, events: dict[str, list[Any]]) -> None:
    steps = cells(events, 1, "steps")
    expected = ["never" if step < 0 else step for step in steps]
    assert len({step for step in expected if step != "never"}) > 3
    measure(small, "Steps")
    assert small.evaluate(PIXELS, {"panel": 1, "expected": expected, "measure": "steps"}) == []
    expect(small.locator(".atlas-key")).to_contain_text("does not converge")


def test_a_coarse_picture_comes_first_and_every_cell_in_the_end(small: Page, site: Any) -> None:
    fine = document(small)
    fine["view"]["map"]["resolution"], fine["experiment"]["n_steps"] = 64, 300
    events = asked(site.url, fine)
    levels = [tile["level"] for tile in events["tile"]]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] > 1
    filled = small.evaluate(
        """async ([start, tiles]) => {
          const { sweepFrom, writeEvent } = await import('./js/api/sweeps.js');
          const sweep = sweepFrom(start);
          const coarsest = tiles.filter(({ level }) => level === tiles[0].level);
          for (const tile of coarsest) writeEvent(sweep, 'tile', tile);
          const first = [...sweep.source].map((cell, place) => [place, cell]);
          for (const tile of [...tiles, ...coarsest]) writeEvent(sweep, 'tile', tile);
          return [first, [...sweep.source], sweep.known];
        }""",
        [events["start"][0], events["tile"]],
    )
    first, last, known = filled
    side, columns = levels[0], len(events["start"][0]["x"]["values"])
    for cell, source in first:
        corner = (cell // columns // side * side) * columns + cell % columns // side * side
        assert source == corner, "a block has the colour of its first cell"
    assert last == list(range(columns * columns))
    assert known == columns * columns


def test_the_numbers_of_a_cell_are_those_of_the_api(small: Page, events: dict[str, list[Any]]) -> None:
    start = events["start"][0]
    for x, y in ((3, 7), (9, 2)):
        hover(small, x, y)
        cell = y * 12 + x
        setting = small.locator(".atlas-setting").nth(1).inner_text()
        values = [start["x"]["values"][x], start["y"]["values"][y]]
        words = small.evaluate(NUMBERS, values)
        assert setting == f"threshold {words[0]} · learning rate {words[1]}"
        for variant in range(3):
            shown = facts(small, variant)
            step = cells(events, variant, "steps")[cell]
            numbers = [cells(events, variant, name)[cell] for name in ("final_loss", "max_grad_norm")]
            loss, norm = small.evaluate(NUMBERS, numbers)
            assert shown["final loss"] == loss
            assert shown["largest norm"] == norm
            assert shown["converged after"] == ("–" if step < 0 else str(step))
            names = {"thrown": "Thrown out", "descending": "Still descending"}
            outcome = outcomes(events, variant)[cell]
            assert shown["badge"] == names.get(outcome, outcome.capitalize())


CURVE_PAINTED = """() => {
  const canvas = document.querySelectorAll('.atlas-spark')[1];
  const { data } = readable(canvas).getImageData(0, 0, canvas.width, Math.max(1, canvas.height - 3));
  return data.some((value, place) => place % 4 === 3 && value > 0);
}"""

PASSING = """places => {
  const plot = document.querySelectorAll('.atlas-plot')[1];
  const how = ({ x, y }) => ({ clientX: x, clientY: y, pointerType: 'mouse', bubbles: true });
  for (const place of places) plot.dispatchEvent(new PointerEvent('pointermove', how(place)));
}"""
"""A pointer that rests nowhere but on the last place, however slow the machine is."""


def test_the_curve_of_a_cell_is_fetched_for_exactly_its_numbers_and_once(small: Page) -> None:
    bodies: list[Any] = []
    small.on("request", lambda request: "simulate" in request.url and bodies.append(request.post_data_json))
    small.evaluate(PASSING, [place(small, x, 2) for x in (2, 3, 4)])
    frames(small)
    until(small, CURVE_PAINTED)
    assert len(bodies) == 1, "only the cell where the pointer rests"
    values = small.evaluate(f"async () => {{ const s = {SWEEP}; return [s.x.values[4], s.y.values[2]]; }}")
    variants = bodies[0]["experiment"]["variants"]
    assert [
        variants[1]["clip"]["params"]["max_norm"],
        bodies[0]["experiment"]["optimizer"]["params"]["learning_rate"],
    ] == values
    assert bodies[0]["fields"] == ["loss"]
    for x, y in ((8, 3), (4, 2)):
        hover(small, x, y)
        until(small, CURVE_PAINTED)
    assert len(bodies) == 2, "what is known is not asked for again"


def test_a_click_opens_the_run_in_compare_with_the_verdict_of_the_cell_and_back_returns(small: Page) -> None:
    page = small
    written(page)
    before = document(page)
    x, y = 8, 7
    statuses = page.evaluate(
        f"async cell => {{ const s = {SWEEP}; return s.variants.map(v => s.statuses[v.cells.status[cell]]); }}",
        y * 12 + x,
    )
    values = page.evaluate(f"async () => {{ const s = {SWEEP}; return [s.x.values[{x}], s.y.values[{y}]]; }}")
    page.mouse.click(**place(page, x, y))
    settled(page)
    opened = document(page)
    assert opened["view"]["tab"] == "compare"
    assert "map" not in opened["view"]
    assert opened["experiment"]["optimizer"]["params"]["learning_rate"] == values[1]
    assert [opened["experiment"]["variants"][1]["clip"]["params"]["max_norm"]] == values[:1]
    assert [opened["experiment"]["variants"][2]["clip"]["params"]["clip_value"]] == values[:1]
    verdicts = page.evaluate(f"async () => ({MAIN}).store.get().session.result.variants.map(v => v.outcome.status)")
    assert verdicts == statuses
    written(page)
    requests: list[Request] = []
    page.on("request", lambda request: "sweep" in request.url and requests.append(request))
    page.go_back()
    mapped(page)
    assert document(page) == before
    assert page.locator(".atlas-plot").first.is_visible()
    assert requests == [], "going back costs nothing"


def test_the_keyboard_goes_from_cell_to_cell_tells_it_and_opens_it(small: Page) -> None:
    plot = small.locator(".atlas-plot").nth(1)
    plot.focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowUp"):
        small.keyboard.press(key)
    values = small.evaluate(f"async () => ({SWEEP}).x.values")
    words = small.evaluate("async v => (await import('./js/lib/format.js')).number(v)", values[2])
    expect(small.locator("#map > [role=status]")).to_contain_text(f"threshold {words} ·")
    expect(small.locator("#map > [role=status]")).to_contain_text("Norm: ")
    small.keyboard.press("Enter")
    settled(small)
    assert document(small)["experiment"]["variants"][1]["clip"]["params"]["max_norm"] == values[2]
    written(small)
    small.go_back()
    mapped(small)


CURVE = """async ({ panel, place, letter }) => {
  const { store } = await import('./js/main.js');
  const { boxOf, shareAlong } = await import('./js/plots/cellAxes.js');
  const { ideasOf } = await import('./js/api/sweeps.js');
  const { sweep } = store.get().session;
  const plot = document.querySelectorAll('.atlas-plot')[panel];
  const box = boxOf({ width: plot.clientWidth, height: plot.clientHeight, rem: 16 });
  const [curve] = ideasOf(sweep).find(one => one.letter === letter).curves.filter(one => one.variants.includes(panel));
  const inside = curve.x.map((x, at) => [shareAlong(sweep.x, x), shareAlong(sweep.y, curve.y[at])])
    .filter(([x, y]) => x > 0.05 && x < 0.95 && y > 0.05 && y < 0.95)
    .map(([x, y]) => [box.left + x * box.width, box.top + (1 - y) * box.height]);
  const [x, y] = inside[Math.floor(place * inside.length)];
  const read = readable(plot.querySelectorAll('canvas')[1]);
  const pixels = read.getImageData(Math.round(x) - 4, Math.round(y) - 4, 9, 9).data;
  const bounds = plot.getBoundingClientRect();
  const painted = pixels.some((value, at) => at % 4 === 3 && value > 150);
  return { painted, x: bounds.left + x, y: bounds.top + y, text: curve.text };
}"""


def test_lines_of_the_theory_lie_where_they_belong_and_explain_themselves(small: Page) -> None:
    letters = small.locator(".atlas-letter").all_inner_texts()
    assert letters[:2] == ["a", "b"]
    labels = [
        label.removeprefix(letter).strip()
        for label, letter in zip(small.locator(".atlas-curve").all_inner_texts(), letters, strict=True)
    ]
    assert len(set(labels)) == len(labels), "one idea, one button"
    for share in (0.2, 0.5, 0.8):
        shown = small.evaluate(CURVE, {"panel": 1, "place": share, "letter": "b"})
        assert shown["painted"], share
    small.mouse.move(shown["x"], shown["y"])
    told = small.locator(".atlas-told")
    expect(told).to_have_text(shown["text"])
    small.mouse.move(5, 5)
    expect(told).to_be_hidden()
    button = small.locator(".atlas-curve").nth(1)
    button.focus()
    expect(told).to_have_text(shown["text"])
    small.keyboard.press("Tab")
    expect(told).not_to_have_text(shown["text"])


def test_tables_list_every_cell(small: Page, events: dict[str, list[Any]]) -> None:
    expected = outcomes(events, 1)
    small.get_by_role("button", name="Table of Norm").click()
    rows = small.locator("dialog[open] tbody tr")
    expect(rows).to_have_count(12)
    assert rows.first.locator("td").all_inner_texts() == expected[-12:]
    assert rows.last.locator("td").all_inner_texts() == expected[:12]


def test_every_map_has_words(small: Page, events: dict[str, list[Any]]) -> None:
    good = [outcomes(events, variant).count("converged") for variant in range(3)]
    sentences = small.locator(".atlas-caption .sentence").all_inner_texts()
    assert sentences[0] == f"{good[0]} of 144 settings converge. It has no threshold: the same in every column."
    assert sentences[1] == f"{good[1]} of 144 settings converge; without clipping {good[0]}."
    label = small.locator(".atlas-plot").nth(2).get_attribute("aria-label") or ""
    assert label.startswith("Value: threshold across, learning rate up.")
    assert sentences[2] in label


def test_on_a_phone_the_first_tap_reads_and_the_second_opens(visit: Visit, events: dict[str, list[Any]]) -> None:
    """Its pixels are smaller: two to a side of what the page counts as one."""
    page = visit(SMALL, PHONE, wait=False)
    mapped(page)
    as_told(page, events)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    wide = "e => e.getBoundingClientRect().width > 391"
    assert page.evaluate(f"[...document.querySelectorAll('#map *')].filter({wide}).map(e => e.className)") == []
    page.locator(".atlas-plot").first.scroll_into_view_if_needed()
    spot = place(page, 6, 6, 0)
    page.touchscreen.tap(**spot)
    frames(page)
    assert document(page)["view"]["tab"] == "map"
    assert page.locator(".map-foot-words").inner_text() == page.locator(".atlas-setting").first.inner_text()
    assert violations(page) == []
    page.touchscreen.tap(**spot)
    settled(page)
    assert document(page)["view"]["tab"] == "compare"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_map_tab(small: Page, theme: Literal["light", "dark"]) -> None:
    small.emulate_media(color_scheme=theme)
    until(small, "theme => document.documentElement.dataset.theme === theme", theme)
    hover(small, 4, 4)
    assert violations(small) == []
    measure(small, "Steps")
    small.get_by_role("button", name="Table of Norm").click()
    expect(small.locator("dialog[open] tbody tr")).to_have_count(12)
    assert violations(small) == []
