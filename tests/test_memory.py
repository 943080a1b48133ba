"""A worker's memory of snapshots is bounded and keeps what was used last."""

from __future__ import annotations

import numpy as np

from clipscape.memory import SnapshotMemory
from clipscape.planes import Path


def run(numbers: int) -> tuple[Path, ...]:
    """Return snapshots of 8 x `numbers` bytes, shared out over two variants."""
    return tuple(Path(name, np.arange(1), np.zeros((1, numbers // 2))) for name in "ab")


def test_what_was_used_last_is_kept_and_the_rest_forgotten() -> None:
    memory = SnapshotMemory(capacity=8 * 300)
    runs = {name: run(100) for name in "xyz"}
    for name in "xyz":
        memory.remember(name, runs[name])
    assert memory.size == 8 * 300
    assert memory.recall("x") is runs["x"]
    memory.remember("w", run(100))
    assert memory.recall("y") is None
    assert memory.recall("x") is runs["x"]
    assert memory.size == 8 * 300


def test_the_latest_run_is_kept_whatever_its_size() -> None:
    memory = SnapshotMemory(capacity=100)
    memory.remember("small", run(4))
    huge = run(1000)
    memory.remember("huge", huge)
    assert memory.recall("huge") is huge
    assert memory.recall("small") is None


def test_the_same_run_again_takes_no_more_room() -> None:
    memory = SnapshotMemory()
    for _ in range(3):
        memory.remember("x", run(100))
    assert memory.size == 800
