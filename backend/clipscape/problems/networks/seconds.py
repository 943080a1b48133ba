"""How long an update of a network takes, roughly: a fit to measurements on a 2-core machine.

Measured with H and N (sequences) from 1 to 64 and T from 20 to 200, four rows at a time, on a processor with AVX-512;
within a factor of two there.
"""

from __future__ import annotations

from dataclasses import dataclass

from clipscape.problems.networks.network import Network
from clipscape.problems.training import Task


@dataclass(frozen=True)
class _Rates:
    """Seconds per time step: of the calls, of each of the N H numbers, and of each of the N H (H + I) products.

    `normal_calls` and `normal_each` come on top with layer normalisation.
    """

    calls: float
    each: float
    product: float
    normal_calls: float
    normal_each: float


_RATES = {
    "tanh_rnn": _Rates(9e-7, 8e-9, 1e-10, 6e-6, 6e-9),
    "relu_rnn": _Rates(9e-7, 8e-9, 1e-10, 6e-6, 6e-9),
    "lstm": _Rates(2.4e-6, 3e-8, 3.8e-10, 2.4e-5, 8.5e-8),
    "gru": _Rates(2.3e-6, 4e-8, 2e-10, 4e-5, 9.5e-8),
}
_OUTPUT = {"squared_error": 5e-9, "cross_entropy": 2.5e-8}
"""Seconds per output number where every step has an answer."""
_PENALTY = 1.5
"""Pascanu's regulariser is two more products with every state."""


def update_seconds(network: Network, task: Task) -> float:
    """Return the CPU time of one update of one row."""
    rates, hidden = _RATES[network.kind], network.hidden_size
    numbers = task.batch_size * hidden
    step = rates.calls + numbers * (rates.each + rates.product * (hidden + task.input_size))
    if network.layer_norm:
        step += rates.normal_calls + numbers * rates.normal_each
    if task.readout == "every":
        step += task.batch_size * task.output_size * _OUTPUT[task.loss]
    return step * task.sequence_length * (_PENALTY if network.vanishing_penalty else 1.0)
