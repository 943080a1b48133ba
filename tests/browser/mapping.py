"""What the tests do in the Map tab, and what they read from it."""

from __future__ import annotations

from typing import Any

from acting import MAIN, frames, until
from playwright.sync_api import Page

from running import gathered

SMALL = "/?tab=map&resolution=12&n_steps=100"
"""A map of a few milliseconds."""

LONG = "/?tab=map&resolution=256&n_steps=4000"
"""A map that no test waits for."""

SWEEP = f"({MAIN}).store.get().session.sweep"
STATUSES = ["converged", "bounded", "stalled", "descending", "diverged"]


def mapped(page: Page, seconds: float = 20) -> None:
    """Wait until a map was computed to its end and is on screen."""
    until(page, f"async () => Boolean({SWEEP}?.complete)", seconds=seconds)
    page.wait_for_selector("#map[data-status=complete]")
    frames(page)


def document(page: Page) -> Any:
    """Return the document, whatever is on screen."""
    return page.evaluate(f"async () => ({MAIN}).store.get().document")


def place(page: Page, x: float, y: float, panel: int = 1) -> dict[str, float]:
    """Return the middle of a cell, in CSS pixels of the window."""
    return page.evaluate(
        f"""async ([x, y, panel]) => {{
          const {{ boxOf }} = await import('./js/plots/cellAxes.js');
          const {{ columns, rows }} = {SWEEP};
          const plot = document.querySelectorAll('.atlas-plot')[panel];
          const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
          const box = boxOf({{ width: plot.clientWidth, height: plot.clientHeight, rem }});
          const bounds = plot.getBoundingClientRect();
          return {{
            x: bounds.left + box.left + ((x + 0.5) / columns) * box.width,
            y: bounds.top + box.top + (1 - (y + 0.5) / rows) * box.height,
          }};
        }}""",
        [x, y, panel],
    )


def asked(url: str, document: Any) -> dict[str, list[Any]]:
    """Return the events of the map that a document shows, by name, as the API sends them."""
    view = document["view"].get("map", {})
    experiment = {name: value for name, value in document["experiment"].items() if value is not None}
    body = {"version": 1, "experiment": experiment, **{key: value for key, value in view.items() if key != "measure"}}
    for axis in ("x", "y"):
        body[axis] = {"scale": "log", **body[axis]}
    return gathered(f"{url}/api/v1/sweep", body)


def cells(events: dict[str, list[Any]], variant: int, quantity: str) -> list[Any]:
    """Return what all tiles say of one quantity, cell by cell."""
    start = events["start"][0]
    found: list[Any] = [None] * (len(start["x"]["values"]) * len(start["y"]["values"]))
    for tile in events["tile"]:
        for cell, value in zip(tile["cells"], tile["variants"][variant][quantity], strict=True):
            found[cell] = value
    return found


def outcomes(events: dict[str, list[Any]], variant: int) -> list[str]:
    """Return how every cell is shown: what was thrown out of the window says so unless it came back or diverged."""
    names = [STATUSES[status] for status in cells(events, variant, "status")]
    thrown = cells(events, variant, "thrown")
    ended = ("converged", "diverged")
    return ["thrown" if away and name not in ended else name for name, away in zip(names, thrown, strict=True)]
