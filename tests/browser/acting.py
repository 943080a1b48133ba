"""What the tests do on the page, and what they read from it."""

from __future__ import annotations

import base64
import json
import time
import zlib
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from clipscape.readable import expand_query

Visit = Callable[..., Page]

PATIENCE = 20
"""Seconds until something counts as never coming: machines that run other tests at the same time are slow."""
expect.set_options(timeout=1000 * PATIENCE)

STILL = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce", "color_scheme": "light"}
LIVELY = {**STILL, "reduced_motion": "no-preference"}
PHONE = {
    **STILL,
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}

SCRIPTS = "performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/js/main.js')).name.slice(0, -7)"
"""The folder of the page's scripts, also where a short link opens the page one folder deeper."""
MAIN = f"await import({SCRIPTS} + 'main.js')"

COUNT_CALLS = """() => {
  window.calls = [];
  for (const name of ['newPlot', 'react', 'restyle', 'relayout', 'update', 'animate', 'addTraces', 'redraw']) {
    const before = Plotly[name];
    Plotly[name] = (...args) => { window.calls.push(name); return before(...args); };
  }
}"""


def has_picture(page: Page) -> None:
    """Wait until every panel says how its run ended, and the settings are there."""
    page.wait_for_selector(".panel .badge[data-status]", timeout=1000 * PATIENCE)
    page.wait_for_selector("[data-control=threshold] input[type=range]", state="attached")


def state(page: Page) -> Any:
    """Document and clock."""
    return page.evaluate(
        f"""async () => {{
          const {{ store, playback: {{ clock }} }} = {MAIN};
          const {{ document, session }} = store.get();
          return {{ document, step: clock.step, playing: clock.playing, exact: session.result.exact }};
        }}"""
    )


def experiment(page: Page) -> Any:
    """What the document asks for."""
    return state(page)["document"]["experiment"]


def until(page: Page, script: str, argument: Any = None, seconds: float = PATIENCE) -> None:
    """Wait until a script is true. (Playwright's own waiting evaluates text in the page, which its policy forbids.)"""
    give_up = time.monotonic() + seconds
    while not page.evaluate(script, argument):
        assert time.monotonic() < give_up, f"never became true: {script}"
        page.wait_for_timeout(30)


def eventually(page: Page, read: Callable[[], Any], wanted: Any, seconds: float = PATIENCE) -> None:
    """Read again and again until it is what is wanted."""
    give_up = time.monotonic() + seconds
    while (found := read()) != wanted and time.monotonic() < give_up:
        page.wait_for_timeout(30)
    assert found == wanted


def frames(page: Page) -> None:
    """Let the page draw twice: what was wanted before, and what that drawing wanted."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))")


def pause(page: Page, milliseconds: float) -> None:
    """Let time pass in the page itself: what it had put off for less has happened by then, however busy the machine."""
    page.evaluate("milliseconds => new Promise(done => setTimeout(done, milliseconds))", milliseconds)


def still(page: Page) -> None:
    """Wait until everything known so far is drawn; where it plays, for two frames."""
    frames(page)
    until(
        page,
        f"async () => {{ const {{ playback: {{ clock, resting }} }} = {MAIN}; return clock.playing || resting(); }}",
    )


def written(page: Page) -> None:
    """Wait until the document is settled, and until the address bar holds it."""
    until(
        page,
        f"""async () => {{
          const {{ store }} = {MAIN};
          const {{ encodeLink }} = await import({SCRIPTS} + 'state/link.js');
          return store.get().document === store.settled() && location.hash === await encodeLink(store.settled());
        }}""",
    )


def settled(page: Page) -> None:
    """Wait until the exact answer to the present document is on screen."""
    until(
        page,
        f"""async () => {{
          const {{ store }} = {MAIN};
          const {{ same }} = await import({SCRIPTS} + 'state/canonical.js');
          const {{ filled }} = await import({SCRIPTS} + 'state/scenario.js');
          const {{ document, session }} = store.get();
          return session.result?.exact && same(session.result.experiment, filled(document, session.catalog).experiment);
        }}""",
    )
    still(page)


def fresh(page: Page, label: str) -> str:
    """Return the link of a line of the share dialog once it is that of what the dialog says now."""
    line = page.get_by_role("textbox", name=label)
    expect(line).not_to_have_attribute("aria-busy", "true")
    return line.input_value()


def travel(page: Page, query: str) -> None:
    """Open what a readable link says on a page that is open already, as going through the history does."""
    document, remarks = expand_query(query)
    assert remarks == []
    deflater = zlib.compressobj(wbits=-15)
    packed = deflater.compress(json.dumps(document).encode()) + deflater.flush()
    link = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    page.evaluate(f"async link => {{ window.before = ({MAIN}).store.settled(); location.hash = link; }}", f"#1.{link}")
    until(page, f"async () => ({MAIN}).store.settled() !== window.before")
    settled(page)


def path_pixels(page: Page, panel: int) -> list[float]:
    """Where the path of a panel lies, x and y in turn, in CSS pixels of its map."""
    return page.evaluate(f"async panel => [...({MAIN}).page.panels()[panel].stage.report().pixels]", panel)


def sentences(page: Page) -> list[str]:
    """How every run ended."""
    return page.locator(".panel .sentence").all_inner_texts()


def control(page: Page, name: str) -> Locator:
    """The slider of a setting."""
    return page.locator(f"[data-control={name}] input[type=range]").first


def typed(page: Page, name: str) -> Locator:
    """The text field of a setting."""
    return page.locator(f"[data-control={name}] input.typed").first


def type_value(page: Page, name: str, value: str) -> None:
    """Type a value and leave the field."""
    field = typed(page, name)
    field.fill(value)
    field.press("Enter")


def painted(canvas: Locator) -> int:
    """How many pixels of a canvas are not empty."""
    return canvas.evaluate(
        """canvas => {
          const { data } = readable(canvas).getImageData(0, 0, canvas.width, canvas.height);
          let count = 0;
          for (let place = 3; place < data.length; place += 4) count += data[place] > 0;
          return count;
        }"""
    )


def plotly_ready(page: Page) -> None:
    """Wait until the figure library has taken over the maps, fine ones, so that nothing more is to come by itself."""
    count = "document.querySelectorAll('.library.is-drawn').length === document.querySelectorAll('.panel').length"
    fine = f"({MAIN}).store.get().session.surface.columns >= 121"
    until(page, f"async () => window.Plotly && {fine} && {count}", seconds=30)
