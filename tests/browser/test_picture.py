"""What is drawn is what the API answered."""

from __future__ import annotations

import math
import re
from typing import Any

import httpx
import pytest
from acting import LIVELY, Visit, experiment, painted, path_pixels, still, travel, until
from playwright.sync_api import Page, expect

NEAR = """([panel, layer, x, y, radius]) => {
  const canvas = document.querySelectorAll('.panel')[panel].querySelector(`canvas.${layer}`);
  const ratio = canvas.width / canvas.clientWidth;
  const size = Math.ceil(2 * radius * ratio);
  const { data } = readable(canvas).getImageData((x - radius) * ratio, (y - radius) * ratio, size, size);
  let ink = 0;
  for (let place = 3; place < data.length; place += 4) ink += data[place] > 100;
  return ink;
}"""


@pytest.fixture
def page(standing: Page) -> Page:
    """The default comparison at its end, with nothing pointed at."""
    standing.mouse.move(5, 5)
    standing.keyboard.press("End")
    still(standing)
    return standing


@pytest.fixture(scope="module")
def answer(standing: Page, site: Any) -> Any:
    """What the API says of what the page shows."""
    answer = httpx.post(f"{site.url}/api/v1/simulate", json={"version": 1, "experiment": experiment(standing)})
    assert answer.status_code == 200
    return answer.json()


def box(page: Page, panel: int) -> dict[str, float]:
    return page.evaluate(f"async panel => (await import('./js/main.js')).page.panels()[{panel}].stage.report().box")


def in_pixels(window: list[list[float]], box: dict[str, float], place: list[float]) -> tuple[float, float]:
    (x0, x1), (y0, y1) = window
    x = box["left"] + (place[0] - x0) / (x1 - x0) * box["width"]
    return x, box["top"] + box["height"] - (place[1] - y0) / (y1 - y0) * box["height"]


def test_paths_are_drawn_where_the_api_says(page: Page, answer: Any) -> None:
    for panel, variant in enumerate(answer["variants"]):
        pixels = path_pixels(page, panel)
        frame = box(page, panel)
        for step, place in enumerate(variant["series"]["params"]):
            x, y = in_pixels(answer["problem"]["window"], frame, place)
            assert math.isclose(pixels[2 * step], x, abs_tol=0.05, rel_tol=1e-5)
            assert math.isclose(pixels[2 * step + 1], y, abs_tol=0.05, rel_tol=1e-5)
        for step in (1, 2):
            assert page.evaluate(NEAR, [panel, "ink", *pixels[2 * step : 2 * step + 2], 2]) > 3, (
                f"no ink at step {step}"
            )
        halfway = [(pixels[0] + pixels[2]) / 2, (pixels[1] + pixels[3]) / 2]
        assert page.evaluate(NEAR, [panel, "ink", *halfway, 2]) > 3, "no line between steps 0 and 1"


def test_no_ink_before_the_clock_has_come_there(page: Page) -> None:
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    still(page)
    pixels = path_pixels(page, 1)
    assert page.evaluate(NEAR, [1, "ink", *pixels[2:4], 2]) > 3
    far = pixels[2 * 40 : 2 * 40 + 2]
    assert page.evaluate(NEAR, [1, "ink", *far, 2]) == 0


def test_a_variant_off_the_map_is_drawn_as_an_arrow_at_the_edge_with_its_distance(page: Page, answer: Any) -> None:
    x, y = answer["variants"][0]["series"]["params"][-1]
    frame = box(page, 0)
    assert page.evaluate(NEAR, [0, "now", frame["left"] + 12, path_edge_y(page, frame), 12]) > 20, (x, y)


def path_edge_y(page: Page, frame: dict[str, float]) -> float:
    """Height at which the line from the middle of the map to the last point crosses the left edge."""
    x, y = path_pixels(page, 0)[-2:]
    middle = (frame["left"] + frame["width"] / 2, frame["top"] + frame["height"] / 2)
    share = (middle[0] - frame["left"]) / (middle[0] - x)
    return middle[1] + share * (y - middle[1])


def test_the_head_moves_while_playing(visit: Visit) -> None:
    page = visit("/", LIVELY)
    step = "async () => (await import('./js/main.js')).playback.clock.position"
    before = page.evaluate(step)
    until(page, f"async before => (await ({step})()) > before + 3", before)
    assert painted(page.locator("canvas.ink").first) > 50


def test_the_words_are_those_of_the_api(page: Page, answer: Any) -> None:
    for panel, variant in enumerate(answer["variants"]):
        figure = page.locator(".panel").nth(panel)
        assert figure.locator(".sentence").inner_text() == variant["outcome"]["sentence"]
        assert figure.locator(".badge").inner_text() == variant["outcome"]["headline"]
        assert figure.locator(".badge").get_attribute("data-status") == variant["outcome"]["status"]


def test_curves_read_out_the_numbers_of_the_api(page: Page, answer: Any) -> None:
    plot = page.locator("[data-chart=loss] .chart-plot")
    layout = plot.bounding_box()
    assert layout is not None
    page.mouse.move(layout["x"] + layout["width"] / 2, layout["y"] + 60)
    tooltip = page.locator("[data-chart=loss] .tooltip")
    expect(tooltip).to_be_visible()
    step = int(tooltip.locator(".tooltip-step").inner_text().split()[1])
    loss = answer["variants"][0]["series"]["loss"][step]
    assert float(tooltip.locator("b").first.inner_text()) == pytest.approx(loss, rel=5e-3)


def test_hovering_the_map_reads_the_loss_and_hovering_the_path_its_step(page: Page) -> None:
    view = page.locator(".panel .map").nth(1).bounding_box()
    assert view is not None
    frame = box(page, 1)
    page.mouse.move(view["x"] + frame["left"] + 10, view["y"] + frame["top"] + frame["height"] - 10)
    expect(page.locator(".readout").nth(1)).to_contain_text("loss")
    x, y = path_pixels(page, 1)[2:4]
    page.mouse.move(view["x"] + x, view["y"] + y)
    expect(page.locator(".readout").nth(1)).to_have_text(re.compile("^step "))


COLOURS = """() => {
  const canvas = document.querySelector('.panel canvas.base');
  const { data } = readable(canvas).getImageData(60, 20, canvas.width - 80, canvas.height - 60);
  const counts = new Map();
  for (let place = 0; place < data.length; place += 4) {
    const key = data.slice(place, place + 3).join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const all = data.length / 4;
  return [...counts.values()].filter(count => count > all * 0.005).length;
}"""


@pytest.mark.parametrize(
    "kind", ["recurrent_unit", "deep_chain", "exponential_cliff", "rosenbrock", "himmelblau", "finite_sum"]
)
def test_every_landscape_is_painted_with_many_colours(standing: Page, kind: str) -> None:
    travel(standing, f"?problem={kind}&n_steps=60")
    assert standing.evaluate(COLOURS) >= 5, "the colour scale wastes its range"
    marked = kind not in ("recurrent_unit", "deep_chain")
    expect(standing.locator("#toolbar .sample", has_text="minimum")).to_be_visible(visible=marked)


NAME_PLACES = "async a => (await import('./js/plots/axes.js')).namePlaces(...a)"


def test_names_of_dotted_lines_cover_none_of_each_other(standing: Page) -> None:
    room = {"right": 300, "top": 8, "bottom": 110, "tall": 13}
    for heights in ([31, 26, 12], [12, 26, 31], [40, 41], [50, 50.5, 51, 52], [109, 109.5], [60]):
        widths = [70 + 3 * index for index in range(len(heights))]
        places = standing.evaluate(NAME_PLACES, [heights, widths, room])
        boxes = [(at["right"] - width, at["right"], at["bottom"]) for at, width in zip(places, widths, strict=True)]
        for index, (left, right, bottom) in enumerate(boxes):
            assert 0 <= left < right <= 300
            assert 8 + 13 <= bottom <= 110
            assert -2 < bottom - heights[index] < 16 or -2 < heights[index] - bottom + 13 < 16, "beside its own line"
            for other_left, other_right, other_bottom in boxes[:index]:
                assert right <= other_left or left >= other_right or abs(bottom - other_bottom) >= 13, heights
    assert standing.evaluate(NAME_PLACES, [[60], [70], room])[0]["bottom"] == 58.5, "above, where there is room"


def test_a_thumb_that_moves_before_dragging_is_loaded_is_followed_all_the_same(page: Page) -> None:
    """What is held has no batch, and its only move comes while the code that follows it is on its way."""
    asked = page.evaluate(
        """async () => {
          const { createCompare } = await import('./js/compare.js');
          const { createStore } = await import('./js/state/store.js');
          const { defaultDocument } = await import('./js/state/scenario.js');
          const document = defaultDocument();
          const moved = { ...document, experiment: { ...document.experiment, n_steps: 7 } };
          return new Promise(resolve => {
            const run = async ({ n_steps }) => (resolve(n_steps), { experiment: moved.experiment });
            const questions = { run, surface: async () => ({ columns: 1 }), keepSurface() {} };
            const compare = createCompare({ store: createStore(document, {}), questions });
            compare.grab({ held: true, axis: null, values: [6, 7], change: value => now => now });
            compare.pass(moved, 7);
            setTimeout(() => resolve('nothing was asked'), 5000);
          });
        }"""
    )
    assert asked == 7
