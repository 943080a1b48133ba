"""Training of networks: the loop of `simulation`, and what is measured of a network along the way.

Per update only numbers are kept; whole vectors live in a short tape. Held-out sequences, the recurrent matrix and the
weights themselves are looked at in some sixty probes.
"""

from clipscape.training.loop import TrainingChunk, train, train_chunks
from clipscape.training.moments import heat_steps, probe_steps
from clipscape.training.records import EARLY_STOPPING, PARAMS_NOT_FINITE, Heat, Probes, TrainingRun

__all__ = [
    "EARLY_STOPPING",
    "PARAMS_NOT_FINITE",
    "Heat",
    "Probes",
    "TrainingChunk",
    "TrainingRun",
    "heat_steps",
    "probe_steps",
    "train",
    "train_chunks",
]
