"""Interleaved rounds: every implementation once in turn, so that a change of the machine's speed hits all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import process_time


def interleaved(candidates: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return CPU seconds of each round of each candidate. Everything has run once before the first round."""
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, call in candidates.items():
            started = process_time()
            call()
            times[name].append(process_time() - started)
    return times


def ratio(peer: list[float], ours: list[float]) -> float:
    """Return the median over rounds of peer / ours: above 1 the peer is slower."""
    return median(p / o for p, o in zip(peer, ours, strict=True))
