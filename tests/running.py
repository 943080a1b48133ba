"""A real server in a process of its own, the default comparison, and reading what streams send."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any

import httpx2 as httpx
import psutil
from benchmarks.load.server import prepare_plotly


def experiment(**changes: Any) -> dict[str, Any]:
    """Return the default comparison: no clipping, norm and value, with `changes`."""
    variants = [{"name": kind.capitalize(), "clip": {"kind": kind}} for kind in ("none", "norm", "value")]
    return {"problem": {"kind": "cliff"}, "n_steps": 50, "variants": variants, **changes}


class RunningServer:
    """`clipscape serve` as a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process = process
        self.url = url
        self.port = int(url.rsplit(":", 1)[1])

    def workers(self) -> set[int]:
        """Process ids of its workers."""
        return {process.pid for process in psutil.Process(self.process.pid).children()}

    def cpu_seconds(self) -> float:
        """CPU time that it and its workers have used so far: what a request costs, whatever else the machine does."""
        server = psutil.Process(self.process.pid)
        return sum(map(_cpu_seconds, [server, *server.children()]))


def is_alive(pid: int) -> bool:
    """Say whether a process is there and has not ended."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@cache
def assets() -> Path:
    """Return a folder with Plotly compressed hastily: servers that begin by doing it well slow each other down."""
    folder = Path(tempfile.mkdtemp(prefix="clipscape-assets-"))
    atexit.register(shutil.rmtree, folder)
    prepare_plotly(folder)
    return folder


@contextmanager
def running_server(data_dir: Path, **variables: str) -> Iterator[RunningServer]:
    """Start a server with `CLIPSCAPE_<NAME>` variables on a free port; stop it at the end, whatever happened."""
    given = {"PORT": "0", "WORKERS": "1", "DATA_DIR": str(data_dir), "ASSETS_DIR": str(assets()), **variables}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLIPSCAPE_")}
    environment = {**inherited, **{f"CLIPSCAPE_{name}": value for name, value in given.items()}}
    command = [sys.executable, "-m", "clipscape", "serve"]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield RunningServer(process, _announced_url(process, log))
        finally:
            process.kill()
            process.wait()


def _announced_url(process: subprocess.Popen[bytes], log: IO[str]) -> str:
    """Wait until the server says where it listens. (It writes to a file: a pipe that nobody reads would fill up.)"""
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up and process.poll() is None:
        log.seek(0)
        if found := re.search(r"running on (http://\S+:\d+)", log.read()):
            return found[1]
        time.sleep(0.02)
    log.seek(0)
    raise AssertionError(f"the server did not start:\n{log.read()}")


def events(url: str, body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the events of a stream as they come, by name; closing the iterator closes the connection."""
    with httpx.stream("POST", url, json=body, timeout=60) as answer:
        assert answer.status_code == 200
        name = ""
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))


def gathered(url: str, body: dict[str, Any]) -> dict[str, list[Any]]:
    """Return all events of a stream by name."""
    found: dict[str, list[Any]] = {}
    for name, data in events(url, body):
        found.setdefault(name, []).append(data)
    return found
