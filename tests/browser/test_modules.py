"""The modules of the page one by one, in the browser that runs them."""

from __future__ import annotations

import base64
import json
import math
import re
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page

from clipscape.canonical import canonical_json
from clipscape.cost import estimate_fan
from clipscape.fans import unpack
from clipscape.readable import expand_query
from clipscape.scenario import Experiment
from clipscape.settings import load_settings
from clipscape.understanding import problem_of, understand
from readable_links import QUERIES


@pytest.fixture(scope="module")
def modules(chromium: Any, site: Any) -> Any:
    """A page that has loaded nothing but waits to import."""
    page = chromium.new_page()
    page.goto(site.url)
    yield page
    page.close()


RANGES = ((0.01, 100, "log", False), (0, 0.999, "linear", False), (1, 12, "linear", True), (10, 1000, "log", True))


def run(page: Page, module: str, call: str, argument: Any = None) -> Any:
    """Import a module and evaluate an expression in which `m` is the module and `a` the argument."""
    return page.evaluate(f"async a => {{ const m = await import('./js/{module}'); return {call}; }}", argument)


def test_numbers_read_well(modules: Page) -> None:
    cases = [0, 1, 0.1, 1234.5678, -2.5, 1e-7, 6.02e23, -1e300, 0.000999, 99999, None]
    assert run(modules, "lib/format.js", "a.map(v => m.number(v))", cases) == [
        *("0", "1", "0.1", "1230", "−2.5", "1\u202f×\u202f10⁻⁷"),
        *("6.02\u202f×\u202f10²³", "−1\u202f×\u202f10³⁰⁰", "9.99\u202f×\u202f10⁻⁴", "100000", "–"),
    ]


def test_typed_numbers_are_understood(modules: Page) -> None:
    cases = ["1", " 0,5 ", "1e-3", "−2", "+4.", ".5", "1.2.3", "abc", "", "1e", "Infinity", "0x10"]
    read = run(modules, "lib/format.js", "a.map(t => m.readNumber(t)).map(v => Number.isNaN(v) ? null : v)", cases)
    assert read == [1, 0.5, 0.001, -2, 4, 0.5, None, None, None, None, None, None]


def test_canonical_json_is_that_of_the_server(modules: Page) -> None:
    documents = [
        {"b": [1.0, 2.5, -0.0, 1e21, 1e-7, 123456789012345680000], "a": {"ü": None, "z": True, "": '\u2028"\\'}},
        [0.1 + 0.2, 5e-324, 1.7976931348623157e308, 100, 1e6, 0.000001],
        {"version": 1, "experiment": {"n_steps": 300, "start": [-1.29, 1.95]}},
    ]
    for document in documents:
        text = run(modules, "state/canonical.js", "m.canonicalJson(a)", document)
        assert text == canonical_json(json.loads(json.dumps(document)))


def test_notches_are_round_ascending_and_keep_their_ends(modules: Page) -> None:
    for low, high, scale, integer in RANGES:
        given = {"low": low, "high": high, "scale": scale, "integer": integer}
        values = run(modules, "lib/scale.js", "m.notches(a)", given)
        assert values[0] == low
        assert values[-1] == high
        assert values == sorted(set(values))
        assert len(values) <= 41
        if integer:
            assert all(value == int(value) for value in values)
    assert 1 in run(modules, "lib/scale.js", "m.notches(a)", {"low": 0.01, "high": 100, "scale": "log"})


def test_ticks_are_round_and_inside(modules: Page) -> None:
    assert run(modules, "lib/scale.js", "m.linearTicks(-2.6, 1.9, 5)") == [-2, -1, 0, 1]
    assert run(modules, "lib/scale.js", "m.logTicks(1e-7, 400, 5)") == pytest.approx([1e-6, 1e-4, 1e-2, 1, 100])
    assert run(modules, "lib/scale.js", "m.logTicks(2, 7, 5)") == [2, 5]
    assert run(modules, "lib/scale.js", "m.logTicks(1.15, 1.68, 4)") == [1.2, 1.4, 1.6]


def test_arrays_are_read_from_lists_and_from_base64(modules: Page) -> None:
    array = np.array([[1.5, math.inf], [math.nan, -2.0]])
    for dtype in ("f4", "f8"):
        wire = {
            "dtype": dtype,
            "shape": [2, 2],
            "bdata": base64.b64encode(array.astype(f"<{dtype}").tobytes()).decode(),
        }
        read = run(modules, "lib/arrays.js", "[...m.decodeArray(a).data].map(String)", wire)
        assert read == ["1.5", "Infinity", "NaN", "-2"]
    read = run(
        modules,
        "lib/arrays.js",
        "(d => [[...d.data].map(String), d.shape])(m.decodeArray(a))",
        [[1.5, None], [None, -2]],
    )
    assert read == [["1.5", "NaN", "NaN", "-2"], [2, 2]]


def test_inflating_stops_at_its_bound(modules: Page) -> None:
    script = """(async () => {
      const packed = await m.deflate('a'.repeat(5000000));
      const reason = await m.inflate(packed, 65536).then(() => 'inflated', error => error.reason);
      return [reason, packed.length < 10000];
    })()"""
    assert run(modules, "lib/deflate.js", f"await {script}") == ["too large", True]


def test_a_segment_is_cut_at_the_box(modules: Page) -> None:
    box = {"left": 0, "top": 0, "width": 100, "height": 50}
    cases = [
        [-50, 25, 50, 25],
        [10, 10, 20, 20],
        [-5, -5, -1, -1],
        [50, 25, 1e9, 25],
        [50, -1e12, 50, 1e12],
        [0, 0, math.nan, 1],
    ]
    cut = run(
        modules,
        "plots/projection.js",
        "a[1].map(s => m.clipSegment(...s.map(v => v ?? NaN), a[0]))",
        [box, [[None if v != v else v for v in c] for c in cases]],
    )
    assert cut[0] == [0, 25, 50, 25]
    assert cut[1] == [10, 10, 20, 20]
    assert cut[2] is None
    assert cut[3] == pytest.approx([50, 25, 100, 25])
    assert cut[4] == pytest.approx([50, 0, 50, 50], abs=1e-3)
    assert cut[5] is None


def test_heights_keep_order_and_use_their_range(modules: Page) -> None:
    script = """(() => {
      const z = Float64Array.from({ length: 400 }, (_, i) => (i % 20) ** 4 / 10 + Math.floor(i / 20));
      const surface = { z, columns: 20, rows: 20, optimalValue: 0, window: [[0, 1], [0, 1]] };
      const h = m.heightsOf(surface);
      const shares = [0, 1, 10, 100, 1000, 13051].map(h.share);
      return { shares, back: h.loss(h.share(123)), ticks: h.ticks };
    })()"""
    found = run(modules, "plots/heights.js", script)
    assert found["shares"] == sorted(found["shares"])
    assert found["shares"][0] == 0
    assert found["shares"][-1] == pytest.approx(1, abs=1e-4)
    assert found["back"] == pytest.approx(123)
    assert len(found["ticks"]) >= 2


def test_undo_remembers_settled_changes_only(modules: Page) -> None:
    script = """(() => {
      const store = m.createStore({ experiment: { rate: 1 }, view: { step: 0 } }, {});
      const set = (rate, passing) => store.update(d => ({ ...d, experiment: { rate } }), { passing });
      set(2, true); set(3, true); set(3); set(4); store.look({ step: 9 });
      const log = [store.get().document.experiment.rate];
      store.undo(); log.push(store.get().document.experiment.rate, store.get().document.view.step);
      store.undo(); log.push(store.get().document.experiment.rate, store.undo());
      store.redo(); store.redo(); log.push(store.get().document.experiment.rate, store.redo());
      set(5, true); store.look({ step: 1 });
      log.push(store.settled().experiment.rate, store.get().document.experiment.rate);
      return log;
    })()"""
    assert run(modules, "state/store.js", script) == [4, 3, 9, 1, False, 4, False, 4, 5]


def test_the_clock_starts_slowly_stops_at_the_end_and_moves_heads_last_in_slow_motion(modules: Page) -> None:
    script = """(() => {
      const clock = m.createClock();
      clock.setLast(10); clock.play(); clock.advance(0.25);
      const early = clock.position;
      const fast = m.createClock();
      fast.setLast(10); fast.setSpeed(4); fast.play(); fast.advance(0.25);
      for (let i = 0; i < 400; i += 1) clock.advance(0.016);
      const log = [fast.position / early, early, clock.position, clock.playing];
      clock.seek(3); clock.setSlow(true); clock.seek(3.5);
      log.push(clock.phase, clock.travel, clock.step);
      clock.seek(3.875); log.push(clock.phase, clock.travel);
      return log;
    })()"""
    times, early, position, playing, phase, travel, step, last_phase, last_travel = run(
        modules, "state/clock.js", script
    )
    assert times == 4
    assert 0.5 < early < 2
    assert (position, playing) == (10, False)
    assert (phase, travel, step) == (2, 0, 3)
    assert (last_phase, last_travel) == (3, pytest.approx(0.5))


def test_a_newer_question_makes_the_older_answer_worthless(modules: Page) -> None:
    script = """(async () => {
      const latest = m.createLatest();
      const wait = (ms, value) => () => new Promise(done => setTimeout(() => done(value), ms));
      const [slow, fast] = await Promise.all([latest.run(wait(80, 'old')), latest.run(wait(10, 'new'))]);
      const seen = [];
      const coalescer = m.createCoalescer(async q => { await wait(10)(); seen.push(q); });
      for (let q = 1; q <= 5; q += 1) coalescer.push(q);
      while (seen.length < 2) await wait(10)();
      await wait(30)();
      return [slow ?? null, fast, seen];
    })()"""
    assert run(modules, "api/latest.js", f"await {script}") == [None, "new", [1, 5]]


def test_of_three_questions_the_first_is_stopped_at_once(modules: Page) -> None:
    script = """(() => {
      const [latest, signals] = [m.createLatest(), []];
      for (let n = 0; n < 3; n += 1) latest.run((signal) => { signals.push(signal); return new Promise(() => {}); });
      return signals.map((signal) => signal.aborted);
    })()"""
    assert run(modules, "api/latest.js", script) == [True, False, False]


SUPERSEDED = """(async () => {
  const [names, states] = [new Set(), []];
  let asked = 0;
  const fetcher = async (path, { headers }) => {
    names.add(headers["clipscape-tab"]);
    asked += 1;
    const problem = { status: 409, headers: { "content-type": "application/problem+json" } };
    return asked % 2 ? new Response('{"code": "superseded"}', problem) : new Response('{"answer": 42}');
  };
  const client = m.createClient({ onConnection: (state) => states.push(state), fetcher });
  const wanted = await client.ask("a", { body: 1 }, (answer) => answer.answer);
  const leaving = new AbortController();
  setTimeout(() => leaving.abort(), 20);
  const stale = await client.ask("b", undefined, (answer) => answer, leaving.signal).catch((error) => error.name);
  return { wanted, stale, asked, states, names: [...names] };
})()"""


def test_a_superseded_question_is_asked_again_only_if_still_wanted_and_without_a_word(modules: Page) -> None:
    found = run(modules, "api/client.js", SUPERSEDED)
    assert (found["wanted"], found["stale"], found["asked"], found["states"]) == (42, "AbortError", 3, [])
    (name,) = found["names"]
    assert re.fullmatch("[A-Za-z0-9_-]{8,64}", name)


CROWDED = """(async () => {
  const states = [];
  const answers = [];
  const fetcher = (path, { body, signal }) => new Promise((resolve, reject) => {
    answers.push(() => resolve(new Response(body)));
    signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
  });
  const client = m.createClient({ onConnection: (state) => states.push(state), fetcher });
  const ask = (number, more = {}) => client.ask("simulate", { number, ...more }, (answer) => answer.number);
  const [first, second, third, slider] = [ask(1), ask(2), ask(3), ask(4, { axes: {} })];
  answers.slice(1).forEach((answer) => answer());
  const early = await Promise.all([second, third, slider]);
  const [before, late] = [answers.length, await Promise.race([first, new Promise((done) => setTimeout(done, 100))])];
  while (answers.length === before) await new Promise((done) => setTimeout(done, 20));
  answers[before]();
  return { early, late: late ?? null, last: await first, states };
})()"""


def test_of_three_questions_of_a_kind_the_oldest_waits_until_the_others_are_answered(modules: Page) -> None:
    found = run(modules, "api/client.js", CROWDED)
    assert found == {"early": [2, 3, 4], "late": None, "last": 1, "states": []}


def test_the_least_used_corner_is_chosen(modules: Page) -> None:
    script = """(() => {
      const path = Float64Array.from({ length: 40 }, (_, i) => (i % 2 ? 0.9 : 0.9));
      const run = { steps: 19, series: { params: path } };
      return m.quietCorner([run], [[0, 1], [0, 1]], [[0.1, 0.9]]);
    })()"""
    assert run(modules, "plots/corner.js", script) in ("br", "bl")


def test_formulas_hold_nothing_but_mathematics(modules: Page) -> None:
    script = """(() => {
      const math = m.formula('<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi><script>alert(1)</script>' +
        '<mtext id="evil" href="javascript:alert(3)">y</mtext></math>', 'x');
      return math.outerHTML;
    })()"""
    html = run(modules, "lib/mathml.js", script)
    assert "<script" not in html
    assert "evil" not in html
    assert "javascript" not in html
    assert "<mi>x</mi>" in html


def test_packed_notches_are_read_as_the_server_reads_them(modules: Page, site: Any) -> None:
    experiment = {
        "problem": {"kind": "rosenbrock"},
        "optimizer": {"kind": "momentum", "params": {"learning_rate": 0.3}},
        "n_steps": 60,
        "variants": [
            {"name": "None", "clip": {"kind": "none"}},
            {"name": "Late", "clip": {"kind": "norm", "position": "after"}},
            {"name": "Value", "clip": {"kind": "value"}},
        ],
    }
    axes = {"path": "variants.*.learning_rate", "values": [0.01, 0.1, 1.0, 10.0]}
    url = f"{site.url}/api/v1/simulate?arrays=packed"
    head, arrays = unpack(httpx.post(url, json={"experiment": experiment, "axes": axes}).content)
    page_has = modules.evaluate(
        """async body => {
          const { decodeFan } = await import('./js/api/fan.js');
          const headers = { 'content-type': 'application/json' };
          const options = { method: 'POST', headers, body: JSON.stringify(body) };
          const answer = await fetch('api/v1/simulate?arrays=packed', options);
          const fan = decodeFan(await answer.arrayBuffer());
          return fan.values.map((_, notch) => fan.at(notch, body.experiment).variants.map(({ name, steps, series }) =>
            ({ name, steps, ...Object.fromEntries(Object.entries(series).map(([key, data]) => [key, [...data]])) })));
        }""",
        {"experiment": experiment, "axes": axes},
    )
    for notch, variants in enumerate(page_has):
        for index, variant in enumerate(variants):
            row, steps = 4 * index + notch, head["variants"][index]["notches"][notch]["summary"]["n_steps"]
            assert (variant["name"], variant["steps"]) == (head["variants"][index]["name"], steps)
            for name, extra in (("params", 1), ("grad", 0), ("clip_input", 0), ("clipped", 0)):
                ours = np.stack([arrays[f"{name}.{k}"][row, : steps + extra] for k in range(2)], axis=1)
                assert np.allclose(variant[name], ours.reshape(-1), rtol=1e-14, atol=0), name
            for name, extra in (("loss", 1), ("angle", 0), ("fired", 0)):
                assert variant[name] == arrays[name][row, : steps + extra].tolist(), name
    assert any(variant["steps"] < 60 for variants in page_has for variant in variants), "nothing diverged"


def test_readable_links_mean_the_same_in_python(modules: Page) -> None:
    """The page reads them itself; the library and the command read them in Python."""
    catalog, presets = (modules.evaluate(f"async () => (await fetch('api/v1/{name}')).json()") for name in NAMES)
    script = "a.queries.map((query) => m.expandQuery(query, a.catalog, a.presets))"
    given = {"queries": QUERIES, "catalog": catalog, "presets": presets["presets"]}
    for query, read in zip(QUERIES, run(modules, "state/readable.js", script, given), strict=True):
        document, remarks = expand_query(query)
        assert read["remarks"] == remarks, query
        assert read["document"] == json.loads(json.dumps(document)), query


NAMES = ("catalog", "presets")


@pytest.mark.parametrize(("steps", "least"), [(300, 41), (1000, 21), (2000, 14), (5000, 5)])
@pytest.mark.parametrize("position", ["before", "after"])
def test_as_many_notches_are_asked_for_as_one_answer_may_hold(
    modules: Page, steps: int, least: int, position: str
) -> None:
    experiment = understand(Experiment.model_validate({
        "problem": {"kind": "cliff"},
        "n_steps": steps,
        "variants": [{"name": name, "clip": {"kind": "norm", "position": position}} for name in "abc"],
    }))  # fmt: skip
    argument = {"experiment": experiment.as_data(), "values": list(range(1, 42))}
    kept = run(modules, "api/questions.js", "m.affordable(a.experiment, a.values)", argument)
    assert len(kept) >= (41 if (steps, position) == (1000, "before") else least)
    assert {kept[0], kept[-1]} == {1, 41}
    price = estimate_fan(experiment, problem_of(experiment), len(kept))
    assert price.answer_bytes <= load_settings({}).max_answer_bytes
    assert price.seconds <= load_settings({}).max_cost


def test_an_axis_holds_the_largest_numbers_there_are_and_the_smallest(modules: Page) -> None:
    """A loss of 1e305 with its margin would be beyond all numbers, and the chart empty."""
    chart = {"scale": "log", "limits": [], "lines": [{"values": [1.0, 1e200, 1e305]}, {"values": [5e-324]}]}
    low, high, at_one, at_most, ticks = run(
        modules,
        "plots/axes.js",
        "(({ low, high, to, ticks }) => [low, high, to(1), to(1e305), ticks])(m.valueAxis(a, 0, 100, 16))",
        chart,
    )
    assert 0 < low <= 5e-324
    assert 1e305 <= high < math.inf
    assert 0 <= at_most < at_one < 100
    assert len(ticks) >= 2


def test_a_path_that_rests_is_drawn_with_few_strokes_and_none_of_its_points_is_half_a_pixel_away(modules: Page) -> None:
    steps = np.arange(1001)
    spiral = 300 * np.exp(-steps / 40)
    pixels = np.stack([400 + spiral * np.cos(steps / 3), 300 + spiral * np.sin(steps / 3)], axis=1)
    box = {"left": 0, "top": 0, "width": 2000, "height": 2000}
    argument = {"pixels": pixels.reshape(-1).tolist(), "box": box}
    segments = np.array(run(modules, "plots/ink.js", "m.visibleSegments(a, 0, 1000)", argument))
    assert len(segments) < 400
    assert np.allclose(segments[1:, :2], segments[:-1, 2:], rtol=0, atol=1e-9), "it is one line"
    assert np.allclose(segments[-1, 2:], pixels[-1], rtol=0, atol=1e-9), "it ends where the path ends"
    corners = np.vstack([segments[:1, :2], segments[:, 2:]])
    away = np.abs(pixels[:, None] - corners[None]).max(axis=2).min(axis=1)
    assert away.max() < 0.25
