"""Fixtures that several folders use: an application in this process, its settings and its folder."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, by numpy; workers and benchmarks set it, too

import brotli
import pytest
from fastapi.testclient import TestClient

from clipscape.api.app import create_app
from clipscape.plotly_file import PlotlyFile
from clipscape.settings import Settings, load_settings
from facts import write_recorded
from running import RunningServer, experiment, running_server

__all__ = ["RunningServer", "experiment", "running_server"]


def pytest_sessionfinish() -> None:
    """Keep how close comparisons with stated numbers came, where `make figures` asks for it."""
    write_recorded()


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
