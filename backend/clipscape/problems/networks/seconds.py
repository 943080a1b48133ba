"""How long an update of a network takes, roughly: a fit to measurements on a 2-core machine, on the dear side."""

from __future__ import annotations

from clipscape.problems.networks.layout import GATES
from clipscape.problems.networks.network import Network
from clipscape.problems.training import Task

_CALLS = 1.5e-6
"""Per time step and gate: numpy calls cost the same whatever they do."""
_SIMPLE_ENTRY, _GATED_ENTRY = 8e-9, 14e-9
"""Per entry of the state (of every gate), sequence and time step: the elementwise work, forth and back."""
_PRODUCT = 1.5e-10
"""The same, times the hidden units that each entry is multiplied with."""
_LAYER_NORM, _PENALTY = 2.0, 2.0


def update_seconds(network: Network, task: Task) -> float:
    """Return the CPU time of one update of one row."""
    gates, hidden, steps = GATES[network.kind], network.hidden_size, task.sequence_length
    entry = _SIMPLE_ENTRY if gates == 1 else _GATED_ENTRY
    work = steps * gates * (_CALLS + task.batch_size * hidden * (entry + _PRODUCT * hidden))
    return work * (_LAYER_NORM if network.layer_norm else 1.0) * (_PENALTY if network.vanishing_penalty else 1.0)
