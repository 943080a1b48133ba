"""A real Dask cluster on this machine: a scheduler and workers, processes of their own, by the documented commands."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clipscape.farm.runner import DaskRunner

PATIENCE = 60.0


class Cluster:
    """A scheduler and as many workers as are wanted."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "scheduler.json"
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}
        place = ("--host", "127.0.0.1", "--port", "0")
        self.scheduler = self._start("scheduler", *place, "--no-dashboard", "--scheduler-file", str(self._file))
        self.workers: list[subprocess.Popen[bytes]] = []
        self.address = self._read_address()

    def _start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", kind, *options]
        return subprocess.Popen(command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _read_address(self) -> str:
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            if self._file.exists() and (text := self._file.read_text()):
                address: str = json.loads(text)["address"]
                return address
            time.sleep(0.05)
        raise AssertionError("the scheduler did not start")

    def have(self, count: int) -> None:
        """See that so many workers are alive and known to the scheduler."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        options = (self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        self.workers += [self._start("worker", *options) for _ in range(count - len(self.workers))]
        asyncio.run(self._known(count))

    async def _known(self, count: int) -> None:
        runner, give_up = DaskRunner(self.address, PATIENCE), time.monotonic() + PATIENCE
        while await runner.count() != count:
            assert time.monotonic() < give_up, "the workers did not arrive"
            await asyncio.sleep(0.05)

    def close(self) -> None:
        """End all processes."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@contextmanager
def running_cluster(workers: int) -> Iterator[Cluster]:
    """Start a cluster; stop it at the end, whatever happened."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder))
        try:
            cluster.have(workers)
            yield cluster
        finally:
            cluster.close()
