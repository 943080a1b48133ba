"""`make bench`: print how fast the engine and the page are, and against what.

make bench                                   engine against numpy and, when installed, PyTorch
make bench BENCH_ARGS="--networks"           trainings of recurrent networks instead of the cliff
make bench BENCH_ARGS="--sweeps"             the map: tiles on one thread, and over loopback on all cores
make bench BENCH_ARGS="--page"               also a request over loopback and the frame rate in Chromium
make bench BENCH_ARGS="--streams"            also the first picture of a training over loopback
make bench BENCH_ARGS="--drag"               only what dragging a slider costs
make bench BENCH_ARGS="--dask"               only a large map on two Dask workers against one
make bench BENCH_ARGS="--rounds 15 --json f" more rounds; write the figures to a file as well
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.engine import Line, measure
from clipscape.allocation import keep_freed_memory


def table_row(line: Line) -> str:
    """Write one line of the table."""
    target = "" if line.target is None else f"{line.target:g}x"
    return (
        f"{line.workload:<13} {line.peer:<26} {line.ours_seconds * 1e3:9.2f} {line.peer_seconds * 1e3:11.1f}"
        f" {line.ratio:8.1f}x {target:>7}   {line.agreement:.1%}"
    )


def engine(rounds: int) -> list[dict[str, Any]]:
    """Print and return the comparison of the engine with its peers."""
    print("300 steps on the cliff, double precision, one thread, CPU time; ratio: median over rounds of peer / ours")
    return table(measure(rounds))


def networks(rounds: int) -> list[dict[str, Any]]:
    """Print and return the comparison of trainings with their peers."""
    from benchmarks.networks import measure as measure_networks
    from benchmarks.networks import worker_megabytes

    print("adding problem, 16 units, 50 steps, batches of 16, SGD, double precision unless said, one thread, CPU time;")
    print("at 20 points held-out loss and (but for maps) singular values; ratio: median of peer / ours")
    lines = table(measure_networks(rounds))
    print(f"a tile of the LSTM's map adds {worker_megabytes():.0f} MB to a process that has imported everything")
    return lines


def sweeps(rounds: int) -> list[dict[str, Any]]:
    """Print and return the comparison of the map with its peers."""
    from benchmarks.sweeps import measure_engine

    print("64 x 64 cells of no clipping, norm and value on the cliff, 300 steps, double precision, one thread, CPU;")
    print("map12288: all record final and best loss, largest norm, clipped share; judged: ours also decides how each")
    print("cell ended and packs it, the peers do not; PyTorch, one run at a time: 12 of the runs, multiplied up")
    return table(measure_engine(rounds))


def sweeps_served() -> dict[str, float]:
    """Print and return how long a map takes over loopback on all cores, wall time, with the targets beside."""
    from benchmarks.sweeps import measure_server

    figures = measure_server()
    for name, (value, target) in figures.items():
        print(f"{name:<45} {value:8.2f}   target {target:g}")
    return {name: value for name, (value, _) in figures.items()}


def table(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Print lines as they come; return them."""
    print(f"{'workload':<13} {'peer':<26} {'ours, ms':>9} {'peer, ms':>11} {'ratio':>9} {'target':>7}   rows equal")
    found = []
    for line in lines:
        print(table_row(line), flush=True)
        found.append(asdict(line))
    return found


def page() -> dict[str, float]:
    """Print and return request time and frame interval of the page."""
    from benchmarks.page import measure_page

    figures = measure_page()
    for name, value in figures.items():
        print(f"{name:<45} {value:8.2f}")
    return figures


def streams() -> dict[str, float]:
    """Print and return how long the first picture of a training takes, with the target beside it."""
    from benchmarks.streams import TARGET_MS, measure_streams

    figures = measure_streams()
    for name, value in figures.items():
        print(f"{name:<45} {value:8.2f}   target {TARGET_MS:g}")
    return figures


def drag() -> dict[str, float]:
    """Print and return what dragging a slider costs, with the aims beside it."""
    from benchmarks.drag import AIMS, measure_drag

    figures = measure_drag()
    for name, value in figures.items():
        aim = f"   aim at most {AIMS[name]:g}" if name in AIMS else ""
        print(f"{name:<45} {value:8.2f}{aim}")
    return figures


def dask(rounds: int) -> dict[str, float]:
    """Print and return how much faster two Dask workers are than one, with the aim beside it."""
    from benchmarks.farm import TARGET, measure_farm

    print("256 x 256 cells of the map, on a Dask scheduler and workers of this machine, wall time; all bytes compared")
    figures = measure_farm(rounds)
    for name, value in figures.items():
        print(f"{name:<45} {value:8.2f}{f'   aim {TARGET:g}' if name == 'times as fast' else ''}")
    return figures


def on_one_thread(arguments: argparse.Namespace) -> dict[str, Any]:
    """Print and return the comparison that was asked for."""
    if arguments.sweeps:
        return {"sweeps": sweeps(arguments.rounds)}
    if arguments.networks:
        return {"networks": networks(arguments.rounds)}
    return {"engine": engine(arguments.rounds)}


def main() -> None:
    """Read the command line and measure, with memory kept as in every worker: for all peers alike."""
    parser = argparse.ArgumentParser(prog="make bench", description="How fast, compared with what.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--networks", action="store_true", help="measure trainings of networks instead of the cliff")
    parser.add_argument("--sweeps", action="store_true", help="measure the map instead of the cliff")
    parser.add_argument("--page", action="store_true", help="also measure a request and the frame rate")
    parser.add_argument("--streams", action="store_true", help="also measure the first picture of a training")
    parser.add_argument("--drag", action="store_true", help="only measure what dragging a slider costs")
    parser.add_argument("--dask", action="store_true", help="only measure a large map on Dask workers")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    keep_freed_memory()
    figures: dict[str, Any] = {"machine": machine.describe()}
    print(", ".join(f"{name} {value}" for name, value in figures["machine"].items()))
    figures["page"] = page() if arguments.page else None
    figures["streams"] = streams() if arguments.streams else None
    figures["sweeps served"] = sweeps_served() if arguments.sweeps else None
    if arguments.drag:
        figures["drag"] = drag()
    elif arguments.dask:
        figures["dask"] = dask(arguments.rounds)
    else:
        machine.pin_to_one_cpu()
        figures |= on_one_thread(arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
