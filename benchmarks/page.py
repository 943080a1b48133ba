"""What a visitor feels: time from request to answer over loopback, and frames per second, training or not."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from statistics import median
from typing import Any

REQUESTS = 100
TRAINING = "?tab=recurrent&task=adding&sequence_length=100&hidden_size=40&n_steps=5000"
"""Three variants, longer than any measurement."""
COUNT_FRAMES = """seconds => new Promise(done => {
  const times = [];
  const note = now => {
    times.push(now);
    if (now - times[0] < seconds * 1000) requestAnimationFrame(note); else done(times);
  };
  requestAnimationFrame(note);
})"""


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running_server() -> Iterator[int]:
    """Start a server on a free port; yield the port."""
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        environment = os.environ | {"CLIPSCAPE_DATA_DIR": data}
        command = [sys.executable, "-m", "clipscape", "serve", "--port", str(port)]
        server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_until_ready(port, server)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_until_ready(port: int, server: subprocess.Popen[bytes]) -> None:
    """Return once the server answers. Raises RuntimeError when it ends or takes longer than 30 seconds."""
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError("the server ended")
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            try:
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            except ConnectionError:
                time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def scenario(learning_rate: float) -> bytes:
    """Return the default comparison with one number changed, so that no two requests are the same."""
    kinds = ("none", "norm", "value")
    experiment = {
        "problem": {"kind": "cliff"},
        "optimizer": {"kind": "sgd", "params": {"learning_rate": learning_rate}},
        "n_steps": 300,
        "variants": [{"name": kind, "clip": {"kind": kind}} for kind in kinds],
    }
    return json.dumps({"version": 1, "experiment": experiment}).encode()


def request_times(port: int, bodies: list[bytes], query: str) -> list[float]:
    """Send one after the other over one connection; return milliseconds from sending to the last byte."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    times = []
    for body in bodies:
        started = time.perf_counter()
        connection.request("POST", f"/api/v1/simulate{query}", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        times.append((time.perf_counter() - started) * 1e3)
        if answer.status != 200:
            raise RuntimeError(content.decode())
    return times


@contextmanager
def open_page(address: str) -> Iterator[Any]:
    """Open an address in Chromium; yield the page."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CLIPSCAPE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    arguments = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        yield page
        browser.close()


def frame_intervals(port: int, seconds: float = 6.0) -> list[float]:
    """Let the page play, and return milliseconds between frames."""
    with open_page(f"http://127.0.0.1:{port}/") as page:
        page.wait_for_function("() => Number(document.querySelector('.player-now')?.textContent) >= 5", timeout=60_000)
        times = page.evaluate(COUNT_FRAMES, seconds)
        still_playing = page.locator(".player [aria-label^=Pause]").count() == 1
    if not still_playing:
        raise RuntimeError("the page did not play to the end of the measurement")
    return [later - earlier for earlier, later in pairwise(times)]


def training_frames(port: int, seconds: float = 4.0) -> tuple[list[float], float]:
    """Watch a training while it is computed; return milliseconds between frames, and of script in each."""
    with open_page(f"http://127.0.0.1:{port}/{TRAINING}") as page:
        page.wait_for_selector(".lab-column")
        page.wait_for_timeout(500)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        before = script_seconds(session)
        times = page.evaluate(COUNT_FRAMES, seconds)
        spent = script_seconds(session) - before
        still_computing = page.locator(".lab-bar[data-status=running]").count() == 1
    if not still_computing:
        raise RuntimeError("the training ended before the measurement")
    return [later - earlier for earlier, later in pairwise(times)], spent * 1e3 / len(times)


def script_seconds(session: Any) -> float:
    """Return how long the page has run scripts so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "ScriptDuration"))


def measure_page() -> dict[str, float]:
    """Return the figures of the table, in milliseconds."""
    with running_server() as port:
        request_times(port, [scenario(0.5 + index * 1e-4) for index in range(10)], "")
        fresh = [scenario(0.1 + index * 1e-4) for index in range(REQUESTS)]
        computed = request_times(port, fresh, "")
        packed = request_times(port, [scenario(0.2 + index * 1e-4) for index in range(REQUESTS)], "?arrays=base64")
        again = request_times(port, fresh, "")
        intervals = sorted(frame_intervals(port))
        streaming, script = training_frames(port)
        streaming.sort()
    return {
        "request p50, computed, JSON lists, ms": median(computed),
        "request p95, computed, JSON lists, ms": sorted(computed)[int(0.95 * REQUESTS)],
        "request p50, computed, base64, ms": median(packed),
        "request p50, asked before, ms": median(again),
        "frame interval p50, 3 panels playing, ms": median(intervals),
        "frame interval p95, 3 panels playing, ms": intervals[int(0.95 * len(intervals))],
        "frame interval p50, training, ms": median(streaming),
        "frame interval p95, training, ms": streaming[int(0.95 * len(streaming))],
        "script in a frame, training, ms": script,
    }
