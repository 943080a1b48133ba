"""Maps: two numbers of an experiment as axes, every cell a run, computed in tiles from coarse to fine."""

from __future__ import annotations

from clipscape.sweeps.answers import estimate_answer, start_answer
from clipscape.sweeps.ask import SweepAsk, SweepBody, read_sweep_ask
from clipscape.sweeps.computing import compute_tile, tile_job
from clipscape.sweeps.cutting import TileRequest, tiles

__all__ = [
    "SweepAsk",
    "SweepBody",
    "TileRequest",
    "compute_tile",
    "estimate_answer",
    "read_sweep_ask",
    "start_answer",
    "tile_job",
    "tiles",
]
