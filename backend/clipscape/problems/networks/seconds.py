"""How long an update of a network takes, roughly: a fit to measurements on a 2-core machine.

Measured with H and N (sequences) from 1 to 64 and T from 20 to 200, four rows at a time, on a processor with AVX-512;
within a factor of two there. In a crowd of two dozen rows calls cost less, and what is measured on all held-out
sequences is priced by itself: H to 48, N to 32, T to 100, with OpenBLAS's products for AVX-512 and for AVX2, the
geometric middle of both within a factor of 1.9 of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clipscape.problems.networks.network import Network
from clipscape.problems.tasks.sampling import HELD_OUT
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
_CROWD = {
    "tanh_rnn": _Rates(5.2e-7, 6.9e-9, 1.7e-10, 6e-6, 6e-9),
    "relu_rnn": _Rates(5.2e-7, 6.9e-9, 1.7e-10, 6e-6, 6e-9),
    "lstm": _Rates(1e-6, 4e-8, 6e-10, 2.4e-5, 8.5e-8),
    "gru": _Rates(7.2e-7, 2.9e-8, 6e-10, 4e-5, 9.5e-8),
}
_CROWD_FORWARD = {
    "tanh_rnn": _Rates(1e-6, 3.1e-9, 1.2e-11, 3e-6, 3e-9),
    "relu_rnn": _Rates(1e-6, 3.1e-9, 1.2e-11, 3e-6, 3e-9),
    "lstm": _Rates(5.2e-7, 1.1e-8, 5e-11, 1.2e-5, 4e-8),
    "gru": _Rates(1e-6, 9.4e-9, 3.5e-11, 2e-5, 4.5e-8),
}
_PENALTY = 1.5
"""Pascanu's regulariser is two more products with every state."""


def update_seconds(network: Network, task: Task) -> float:
    """Return the CPU time of one update of one row, where there are few."""
    return _seconds(_RATES, network, task, task.batch_size) * (_PENALTY if network.vanishing_penalty else 1.0)


def crowd_seconds(network: Network, task: Task) -> tuple[float, float]:
    """Return the CPU time of one update, and of one look at all held-out sequences, of one row in a crowd."""
    update = _seconds(_CROWD, network, task, task.batch_size) * (_PENALTY if network.vanishing_penalty else 1.0)
    return update, _seconds(_CROWD_FORWARD, network, task, HELD_OUT)


def _seconds(rates_of: Mapping[str, _Rates], network: Network, task: Task, sequences: int) -> float:
    rates, hidden = rates_of[network.kind], network.hidden_size
    numbers = sequences * hidden
    step = rates.calls + numbers * (rates.each + rates.product * (hidden + task.input_size))
    if network.layer_norm:
        step += rates.normal_calls + numbers * rates.normal_each
    if task.readout == "every":
        step += sequences * task.output_size * _OUTPUT[task.loss]
    return step * task.sequence_length
