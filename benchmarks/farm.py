"""A large map on a Dask cluster of this machine: two workers against one, wall time."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from statistics import median

from benchmarks.sweeps import document
from clipscape.farm.faults import FarmError
from clipscape.farm.runner import DaskRunner
from clipscape.processes import WORKER_ENVIRONMENT
from clipscape.sweeps import TileRequest, compute_tile, read_sweep_ask, tiles

RESOLUTION, PATIENCE, TARGET = 256, 120.0, 1.7


def measure_farm(rounds: int) -> dict[str, float]:
    """Return seconds of the map with one worker and with two, and their ratio; the bits are compared first."""
    requests = tiles(read_sweep_ask({**document(), "resolution": RESOLUTION}, "base64"))
    here = [compute_tile(request) for request in requests]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        place = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        with _process("scheduler", *place), _process("worker", *_joining(file)):
            address = _address(file)
            one = _seconds(address, 1, requests, here, rounds)
            with _process("worker", *_joining(file)):
                two = _seconds(address, 2, requests, here, rounds)
    return {"one worker, s": one, "two workers, s": two, "times as fast": one / two}


def _joining(file: Path) -> tuple[str, ...]:
    return "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--no-dashboard"


@contextmanager
def _process(kind: str, *options: str) -> Iterator[None]:
    command = [sys.executable, "-m", "dask", kind, *options]
    environment = {**os.environ, **WORKER_ENVIRONMENT}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _address(file: Path) -> str:
    give_up = time.monotonic() + PATIENCE
    while not file.exists() or not file.read_text():
        if time.monotonic() > give_up:
            raise FarmError("the Dask scheduler did not start")
        time.sleep(0.05)
    return str(json.loads(file.read_text())["address"])


def _seconds(address: str, workers: int, requests: list[TileRequest], expected: list[bytes], rounds: int) -> float:
    """Return the median over rounds, after one that compares all bytes and is not counted."""

    async def measured() -> list[float]:
        runner, found = DaskRunner(address, PATIENCE), []
        while await runner.count() < workers:
            await asyncio.sleep(0.05)
        for _ in range(rounds + 1):
            started = time.perf_counter()
            async with aclosing(runner.run(requests)) as results:
                answers = {index: answer async for index, answer in results}
            found.append(time.perf_counter() - started)
            if [answers[index] for index in range(len(requests))] != expected:
                raise ValueError("a Dask worker computed other bytes than this process")
        return found[1:]

    return median(asyncio.run(measured()))
