"""Peer: JAX: one compiled update for all rows, `scan` over the steps of a sequence and `vmap` over the rows."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.network_workloads import HIDDEN, NetworkWorkload
from benchmarks.result import Result
from benchmarks.workloads import EPSILON

jax.config.update("jax_enable_x64", True)


def row_loss(cell: str, params: Any, inputs: Any, targets: Any) -> Any:
    """Loss of one row."""
    from_inputs = inputs @ params["weight_ih"].T + params["bias_ih"]

    def step(carry: Any, from_input: Any) -> Any:
        state, memory = carry
        from_state = state @ params["weight_hh"].T + params["bias_hh"]
        if cell == "gru":
            (r, z, n), (rh, zh, nh) = (jnp.split(sums, 3, axis=-1) for sums in (from_input, from_state))
            z = jax.nn.sigmoid(z + zh)
            n = jnp.tanh(n + jax.nn.sigmoid(r + rh) * nh)
            return (n + z * (state - n), memory), None
        total = from_input + from_state
        if cell == "tanh_rnn":
            return (jnp.tanh(total), memory), None
        i, f, g, o = jnp.split(total, 4, axis=-1)
        memory = jax.nn.sigmoid(f) * memory + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(memory), memory), None

    zero = jnp.zeros((inputs.shape[1], HIDDEN))
    (state, _memory), _none = jax.lax.scan(step, (zero, zero), from_inputs)
    outputs = state @ params["readout_weight"].T + params["readout_bias"]
    return jnp.mean((outputs - targets) ** 2)


def clipped_by(workload: NetworkWorkload, flat: Any, norms: Any, history: Any, seen: Any) -> tuple[Any, Any]:
    """Return the clipped gradients `(rows, dim)` and the history of norms, sorted, of the adaptive rows."""
    parts, first = [], 0
    for group in workload.groups:
        rows = slice(first, first + len(group.numbers))
        number, norm, grad = jnp.asarray(group.numbers)[:, None], norms[rows, None], flat[rows]
        if group.kind == "norm":
            grad = grad * jnp.minimum(1.0, number / (norm + EPSILON))
        elif group.kind == "value":
            grad = jnp.clip(grad, -number, number)
        elif group.kind == "autoclip":
            history = jnp.sort(history.at[:, seen].set(norm[:, 0]), axis=1)
            place = number[:, 0] / 100.0 * seen
            below = place.astype(int)
            index = jnp.stack([below, jnp.minimum(below + 1, seen)], axis=1)
            low, high = jnp.take_along_axis(history, index, axis=1).T
            grad = grad * jnp.minimum(1.0, (low + (high - low) * (place - below))[:, None] / norm)
        parts.append(grad)
        first = rows.stop
    return jnp.concatenate(parts), history


def programs(workload: NetworkWorkload) -> tuple[Any, Any]:
    """Compile an update and a probe; kept on the workload, so that only the first run pays."""
    cell, rates = workload.cell, jnp.asarray(workload.learning_rates)[:, None]
    in_rows = jax.vmap(
        lambda params, x, y: jax.value_and_grad(lambda p: row_loss(cell, p, x, y))(params), (0, None, None)
    )

    @jax.jit
    def update(params: Any, history: Any, seen: Any, inputs: Any, targets: Any) -> Any:
        loss, grads = in_rows(params, inputs, targets)
        flat = jnp.concatenate([grad.reshape(workload.rows, -1) for grad in grads.values()], axis=1)
        norms = jnp.linalg.norm(flat, axis=1)
        clipped, history = clipped_by(workload, flat, norms, history, seen)
        sizes = np.cumsum([grad[0].size for grad in grads.values()])[:-1]
        pieces = jnp.split(rates * clipped, sizes, axis=1)
        params = {
            name: param - piece.reshape(param.shape)
            for (name, param), piece in zip(params.items(), pieces, strict=True)
        }
        return params, history, (loss, norms, jnp.linalg.norm(clipped, axis=1))

    @jax.jit
    def probe(params: Any, inputs: Any, targets: Any) -> Any:
        matrices = params["weight_hh"].reshape(workload.rows, -1, HIDDEN, HIDDEN)
        radius = jnp.abs(jnp.linalg.eigvals(matrices)).max(axis=(1, 2))
        largest = jnp.linalg.norm(matrices, 2, axis=(2, 3)).max(axis=1)
        return jax.vmap(lambda p: row_loss(cell, p, inputs, targets))(params), radius, largest

    return update, probe


_COMPILED: dict[NetworkWorkload, tuple[Any, Any]] = {}


def run(workload: NetworkWorkload) -> Result:
    """All rows at once, a compiled program for each update."""
    if workload not in _COMPILED:
        _COMPILED[workload] = programs(workload)
    update, probe = _COMPILED[workload]
    params = {
        name: jnp.tile(start, (workload.rows, *[1] * start.ndim)) for name, start in sorted(workload.start.items())
    }
    adaptive = sum(len(group.numbers) for group in workload.groups if group.kind == "autoclip")
    history, recorded, probes = jnp.full((adaptive, workload.n_steps), jnp.inf), [], []
    held_out = workload.task.held_out(0)
    for step, batch in enumerate(workload.batches):
        if step in workload.probes:
            probes.append(probe(params, held_out.inputs, held_out.targets))
        params, history, numbers = update(params, history, step, batch.inputs, batch.targets)
        recorded.append(numbers)
    probes.append(probe(params, held_out.inputs, held_out.targets))
    series = [np.stack([np.asarray(values) for values in column]) for column in zip(*recorded, strict=True)]
    final = np.asarray(probes[-1][0])
    return Result(loss=series[0], grad_norm=series[1], clipped_norm=series[2], final_loss=final)
