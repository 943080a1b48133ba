"""Peer: all trainings batched by hand in PyTorch: `baddbmm` over the rows, one backward pass, every rule vectorised."""

from __future__ import annotations

import torch
from torch import Tensor

from benchmarks.network_torch_eager import data_of
from benchmarks.network_workloads import HIDDEN, NetworkWorkload
from benchmarks.peer_torch_batched import clip_for
from benchmarks.result import Result


def states_of(cell: str, params: dict[str, Tensor], inputs: Tensor) -> Tensor:
    """Return the last state `(rows, batch, H)`; the input's part of all steps is one product."""
    steps, batch, size = inputs.shape
    rows = len(params["weight_ih"])
    flat = inputs.reshape(1, steps * batch, size).expand(rows, -1, -1)
    recurrent = params["weight_hh"].transpose(1, 2)
    bias_ih, bias_hh = params["bias_ih"][:, None], params["bias_hh"][:, None]
    joined = bias_ih if cell == "gru" else bias_ih + bias_hh
    from_input = torch.baddbmm(joined, flat, params["weight_ih"].transpose(1, 2)).reshape(rows, steps, batch, -1)
    state = torch.zeros(rows, batch, HIDDEN, dtype=inputs.dtype)
    memory = torch.zeros_like(state)
    for sums in from_input.unbind(1):
        if cell == "gru":
            r, z, n = sums.chunk(3, dim=-1)
            rh, zh, nh = torch.baddbmm(bias_hh, state, recurrent).chunk(3, dim=-1)
            z = torch.sigmoid(z + zh)
            n = torch.tanh(n + torch.sigmoid(r + rh) * nh)
            state = n + z * (state - n)
            continue
        total = torch.baddbmm(sums, state, recurrent)
        if cell == "lstm":
            i, f, g, o = total.chunk(4, dim=-1)
            memory = torch.sigmoid(f) * memory + torch.sigmoid(i) * torch.tanh(g)
            state = torch.sigmoid(o) * torch.tanh(memory)
        else:
            state = torch.tanh(total)
    return state


def losses_of(cell: str, params: dict[str, Tensor], inputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of every row."""
    state = states_of(cell, params, inputs)
    outputs = torch.baddbmm(params["readout_bias"][:, None], state, params["readout_weight"].transpose(1, 2))
    return ((outputs - targets) ** 2).mean(dim=(1, 2))


def probe(workload: NetworkWorkload, params: dict[str, Tensor], inputs: Tensor, targets: Tensor) -> tuple[Tensor, ...]:
    """Held-out loss; where it is no map, also spectral radius and largest singular value of the recurrent matrices."""
    with torch.no_grad():
        if workload.is_map:
            return (losses_of(workload.cell, params, inputs, targets),)
        matrices = params["weight_hh"].reshape(workload.rows, -1, HIDDEN, HIDDEN)
        radius = torch.linalg.eigvals(matrices).abs().amax(dim=(1, 2))
        largest = torch.linalg.matrix_norm(matrices, 2).amax(dim=1)
        return losses_of(workload.cell, params, inputs, targets), radius, largest


def run(workload: NetworkWorkload) -> Result:
    """All rows at once."""
    batches, held_out = data_of(workload, torch.float64)
    params = {
        name: torch.tensor(start).repeat(workload.rows, *[1] * start.ndim) for name, start in workload.start.items()
    }
    rates = torch.as_tensor(workload.learning_rates)[:, None]
    bounds = [0]
    for group in workload.groups:
        bounds.append(bounds[-1] + len(group.numbers))
    rules = [
        (slice(first, last), clip_for(group))
        for group, first, last in zip(workload.groups, bounds[:-1], bounds[1:], strict=True)
    ]
    sizes = [param[0].numel() for param in params.values()]
    clipped = torch.empty(workload.rows, sum(sizes), dtype=torch.float64)
    losses, norms, clipped_norms, probes = [], [], [], []
    for step, (inputs, targets) in enumerate(batches):
        if step in workload.probes:
            probes.append(probe(workload, params, *held_out))
        for param in params.values():
            param.requires_grad_(True)
        loss = losses_of(workload.cell, params, inputs, targets)
        grads = torch.autograd.grad(loss.sum(), list(params.values()))
        flat = torch.cat([grad.flatten(1) for grad in grads], dim=1)
        norm = torch.linalg.vector_norm(flat, dim=1)
        for rows, clip in rules:
            clip(flat[rows], norm[rows], clipped[rows])
        updates = (rates * clipped).split(sizes, dim=1)
        with torch.no_grad():
            for param, update in zip(params.values(), updates, strict=True):
                param -= update.reshape(param.shape)
        losses.append(loss.detach())
        norms.append(norm)
        clipped_norms.append(torch.linalg.vector_norm(clipped, dim=1))
    probes.append(probe(workload, params, *held_out))
    series = [torch.stack(values).numpy() for values in (losses, norms, clipped_norms)]
    return Result(loss=series[0], grad_norm=series[1], clipped_norm=series[2], final_loss=probes[-1][0].numpy())
