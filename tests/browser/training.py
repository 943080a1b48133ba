"""What the tests do in the Recurrent tab, and what they read from it."""

from __future__ import annotations

from typing import Any

from acting import MAIN, frames, until
from playwright.sync_api import Page

from running import gathered

SMALL = "/?tab=recurrent&task=temporal_order&sequence_length=10&hidden_size=4&n_steps=60"
"""A run of a few milliseconds."""

LONG = "/?tab=recurrent&task=adding&sequence_length=150&hidden_size=24&learning_rate=0.01&n_steps=2000"
"""A run that no test waits for."""

LAB = f"({MAIN}).store.get().session.lab"


def lab(page: Page, what: str) -> Any:
    """Return something of the run on screen."""
    return page.evaluate(f"async () => {{ const run = {LAB}; return run && ({what}); }}")


def document(page: Page) -> Any:
    """Return the document, whatever is on screen."""
    return page.evaluate(f"async () => ({MAIN}).store.get().document")


def trained(page: Page) -> None:
    """Wait until a run was computed to its end and is on screen, as far as the clock goes."""
    until(page, f"async () => Boolean({LAB}?.complete)")
    page.wait_for_selector(".lab-bar[data-status=complete]")
    frames(page)
    until(page, f"async () => ({MAIN}).playback.resting()")


def training(page: Page, updates: int = 3) -> None:
    """Wait until some updates of a long run are on screen."""
    until(page, f"async updates => ({LAB}?.variants[0].steps ?? 0) >= updates", updates)
    page.wait_for_selector(".lab-column")


def clock(page: Page) -> dict[str, Any]:
    """Where the clock is, and how far it may go."""
    return page.evaluate(
        f"""async () => {{
          const {{ playback: {{ clock }} }} = {MAIN};
          const {{ step, reach, last, playing, following }} = clock;
          return {{ step, reach, last, playing, following }};
        }}"""
    )


def asked(url: str, experiment: Any) -> dict[str, list[Any]]:
    """Return the events of a stream, by name, as the API sends them."""
    body = {"version": 1, "experiment": {name: value for name, value in experiment.items() if value is not None}}
    return gathered(f"{url}/api/v1/simulate/stream", body)
