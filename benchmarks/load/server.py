"""A server as a process of its own, and what the system and the server itself tell about it."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]

from benchmarks.page import free_port, wait_until_ready
from clipscape.plotly_file import PlotlyFile

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Use:
    """What the processes of a server have used: CPU seconds so far, and memory now in bytes."""

    web_seconds: float
    worker_seconds: float
    web_bytes: int
    worker_bytes: int

    @property
    def all_seconds(self) -> float:
        """CPU seconds of all processes."""
        return self.web_seconds + self.worker_seconds

    @property
    def all_bytes(self) -> int:
        """Memory of all processes."""
        return self.web_bytes + self.worker_bytes


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    pid: int

    def use(self) -> Use:
        """Read what its processes have used; zeros where there is no /proc."""
        web, workers = _process(self.pid), [_process(child) for child in children(self.pid)]
        return Use(web[0], sum(seconds for seconds, _ in workers), web[1], sum(size for _, size in workers))


@contextmanager
def serving(**settings: Any) -> Iterator[Server]:
    """Start a server on a free loopback port with `CLIPSCAPE_<NAME>` settings; stop it at the end."""
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        prepare_plotly(Path(data))
        named = {"data_dir": data, "assets_dir": data, **settings}
        given = {f"CLIPSCAPE_{name.upper()}": str(value) for name, value in named.items()}
        command = [sys.executable, "-m", "clipscape", "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=os.environ | given, stdout=subprocess.DEVNULL)
        try:
            wait_until_ready(port, process)
            yield Server(port, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)


def prepare_plotly(folder: Path) -> None:
    """Compress Plotly hastily: a server that begins by doing it thoroughly would disturb what is measured."""
    plotly = PlotlyFile(folder)
    content = plotly.source.read_bytes()
    for suffix, packed in ((".gz", gzip.compress(content, 1)), (".br", brotli.compress(content, quality=1))):
        (folder / f"{plotly.name}{suffix}").write_bytes(packed)


def children(pid: int) -> list[int]:
    """Return the processes whose parent is `pid`; none where there is no /proc."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(_fields(file)[1]) == pid:
                found.append(int(file.parent.name))
        except OSError:
            continue
    return found


def _process(pid: int) -> tuple[float, int]:
    """CPU seconds and resident bytes of a process."""
    try:
        fields = _fields(Path(f"/proc/{pid}/stat"))
        return (int(fields[11]) + int(fields[12])) / _TICKS, int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0.0, 0


def _fields(stat: Path) -> list[str]:
    """The fields of /proc/<pid>/stat from the third on: the second may hold anything."""
    return stat.read_text().rsplit(")", 1)[1].split()
