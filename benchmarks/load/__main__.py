"""`make load`: print how the server stands a lecture, on loopback only; with `--quick` a small one in half a minute.

make load                            500 clients; a minute of overload: some three minutes in all
make load LOAD_ARGS="--clients 100"  fewer of them
make load LOAD_ARGS="--quick"        what the tests run: 100 clients, seconds of everything
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Coroutine, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import machine
from benchmarks.load.scenes import FREE_MS, Figures, clients_gone, deadlines, one_link, overload, own_sliders
from benchmarks.load.server import serving


@dataclass(frozen=True)
class Size:
    """How much is done."""

    clients: int = 500
    slider_seconds: float = 30.0
    peak_seconds: float = 10.0
    overload_seconds: float = 60.0
    leavers: int = 100


QUICK = Size(clients=100, slider_seconds=5.0, peak_seconds=2.0, overload_seconds=4.0, leavers=10)


def _run(scene: Coroutine[Any, Any, Figures]) -> Figures:
    """Play a scene in the event loop that costs the clients least."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(scene)


def play(size: Size) -> Iterator[tuple[str, Figures]]:
    """Play one scene after the other and yield its name and figures; all but the first two have their own server."""
    with serving() as server:
        yield "one link", _run(one_link(server, size.clients))
        yield "own sliders", _run(own_sliders(server, size.clients, size.slider_seconds))
    with serving(cache_bytes=8_000_000) as server:
        yield "overload", _run(overload(server, size.peak_seconds, size.overload_seconds))
    with serving(workers=2) as server:
        yield "client gone", _run(clients_gone(server, size.leavers))
    with serving(workers=2, deadline=0.2) as server:
        yield "deadline", _run(deadlines(server, size.leavers))


AIMS = {
    "one link": "no failure, 2 computations (the run and the map)",
    "own sliders": "no failure, p95 under 250 ms",
    "overload": "no failure but refusals, goodput at least 0.6 of the peak, recovery within 5 s, memory at most 1.1",
    "client gone": f"every worker free within {FREE_MS:g} ms",
    "deadline": f"every worker free within {FREE_MS:g} ms",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make load", description=__doc__, allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help="100 clients and seconds of everything")
    parser.add_argument("--clients", type=int, help="how many are in the lecture hall")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    size = QUICK if options.quick else Size()
    if options.clients:
        size = Size(**{**asdict(size), "clients": options.clients})
    print(", ".join(f"{name} {value}" for name, value in machine.describe().items()))
    print("Clients and server share this machine; generator_share is what the clients take of one core.")
    found = {}
    for name, figures in play(size):
        found[name] = asdict(figures)
        print(f"\n{name}: {AIMS[name]}")
        print(f"  {figures.requests} requests in {figures.seconds:.1f} s, {figures.failures} failures,", end=" ")
        print(f"p50 {figures.p50_ms:.0f} ms, p95 {figures.p95_ms:.0f} ms")
        print("  " + ", ".join(f"{key} {value:.4g}" for key, value in figures.more.items()), flush=True)
    if options.json:
        options.json.write_text(json.dumps({"machine": machine.describe(), "scenes": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
