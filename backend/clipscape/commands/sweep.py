"""`clipscape sweep`: how the runs of a whole map of settings end."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from clipscape.commands.sources import Shown, add_scenario, read, write
from clipscape.library.sweeps import Map, Side, sweep
from clipscape.wire import dump_json


def add_to(commands: Any) -> None:
    """Add the command to the parser's subcommands."""
    parser = commands.add_parser("sweep", help="run a scenario over two of its numbers and say how the runs end")
    add_scenario(parser)
    axis = "PATH[:LOW:HIGH], for example threshold:0.01:100 or optimizer.params.momentum"
    parser.add_argument("--x", type=_side, metavar="PATH", help=f"{axis}; default: threshold")
    parser.add_argument("--y", type=_side, metavar="PATH", help="likewise; default: learning_rate")
    parser.add_argument("--resolution", type=int, default=64, help="values of each axis, 2 to 256 (64)")
    parser.add_argument("--seeds", type=int, default=1, help="runs of every cell (1)")
    parser.add_argument("--output", "-o", type=Path, help="write every cell to this CSV file")
    parser.add_argument("--json", action="store_true", help="print both axes and every number as JSON")
    parser.set_defaults(command=run_sweep)


def _side(text: str) -> Side:
    path, *ends = text.split(":")
    try:
        low_and_high = [float(end) for end in ends]
    except ValueError:
        raise argparse.ArgumentTypeError("must look like threshold:0.01:100") from None
    if len(low_and_high) not in (0, 2):
        raise argparse.ArgumentTypeError("must look like threshold:0.01:100")
    return (path, low_and_high[0], low_and_high[1]) if low_and_high else path


def run_sweep(options: argparse.Namespace) -> int:
    """Compute the map; print how many runs of each variant ended how."""
    shown = Shown(options.resolution**2, "cell")
    found = sweep(
        read(options), options.x, options.y, resolution=options.resolution, seeds=options.seeds, progress=shown
    )
    shown.clear()
    if options.output is not None:
        options.output.write_bytes(found.to_csv().encode())
    if options.json:
        write(dump_json(_described(found)) + b"\n", None)
    else:
        print(found)
    return 0


def _described(found: Map) -> dict[str, Any]:
    axes = {key: vars(axis) | {"values": axis.values} for key, axis in (("x", found.x), ("y", found.y))}
    variants = [
        {"name": name, **{key: array.tolist() for key, array in numbers.items()}} for name, numbers in found.items()
    ]
    return {**axes, "statuses": found.statuses, "variants": variants}
