"""What a Dask worker computes: some tiles, if it runs the server's release, and only as long as they are wanted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clipscape import ENGINE_VERSION, __version__
from clipscape.allocation import keep_freed_memory
from clipscape.sweeps import TileRequest
from clipscape.sweeps.computing import tile_job

if TYPE_CHECKING:
    from distributed import Worker

RELEASE = f"Clipscape {__version__} (engine {ENGINE_VERSION}, numpy {np.__version__})"
"""Results are the same bit for bit only where this is."""


class OtherReleaseError(Exception):
    """The worker runs another release than the server; the message says which."""


def compute(requests: Sequence[TileRequest], release: str) -> tuple[float, list[bytes]]:
    """Return how many seconds a tile took, and the bytes of `compute_tile` of each: none where nobody waits for it."""
    if release != RELEASE:
        raise OtherReleaseError(RELEASE)
    keep_freed_memory()
    worker, started = _present_worker(), time.perf_counter()
    answers = [_compute_one(request, worker) for request in requests]
    return (time.perf_counter() - started) / len(requests), answers


def _compute_one(request: TileRequest, worker: Worker | None) -> bytes:
    parts = []
    for part in tile_job(request):
        if part is not None:
            parts.append(part)
        elif worker is not None and _is_cancelled(worker):
            return b""
    return b"".join(parts)


def _present_worker() -> Worker | None:
    """Return the worker whose task this is, or None where it is a plain call."""
    from distributed import get_worker

    try:
        return get_worker()
    except ValueError:
        return None


def _is_cancelled(worker: Worker) -> bool:
    """Say whether the scheduler has taken the present task back: Dask itself lets a running function run to its end."""
    from distributed.utils import thread_state  # type: ignore[attr-defined]

    task = worker.state.tasks.get(thread_state.key)
    return task is None or task.state == "cancelled"
