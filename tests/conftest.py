"""Fixtures that several folders use: an application in this process, and a real server in another."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, by numpy; workers and benchmarks set it, too

import brotli
import pytest
from fastapi.testclient import TestClient

from clipscape.api.app import create_app
from clipscape.plotly_file import PlotlyFile
from clipscape.settings import Settings, load_settings
from facts import write_recorded


def pytest_sessionfinish() -> None:
    """Keep how close comparisons with stated numbers came, where `make figures` asks for it."""
    write_recorded()


def experiment(**changes: Any) -> dict[str, Any]:
    """Return the default comparison: no clipping, norm and value, with `changes`."""
    variants = [{"name": kind.capitalize(), "clip": {"kind": kind}} for kind in ("none", "norm", "value")]
    return {"problem": {"kind": "cliff"}, "n_steps": 50, "variants": variants, **changes}


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which Plotly counts as compressed already, so that no test pays for that."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "assets").mkdir()
    for suffix, compress in ((".gz", gzip.compress), (".br", brotli.compress)):
        file = folder / "assets" / f"{PlotlyFile(folder).name}{suffix}"
        file.write_bytes(compress(f"stands for {suffix}".encode()))
    return folder


@pytest.fixture(scope="session")
def settings(data_dir: Path) -> Settings:
    """Return the default settings with one worker."""
    return load_settings({}, workers=1, data_dir=data_dir)


@pytest.fixture(scope="session")
def client(settings: Settings) -> Iterator[TestClient]:
    """Return a client of an application in this process; an error of the server is a failure of the test."""
    with TestClient(create_app(settings)) as client:
        yield client


class RunningServer:
    """`clipscape serve` as a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process = process
        self.url = url
        self.port = int(url.rsplit(":", 1)[1])


@contextmanager
def running_server(data_dir: Path, **variables: str) -> Iterator[RunningServer]:
    """Start a server with `CLIPSCAPE_<NAME>` variables on a free port; stop it at the end, whatever happened."""
    given = {"PORT": "0", "WORKERS": "1", "DATA_DIR": str(data_dir), **variables}
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
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up and process.poll() is None:
        log.seek(0)
        if found := re.search(r"running on (http://\S+:\d+)", log.read()):
            return found[1]
        time.sleep(0.02)
    log.seek(0)
    raise AssertionError(f"the server did not start:\n{log.read()}")
