"""What a worker remembers of its last runs: snapshots of the weights, so that a plane needs no second run."""

from __future__ import annotations

from collections import OrderedDict

from clipscape.planes import Path

CAPACITY = 48_000_000
"""Bytes of snapshots that one worker keeps; the latest run is kept even where it is larger."""

Paths = tuple[Path, ...]


class SnapshotMemory:
    """Snapshots of runs by the hash of their experiment; the least recently used go first."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._runs: OrderedDict[str, Paths] = OrderedDict()

    def remember(self, key: str, paths: Paths) -> None:
        """Keep the snapshots of a run, and forget old ones where there is no room for both."""
        self._runs[key] = paths
        self._runs.move_to_end(key)
        while len(self._runs) > 1 and self.size > self._capacity:
            self._runs.popitem(last=False)

    def recall(self, key: str) -> Paths | None:
        """Return the snapshots of a run, or None if they are not known any more."""
        if key in self._runs:
            self._runs.move_to_end(key)
        return self._runs.get(key)

    @property
    def size(self) -> int:
        """Bytes of all snapshots."""
        return sum(path.points.nbytes for paths in self._runs.values() for path in paths)
