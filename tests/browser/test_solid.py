"""The 3-D view: paths lie where the surface is, all panels look from the same place, and the link keeps it.

These watch over the private members of the figure library that js/plots/plotly.js uses.
"""

from __future__ import annotations

import base64
from typing import Any

import pytest
from acting import COUNT_CALLS, STILL, Visit, eventually, settled, state, until, written
from playwright.sync_api import Page
from test_links import document_in, hash_of

from clipscape.readable import expand_query

GRAPHICS = ["--use-angle=swiftshader", "--ignore-gpu-blocklist"]
"""As with a graphics processor, only computed. Without one Chromium's own compositor reads every WebGL canvas back, and
writes "GPU stall due to ReadPixels" to the console of any page that has one, even of one that only clears it."""

PANELS = "(await import('./js/main.js')).page.panels()"

CAMERA = {"eye": {"x": 1.3, "y": -1.2, "z": 0.9}, "center": {"x": 0, "y": 0, "z": -0.1}, "up": {"x": 0, "y": 0, "z": 1}}

RESTED = f"""async () => {{
  const frame = () => new Promise(requestAnimationFrame);
  const now = async () => JSON.stringify({PANELS}.map(panel => panel.solid._fullLayout.scene._scene.getCamera()));
  for (let [last, same] = ['', 0]; same < 5; await frame()) {{
    const seen = await now();
    same = seen === last ? same + 1 : 0;
    last = seen;
  }}
}}"""


def rested(page: Page) -> None:
    """Wait until the cameras stand still."""
    page.evaluate(RESTED)


def drawn(page: Page) -> None:
    """Wait until every panel shows its surface."""
    until(page, "() => !document.querySelector('.panel:not(.shows-solid)')", seconds=60)
    rested(page)


@pytest.fixture(scope="module")
def turned(shared: Visit) -> Page:
    """Two surfaces, opened from a link that says where to look from."""
    document, _ = expand_query("?surface=surface&clips=norm,value&n_steps=60")
    page = shared(f"/{hash_of({**document, 'view': {**document['view'], 'camera': CAMERA}})}", STILL, library=True)
    drawn(page)
    return page


@pytest.fixture
def solid(turned: Page) -> Page:
    turned.keyboard.press("End")
    return turned


def cameras(page: Page) -> list[Any]:
    return page.evaluate(
        f"""async () => {PANELS}.map(panel => {{
          const {{ eye, center }} = panel.solid._fullLayout.scene._scene.getCamera();
          return [eye.x, eye.y, eye.z, center.x, center.y, center.z];
        }})"""
    )


def drag(page: Page, panel: int, dx: float, dy: float) -> None:
    """Turn a surface by hand."""
    bounds = page.locator(".solid").nth(panel).bounding_box()
    assert bounds is not None
    x, y = bounds["x"] + bounds["width"] / 2, bounds["y"] + bounds["height"] / 2
    before = cameras(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()
    eventually(page, lambda: cameras(page) != before, True, seconds=60)
    rested(page)


def test_a_link_says_where_to_look_from(solid: Page) -> None:
    wanted = [CAMERA[point][axis] for point in ("eye", "center") for axis in "xyz"]
    assert cameras(solid) == [pytest.approx(wanted, abs=1e-4)] * 2


def test_turning_one_surface_turns_all_with_their_paths_and_the_link_remembers_and_nothing_is_read_back(
    solid: Page,
) -> None:
    solid.evaluate(
        """() => {
          const { prototype } = WebGLRenderingContext;
          const { readPixels } = prototype;
          window.readBack = 0;
          prototype.readPixels = function (...args) { window.readBack += 1; return readPixels.apply(this, args); };
        }"""
    )
    solid.get_by_role("button", name="Theme").click()
    drawn(solid)
    pixels = f"async () => [...{PANELS}[0].stage.report().pixels].slice(0, 6)"
    path, before = solid.evaluate(pixels), cameras(solid)
    drag(solid, 1, 70, 25)
    after = cameras(solid)
    assert after[0] != before[0]
    assert after[0] == pytest.approx(after[1], abs=1e-6)
    assert solid.evaluate(pixels) != path, "paths follow the camera"
    assert state(solid)["document"]["view"]["camera"]["eye"]["x"] == pytest.approx(after[0][0])
    written(solid)
    assert document_in(solid.url)["view"]["camera"]["eye"]["x"] == pytest.approx(after[0][0])
    objects = (
        f"async () => {PANELS}.flatMap(p => p.solid._fullLayout.scene._scene.glplot.objects).map(o => o.pickSlots)"
    )
    assert set(solid.evaluate(objects)) == {0}, "no picture is drawn twice"
    assert solid.evaluate("window.readBack") == 0


def test_playing_costs_no_call(solid: Page) -> None:
    solid.evaluate(COUNT_CALLS)
    solid.keyboard.press("Home")
    eventually(solid, lambda: state(solid)["document"]["view"]["step"], 0)
    solid.keyboard.press(" ")
    until(solid, "() => Number(document.querySelector('.player-now').textContent) >= 10")
    assert solid.evaluate("window.calls") == []


CLUSTERS = """async shot => {
  const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(shot), c => c.charCodeAt(0))]));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const { data, width } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const clusters = [];
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] < 200 || data[at + 1] > 70 || data[at + 2] < 200) continue;
    const [x, y] = [(at / 4) % width, Math.floor(at / 4 / width)];
    const near = clusters.find(c => Math.hypot(c.x / c.n - x, c.y / c.n - y) < 12);
    if (near) { near.x += x; near.y += y; near.n += 1; } else clusters.push({ x, y, n: 1 });
  }
  return clusters.filter(c => c.n > 8).map(c => [c.x / c.n + 0.5, c.y / c.n + 0.5]);
}"""
"""Where pixels of the markers' colour lie together."""


def test_paths_are_projected_to_where_the_library_draws_the_same_point(solid: Page) -> None:
    """A marker of the library itself at three places: its pixels are found again and compared."""
    places = solid.evaluate(
        f"""async () => {{
          const panel = {PANELS}[0];
          const {{ heightsOf, lossAt }} = await import('./js/plots/heights.js');
          const {{ surface }} = panel.scene;
          const heights = heightsOf(surface);
          const above = (x, y) => heights.loss(heights.share(lossAt(surface, x, y)) + 0.2);
          const places = [[-1.2, 1.9], [-2.3, -1.0], [-0.9, 0.6]].map(([x, y]) => [x, y, above(x, y)]);
          const marker = {{ size: 7, color: '#ff00ff', line: {{ width: 0 }} }};
          await Plotly.addTraces(panel.solid, {{
            type: 'scatter3d', mode: 'markers', hoverinfo: 'skip', marker,
            x: places.map(p => p[0]), y: places.map(p => p[1]), z: places.map(p => heights.share(p[2])),
          }});
          panel.solid.style.zIndex = 9;
          return places.map(p => panel.stage.projection().to(...p));
        }}"""
    )
    view = solid.locator(".panel .map").first.bounding_box()
    assert view is not None

    def markers() -> list[list[float]]:
        return solid.evaluate(CLUSTERS, base64.b64encode(solid.screenshot(clip=view)).decode())

    eventually(solid, lambda: len(markers()) >= 2, True, seconds=60)
    rested(solid)
    found = markers()
    assert len(found) >= 2
    for x, y in found:
        nearest = min(((x - px) ** 2 + (y - py) ** 2) ** 0.5 for px, py in places)
        assert nearest < 2, (found, places)


def test_back_to_the_map(solid: Page) -> None:
    solid.keyboard.press("v")
    until(solid, "() => document.querySelectorAll('.panel.shows-solid').length === 0", seconds=30)
    settled(solid)
    flat = solid.evaluate(f"async () => {PANELS}.map(panel => panel.stage.projection().flat)")
    assert flat == [True, True]


def test_without_webgl_the_map_stays_and_says_why(visit: Visit) -> None:
    page = visit("/", library=True)
    page.evaluate(
        """() => {
          const get = HTMLCanvasElement.prototype.getContext;
          HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
            return kind.includes('webgl') ? null : get.call(this, kind, ...rest);
          };
        }"""
    )
    page.keyboard.press("v")
    until(page, "() => document.querySelector('.toolbar-note').textContent.includes('no WebGL')", seconds=30)
    assert page.locator(".panel.shows-solid").count() == 0
