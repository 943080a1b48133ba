"""Fixtures that several folders use: an application in this process, and a real server in another."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import brotli
import pytest
from fastapi.testclient import TestClient

from clipscape.api.app import create_app
from clipscape.plotly_file import PlotlyFile
from clipscape.settings import Settings, load_settings


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

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
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
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"running on (http://\S+:\d+)", line):
                yield RunningServer(process, found[1])
                break
        else:
            raise AssertionError("the server did not start")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
