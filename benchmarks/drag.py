"""What a hand on a slider feels: how long all notches take, how much travels, how evenly frames come while it moves."""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from itertools import pairwise
from statistics import median
from typing import Any

from benchmarks.page import running_server, scenario

ROUNDS = 40
SECONDS = 6.0
REACH = 70
"""Pixels to either side of where the thumb was grabbed."""

AIMS = {
    "all notches, request to decoded, p50, ms": 120.0,
    "all notches on the wire, kB, threshold": 400.0,
    "all notches on the wire, kB, learning rate": 400.0,
    "frame interval p50, dragging, ms": 17.0,
    "frame interval p95, dragging, ms": 34.0,
    "requests during the drag": 0.0,
}

ALL_NOTCHES = """async ({ experiments, axes }) => {
  const { decodeFan } = await import('./js/api/fan.js');
  const [times, sizes] = [[], []];
  for (const experiment of experiments) {
    performance.clearResourceTimings();
    const began = performance.now();
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ ...experiment, axes });
    const answer = await fetch('api/v1/simulate?arrays=packed', { method: 'POST', headers, body });
    const fan = decodeFan(await answer.arrayBuffer());
    axes.values.forEach((_, notch) => fan.at(notch, experiment));
    times.push(performance.now() - began);
    sizes.push(performance.getEntriesByType('resource').at(-1).encodedBodySize);
  }
  return { times, sizes };
}"""

WATCH = """() => {
  window.watched = { frames: [], moves: 0 };
  const note = now => { window.watched.frames.push(now); window.watching = requestAnimationFrame(note); };
  requestAnimationFrame(note);
  const slider = document.querySelector('[data-control=threshold] input[type=range]');
  slider.addEventListener('input', () => { window.watched.moves += 1; });
}"""


def measure_drag() -> dict[str, float]:
    """Return the figures of the table."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CLIPSCAPE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    arguments = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
    with running_server() as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_selector(".panel .badge[data-status]")
        page.wait_for_timeout(6000)
        figures = notches(page) | dragging(page)
        browser.close()
    return figures


def notches(page: Any) -> dict[str, float]:
    """Ask for 41 notches of three variants again and again, never for the same ones."""
    thresholds = [float(f"{0.01 * 10 ** (notch / 10):.2g}") for notch in range(41)]
    rates = [float(f"{0.001 * 10 ** (notch * 3 / 40):.2g}") for notch in range(41)]
    experiments = [json.loads(scenario(0.05 + index * 1e-3)) for index in range(ROUNDS + 5)]
    along = {"path": "variants.*.threshold", "values": thresholds}
    told = page.evaluate(ALL_NOTCHES, {"experiments": experiments, "axes": along})
    steeper = page.evaluate(
        ALL_NOTCHES,
        {"experiments": experiments[:3], "axes": {"path": "optimizer.params.learning_rate", "values": rates}},
    )
    times = sorted(told["times"][5:])
    return {
        "all notches, request to decoded, p50, ms": median(times),
        "all notches, request to decoded, p95, ms": times[int(0.95 * len(times))],
        "all notches on the wire, kB, threshold": max(told["sizes"]) / 1e3,
        "all notches on the wire, kB, learning rate": max(steeper["sizes"]) / 1e3,
    }


def dragging(page: Any) -> dict[str, float]:
    """Move the thumb of the threshold to and fro with the mouse."""
    slider = page.locator("[data-control=threshold] input[type=range]").first
    bounds = slider.bounding_box()
    share = float(slider.input_value()) / float(slider.get_attribute("max"))
    x, y = bounds["x"] + 9 + share * (bounds["width"] - 18), bounds["y"] + bounds["height"] / 2
    page.mouse.move(x, y)
    page.wait_for_timeout(1500)
    page.mouse.down()
    page.wait_for_timeout(300)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate(WATCH)
    before, until = _main_thread(session), time.monotonic() + SECONDS
    move = 0
    while time.monotonic() < until:
        move += 1
        page.mouse.move(x + REACH * math.sin(move / 12), y)
    after = _main_thread(session)
    watched = page.evaluate("() => { cancelAnimationFrame(window.watching); return window.watched; }")
    page.mouse.up()
    intervals = sorted(later - earlier for earlier, later in pairwise(watched["frames"]))
    return {
        "frame interval p50, dragging, ms": median(intervals),
        "frame interval p95, dragging, ms": intervals[int(0.95 * len(intervals))],
        "requests during the drag": float(len(asked)),
        "pictures drawn a second": watched["moves"] / SECONDS,
        "main thread for each, CPU ms": (after - before) * 1e3 / max(1, watched["moves"]),
    }


def _main_thread(session: Any) -> float:
    """CPU seconds of the page's main thread so far."""
    metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])
