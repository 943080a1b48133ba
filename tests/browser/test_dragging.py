"""Dragging without waiting: nothing is asked while the thumb moves, nothing stale is drawn, going back is free."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from acting import (
    MAIN,
    control,
    eventually,
    experiment,
    frames,
    path_pixels,
    pause,
    settled,
    state,
    still,
    type_value,
    until,
)
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Request, Route

ANSWERED = "performance.getEntriesByType('resource').filter(e => e.name.includes('packed') && e.responseEnd).length"
FINE = 121
"""Points per side of a fine map."""


EXACT = f"async () => ({MAIN}).store.get().session.result.exact"


class Traffic:
    """What the page asks the server, in order: the axis of a batch, else the last part of the address.

    The fine map that is fetched when nothing more urgent is wanted does not count.
    """

    def __init__(self, page: Page) -> None:
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        self.stopped: list[str] = []
        self.ended: list[Request] = []
        page.on("request", self._on_request)
        page.on("requestfinished", lambda request: self.ended.append(request))
        page.on("requestfailed", self._on_failure)

    def _name(self, request: Request) -> str:
        body = json.loads(request.post_data or "{}")
        return str(body.get("axes", {}).get("path") or request.url.partition("/v1/")[2].partition("?")[0])

    def _on_request(self, request: Request) -> None:
        body = json.loads(request.post_data or "null")
        if "/api/v1/" in request.url and (body or {}).get("resolution") != FINE:
            self.asked.append(self._name(request))
            self.bodies.append(body)

    def _on_failure(self, request: Request) -> None:
        self.stopped.append(self._name(request))
        self.ended.append(request)

    def taken(self) -> list[str]:
        """Return what was asked since the last call."""
        asked, self.asked = self.asked, []
        return asked


def thumb(page: Page, name: str) -> tuple[float, float]:
    slider = control(page, name)
    slider.scroll_into_view_if_needed()
    bounds = slider.bounding_box()
    assert bounds is not None
    share = float(slider.input_value()) / float(slider.get_attribute("max") or 1)
    return bounds["x"] + 9 + share * (bounds["width"] - 18), bounds["y"] + bounds["height"] / 2


def batch_comes(page: Page) -> None:
    """Wait until a batch has been answered since the page was opened."""
    until(page, f"() => {ANSWERED} > 0")
    frames(page)


def follows(page: Page) -> None:
    """Wait until a picture from memory is shown, which is not the exact one."""
    until(page, f"async () => !(await ({EXACT})())")


def hold(page: Page, route: str, wanted: Callable[[Any], bool]) -> list[Route]:
    """Hold back the requests whose body is wanted; whoever has the list lets them go on."""
    held: list[Route] = []

    def on_route(route: Route) -> None:
        if wanted(json.loads(route.request.post_data or "{}")):
            held.append(route)
        else:
            route.continue_()

    page.route(route, on_route)
    return held


def test_hovering_fetches_all_notches_and_a_drag_asks_nothing_until_it_ends(page: Page) -> None:
    traffic = Traffic(page)
    x, y = thumb(page, "threshold")
    page.mouse.move(x, y)
    batch_comes(page)
    assert traffic.taken() == ["variants.*.threshold"]
    assert len(traffic.bodies[-1]["axes"]["values"]) == 41
    page.mouse.down()
    page.mouse.move(x + 20, y)
    follows(page)
    seen = set()
    for move in range(40):
        page.mouse.move(x + 3 * (move % 20), y)
        seen.add(tuple(path_pixels(page, 1)[20:24]))
    assert traffic.taken() == []
    assert len(seen) >= 8, "the picture did not follow the thumb"
    assert not state(page)["exact"]
    page.mouse.up()
    settled(page)
    assert traffic.taken() == ["simulate"], "letting go asks for the exact run, once"


def test_the_second_drag_and_going_back_cost_nothing(page: Page) -> None:
    traffic = Traffic(page)
    x, y = thumb(page, "learning_rate")
    page.mouse.move(x, y)
    batch_comes(page)
    page.mouse.down()
    page.mouse.move(x - 40, y, steps=5)
    page.mouse.up()
    settled(page)
    assert traffic.taken() == ["optimizer.params.learning_rate", "simulate"]
    page.mouse.down()
    page.mouse.move(x - 60, y, steps=5)
    follows(page)
    page.mouse.up()
    settled(page)
    assert traffic.taken() == ["simulate"], "the notches are known although the learning rate is another"
    before = experiment(page)
    for _ in range(2):
        page.keyboard.press("Control+z")
        settled(page)
    assert experiment(page)["optimizer"]["params"]["learning_rate"] == 0.1
    for _ in range(2):
        page.keyboard.press("Control+Shift+z")
        settled(page)
    assert experiment(page) == before
    assert traffic.taken() == []


def test_a_slider_grabbed_at_once_waits_for_its_notches_and_asks_nothing_else(page: Page) -> None:
    traffic = Traffic(page)
    held = hold(page, "**/simulate*", lambda body: "axes" in body)
    x, y = thumb(page, "threshold")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=8)
    eventually(page, lambda: len(held), 1)
    assert state(page)["exact"], "nothing to show yet"
    assert traffic.taken() == ["variants.*.threshold"]
    held[0].continue_()
    follows(page)
    shown = page.evaluate(
        f"async () => ({MAIN}).store.get().session.result.experiment.variants[1].clip.params.max_norm"
    )
    assert shown == experiment(page)["variants"][1]["clip"]["params"]["max_norm"] != 1
    assert traffic.taken() == []


def test_the_focus_fetches_and_arrow_keys_show_notches_until_they_are_released(page: Page) -> None:
    traffic = Traffic(page)
    control(page, "learning_rate").focus()
    batch_comes(page)
    assert traffic.taken() == ["optimizer.params.learning_rate"]
    for _ in range(5):
        page.keyboard.down("ArrowLeft")
    follows(page)
    assert traffic.taken() == []
    page.keyboard.up("ArrowLeft")
    settled(page)
    assert traffic.taken() == ["simulate"]
    page.keyboard.press("End")
    settled(page)
    traffic.taken()
    page.keyboard.press("End")
    type_value(page, "learning_rate", "0.0837")
    settled(page)
    assert traffic.taken() == ["simulate"], "a typed value is asked for exactly, the end of the slider not again"


def test_one_prefetch_at_a_time_and_none_for_touching_or_a_document_that_has_changed(page: Page) -> None:
    traffic = Traffic(page)
    held = hold(page, "**/simulate*", lambda body: "axes" in body)
    slider = control(page, "learning_rate")
    for kind in ("pointerenter", "pointerdown", "pointercancel"):
        slider.dispatch_event(kind, {"pointerType": "touch", "bubbles": True})
    for kind in ("pointerenter", "pointerleave"):  # who only passes over it
        slider.dispatch_event(kind, {"pointerType": "mouse"})
    page.mouse.move(*thumb(page, "threshold"))
    eventually(page, lambda: len(held), 1)
    assert traffic.taken() == ["variants.*.threshold"]
    page.mouse.move(*thumb(page, "learning_rate"))
    eventually(page, lambda: len(held), 2)
    assert traffic.taken() == ["optimizer.params.learning_rate"]
    eventually(page, lambda: traffic.stopped, ["variants.*.threshold"])  # the newer one takes the place of the older
    page.mouse.move(700, 20)  # or another slider comes to lie under the pointer
    page.locator(".settings-landscape select").first.select_option("rosenbrock")
    settled(page)
    eventually(page, lambda: traffic.stopped, ["variants.*.threshold", "optimizer.params.learning_rate"])
    assert len(held) == 2


def test_a_late_answer_is_never_drawn(page: Page) -> None:
    traffic = Traffic(page)
    shown = """async () => {
      const { store } = await import('./js/main.js');
      window.shown = [];
      store.subscribe(({ session: { result } }) => {
        const rate = result?.experiment.optimizer.params.learning_rate;
        if (rate !== undefined && rate !== window.shown.at(-1)) window.shown.push(rate);
      });
    }"""
    page.evaluate(shown)
    stale = lambda body: "axes" in body or body["experiment"]["optimizer"]["params"]["learning_rate"] == 0.3  # noqa: E731
    held = hold(page, "**/simulate*", stale)

    def ask_for_a_run() -> None:
        type_value(page, "learning_rate", "0.3")
        eventually(page, lambda: len(held), 1)

    def ask_for_notches() -> None:
        x, y = thumb(page, "learning_rate")
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 30, y, steps=4)
        eventually(page, lambda: len(held), 2)
        page.mouse.up()

    for ask, rate in ((ask_for_a_run, 0.02), (ask_for_notches, 0.04)):
        ask()
        type_value(page, "learning_rate", str(rate))
        settled(page)
        with suppress(PlaywrightError):  # the page has stopped asking by now, which is just as good
            held[-1].continue_()
        eventually(page, lambda: held[-1].request in traffic.ended, True)
        still(page)
        shown_rates = page.evaluate("window.shown")
        assert shown_rates[-1] == rate
        assert 0.3 not in shown_rates
        assert state(page)["exact"]


def test_a_dragged_start_draws_the_nearest_computed_runs_and_the_exact_one_at_rest(page: Page) -> None:
    traffic = Traffic(page)
    view = page.locator(".panel .map").nth(1)
    bounds = view.bounding_box()
    assert bounds is not None
    x, y = bounds["x"] + bounds["width"] * 0.4, bounds["y"] + bounds["height"] * 0.6
    page.mouse.move(x, y)
    page.mouse.down()
    for move in range(2000):  # until dragging has been fetched and a batch has come, starts are asked for one by one
        page.mouse.move(x + move % 2, y)
        if not page.evaluate(EXACT):
            break
    assert "start" in traffic.taken()
    # not with the mouse of the test, whose moves take long where the machine is busy: 300 moves in a circle of 6 pixels
    moved = page.evaluate(
        """async ([x, y]) => {
          const { store, page } = await import('./js/main.js');
          const view = document.querySelectorAll('.panel .map')[1];
          const starts = new Set();
          const single = [];
          const { fetch } = window;
          window.fetch = (address, how) => {
            if (!how?.body?.includes('"axes"')) single.push(address);
            return fetch(address, how);
          };
          for (let move = 0; move < 300; move += 1) {
            const [clientX, clientY] = [x + 6 * Math.cos(move / 20), y + 6 * Math.sin(move / 20)];
            const event = { clientX, clientY, pointerId: 1, pointerType: 'mouse', bubbles: true };
            view.dispatchEvent(new PointerEvent('pointermove', event));
            const { document, session: { result } } = store.get();
            const { surface: { window: [[left, right]] } } = store.get().session;
            const begin = result.variants[1].series.params;
            starts.add(`${begin[0]} ${begin[1]}`);
            const away = Math.hypot(begin[0] - document.experiment.start[0], begin[1] - document.experiment.start[1]);
            if (result.exact || away > 0.75 * (right - left) / 80) return { away, exact: result.exact, move };
          }
          await new Promise(done => setTimeout(done));
          window.fetch = fetch;
          return { starts: starts.size, single };
        }""",
        [x, y],
    )
    assert moved.get("starts", 0) >= 4, moved
    assert moved["single"] == [], "no request for a move"
    until(page, EXACT)
    page.mouse.up()
    settled(page)


STARTS = """async count => {
  const { createStarts } = await import('./js/starts.js');
  const asked = [];
  const fan = { bytes: 1000, at: notch => ({ notch }) };
  let time = 0;
  const batch = async (_experiment, path, places) => {
    asked.push({ path, places });
    return { ...fan, places, at: n => places[n] };
  };
  const rest = { variants: [{ clip: {} }], n_steps: 100, weight_decay: { kind: 'none' } };
  const document = start => ({ experiment: { ...rest, start } });
  const starts = createStarts({
    questions: { batch }, experimentOf: d => d.experiment, windowOf: () => [[0, 8], [0, 4]],
    onPicture: () => {}, onRest: () => {}, now: () => time,
  });
  const shown = [];
  for (let move = 0; move < count; move += 1) {
    const start = [1 + move * 6 / count, 2 + Math.sin(move * 6 / count)];
    const picture = starts.picture(document(start));
    shown.push(picture && [start, picture.result]);
    time += 16;
    await new Promise(done => setTimeout(done));
  }
  starts.letGo();
  return { asked, shown };
}"""


def test_batches_of_starts_run_ahead_of_the_pointer_and_are_few_and_answers_are_kept_by_their_size(page: Page) -> None:
    told = page.evaluate(STARTS, 300)
    pictures = [picture for picture in told["shown"] if picture]
    assert told["shown"][0] is None, "the first place is asked for by itself: it may be only a click"
    assert len(pictures) >= 290
    cell = 8 / 80
    far = max(max(abs(a - b) for a, b in zip(start, run, strict=True)) for start, run in pictures)
    assert far <= 0.501 * cell, "a run from elsewhere was drawn although a nearer one could be known"
    assert len(told["asked"]) <= 300 / 6
    places = [tuple(place) for batch in told["asked"] for place in batch["places"]]
    assert len(places) == len(set(places)), "a place was computed twice"
    assert all(len(batch["places"]) <= 64 for batch in told["asked"])
    assert all(0 <= x <= 8 and 0 <= y <= 4 for x, y in places)
    kept = page.evaluate(
        """async () => {
          const { createCache } = await import('./js/api/cache.js');
          const cache = createCache(100000);
          cache.set('a', { series: { loss: new Float64Array(4000) } });
          cache.set('b', { bytes: 40000 });
          cache.get('a');
          cache.set('c', [{ z: new Float32Array(8000) }]);
          cache.set('c', [{ z: new Float32Array(4000) }]);
          return ['a', 'b', 'c'].map(key => cache.get(key) !== undefined).concat(cache.size);
        }"""
    )
    assert kept == [True, False, True, 2]


def test_the_slider_of_one_variant_has_its_own_notches(page: Page) -> None:
    page.get_by_label("One threshold for all rules").uncheck()
    traffic = Traffic(page)
    own = page.locator(".variant").nth(2).locator("input[type=range]").first
    own.focus()
    batch_comes(page)
    assert traffic.taken() == ["variants.2.clip.params.clip_value"]
    page.keyboard.down("ArrowLeft")
    follows(page)
    page.keyboard.up("ArrowLeft")
    settled(page)
    assert traffic.taken() == ["simulate"]
    limits = [next(iter(variant["clip"]["params"].values()), None) for variant in experiment(page)["variants"][1:]]
    assert limits[0] == 1
    assert limits[1] < 1


def test_a_parameter_of_the_landscape_has_no_batch_and_follows_as_fast_as_answers_come(page: Page) -> None:
    traffic = Traffic(page)
    page.locator(".settings-landscape .params-fold summary").click()
    slider = page.locator(".settings-landscape .params-fold input[type=range]").first
    slider.focus()
    pause(page, 100)  # longer than it takes to seem to want it
    name = next(iter(experiment(page)["problem"]["params"]))
    shown = f"async () => ({MAIN}).store.get().session.result.experiment.problem.params[{name!r}]"
    before = page.evaluate(shown)
    page.keyboard.down("ArrowRight")
    until(page, f"async before => (await ({shown})()) !== before", before)
    assert set(traffic.taken()) == {"simulate", "surface"}, "no batch"
    page.keyboard.up("ArrowRight")
    settled(page)
    assert "simulate" not in traffic.taken(), "what was shown on the way is the exact answer"
