"""Peer: PyTorch as its users write it: `nn.RNN`, `nn.LSTM`, `nn.GRU`, `clip_grad_norm_`, one training at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from torch import Tensor

from benchmarks.network_workloads import HIDDEN, NetworkWorkload
from benchmarks.result import Result

MODULES = {"tanh_rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
Clip = Callable[[list[Tensor]], Tensor]
"""Clips the gradients of some parameters in place and returns their norm before."""


@cache
def data_of(workload: NetworkWorkload, dtype: torch.dtype) -> tuple[list[tuple[Tensor, Tensor]], tuple[Tensor, Tensor]]:
    """Return minibatches and held-out sequences as tensors; made before the clock runs."""
    pairs = [
        (torch.tensor(batch.inputs, dtype=dtype), torch.tensor(batch.targets, dtype=dtype))
        for batch in (*workload.batches, workload.task.held_out(0))
    ]
    return pairs[:-1], pairs[-1]


def grads_of(params: list[Tensor]) -> list[Tensor]:
    return [param.grad for param in params if param.grad is not None]


def clip_for(kind: str, number: float) -> Clip:
    """Return one clipping rule, by the library's own functions where it has them."""
    history: list[float] = []
    total_norm = torch.nn.utils.get_total_norm

    def by_value(params: list[Tensor]) -> Tensor:
        norm = total_norm(grads_of(params))
        torch.nn.utils.clip_grad_value_(params, number)
        return norm

    def by_percentile(params: list[Tensor]) -> Tensor:
        norm = total_norm(grads_of(params))
        history.append(norm.item())
        factor = min(1.0, float(np.percentile(history, number)) / history[-1])
        for grad in grads_of(params):
            grad.mul_(factor)
        return norm

    rules: dict[str, Clip] = {
        "none": lambda params: total_norm(grads_of(params)),
        "norm": lambda params: torch.nn.utils.clip_grad_norm_(params, number),
        "value": by_value,
        "autoclip": by_percentile,
    }
    return rules[kind]


class Net(torch.nn.Module):
    """The recurrent module, and a linear layer on the last state."""

    def __init__(self, workload: NetworkWorkload, dtype: torch.dtype) -> None:
        super().__init__()
        self.cell = MODULES[workload.cell](workload.task.input_size, HIDDEN, dtype=dtype)
        self.readout = torch.nn.Linear(HIDDEN, workload.task.output_size, dtype=dtype)
        with torch.no_grad():
            for param, start in zip(self.parameters(), workload.start.values(), strict=True):
                param.copy_(torch.tensor(start))

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        states, _last = self.cell(inputs)
        return torch.nn.functional.mse_loss(self.readout(states[-1]), targets)


def probe(net: Net, inputs: Tensor, targets: Tensor, *, is_map: bool) -> tuple[Tensor, ...]:
    """Held-out loss; where it is no map, also spectral radius and largest singular value of the recurrent matrices."""
    with torch.no_grad():
        if is_map:
            return (net.loss(inputs, targets),)
        matrices = net.cell.weight_hh_l0.reshape(-1, HIDDEN, HIDDEN)
        radius = torch.linalg.eigvals(matrices).abs().max()
        return net.loss(inputs, targets), radius, torch.linalg.matrix_norm(matrices, 2).max()


def run_one(
    workload: NetworkWorkload, dtype: torch.dtype, kind: str, number: float, learning_rate: float
) -> tuple[Tensor, ...]:
    """One training: loss, norms before and after clipping, final held-out loss."""
    batches, held_out = data_of(workload, dtype)
    net = Net(workload, dtype)
    params: list[Tensor] = list(net.parameters())
    optimizer, clip = torch.optim.SGD(params, lr=learning_rate), clip_for(kind, number)
    losses, norms, clipped_norms, probes = [], [], [], []
    for step, (inputs, targets) in enumerate(batches):
        if step in workload.probes:
            probes.append(probe(net, *held_out, is_map=workload.is_map))
        optimizer.zero_grad()
        loss = net.loss(inputs, targets)
        loss.backward()
        losses.append(loss.detach())
        norms.append(clip(params))
        clipped_norms.append(torch.nn.utils.get_total_norm(grads_of(params)))
        optimizer.step()
    probes.append(probe(net, *held_out, is_map=workload.is_map))
    return torch.stack(losses), torch.stack(norms), torch.stack(clipped_norms), probes[-1][0]


def run(workload: NetworkWorkload, dtype: torch.dtype = torch.float64) -> Result:
    """Return every row of a workload, one after the other."""
    rates = iter(workload.learning_rates)
    runs = [
        run_one(workload, dtype, group.kind, float(number), float(next(rates)))
        for group in workload.groups
        for number in group.numbers
    ]
    loss, grad_norm, clipped_norm, final = (
        torch.stack(arrays, dim=-1).double().numpy() for arrays in zip(*runs, strict=True)
    )
    return Result(loss=loss, grad_norm=grad_norm, clipped_norm=clipped_norm, final_loss=final)


def run_single(workload: NetworkWorkload) -> Result:
    """The same in single precision, where PyTorch has a fused kernel for the LSTM."""
    return run(workload, torch.float32)
