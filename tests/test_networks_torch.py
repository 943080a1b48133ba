"""Recurrent networks against PyTorch in double precision: its own modules, and its autograd on the equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clipscape.problems.training import Array, Block, Task
from network_cases import TASKS, gradient_of, small_task, trained, with_batch

torch = pytest.importorskip("torch")

MODULES: dict[str, tuple[str, dict[str, str]]] = {
    "tanh_rnn": ("RNN", {"nonlinearity": "tanh"}),
    "relu_rnn": ("RNN", {"nonlinearity": "relu"}),
    "lstm": ("LSTM", {}),
    "gru": ("GRU", {}),
}
RTOL = 1e-11
"""Both are double precision; sums in another order over some hundred terms lose three digits at most."""


def close(ours: Any, theirs: Any) -> None:
    theirs = np.asarray(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=RTOL, atol=RTOL * float(np.abs(theirs).max()))


def tensors_of(params: Array, blocks: tuple[Block, ...]) -> dict[str, Any]:
    """The tensors of one flat vector, ready for autograd."""
    return {block.name: torch.tensor(params[block.place].reshape(block.shape), requires_grad=True) for block in blocks}


def loss_of(task: Task, outputs: Any, targets: Array) -> Any:
    """The loss of outputs `(T, batch, O)` of every step."""
    wanted = torch.tensor(targets)
    if task.readout == "last":
        outputs = outputs[-1]
    elif task.counts is not None:
        marked = torch.tensor(task.counts)
        outputs, wanted = outputs[marked], wanted[marked]
    if task.loss == "squared_error":
        return ((outputs - wanted) ** 2).mean()
    return torch.nn.functional.cross_entropy(outputs.reshape(-1, outputs.shape[-1]), wanted.reshape(-1))


def step_plain(kind: str, w: dict[str, Any], x: Any, h: Any, c: Any) -> tuple[Any, Any]:
    """One step of LITERATURE's equations, as PyTorch documents them."""
    from_input = x @ w["weight_ih"].T + w["bias_ih"]
    from_state = h @ w["weight_hh"].T + w["bias_hh"]
    return combine(kind, w, from_input, from_state, h, c)


def combine(kind: str, w: dict[str, Any], from_input: Any, from_state: Any, h: Any, c: Any) -> tuple[Any, Any]:
    if kind in ("tanh_rnn", "relu_rnn"):
        function = torch.tanh if kind == "tanh_rnn" else torch.relu
        return function(from_input + from_state), None
    if kind == "lstm":
        i, f, g, o = (from_input + from_state).chunk(4, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        c.retain_grad()
        seen = c
        if "norm_gain_cell" in w:
            seen = torch.nn.functional.layer_norm(c, c.shape[-1:], w["norm_gain_cell"], w["norm_bias_cell"])
        return torch.sigmoid(o) * torch.tanh(seen), c
    (ri, zi, ni), (rh, zh, nh) = from_input.chunk(3, dim=-1), from_state.chunk(3, dim=-1)
    z = torch.sigmoid(zi + zh)
    return (1 - z) * torch.tanh(ni + torch.sigmoid(ri + rh) * nh) + z * h, None


def step_normalised(kind: str, w: dict[str, Any], x: Any, h: Any, c: Any) -> tuple[Any, Any]:
    """One step with the layer normalisation of Ba et al. 2016 (eq. 4 and supplement)."""
    norm = torch.nn.functional.layer_norm
    from_input, from_state = x @ w["weight_ih"].T, h @ w["weight_hh"].T
    size = h.shape[-1]
    if kind in ("tanh_rnn", "relu_rnn"):
        both = norm(from_input + from_state, (size,), w["norm_gain"], w["bias_ih"] + w["bias_hh"])
        return combine(kind, w, both, 0.0, h, c)
    groups = [slice(0, 4 * size)] if kind == "lstm" else [slice(0, 2 * size), slice(2 * size, 3 * size)]
    parts = [
        torch.cat(
            [norm(sums[:, g], (sums[:, g].shape[1],), w[f"norm_gain_{side}"][g], w[f"bias_{side}"][g]) for g in groups],
            dim=1,
        )
        for side, sums in (("ih", from_input), ("hh", from_state))
    ]
    return combine(kind, w, *parts, h, c)


def reference(kind: str, task: Task, weights: dict[str, Any], *, layer_norm: bool, truncation: int) -> Any:
    """Loss of minibatch 0 of seed 0, and the states and memories whose gradients are kept."""
    batch = task.batch(0, 0)
    inputs = torch.tensor(batch.inputs)
    hidden = weights["weight_hh"].shape[1]
    h, c = torch.zeros(2, inputs.shape[1], hidden, dtype=torch.float64)
    states, memories = [], []
    for number, x in enumerate(inputs):
        if truncation and number % truncation == 0:
            h, c = h.detach(), None if c is None else c.detach()
        step = step_normalised if layer_norm else step_plain
        h, c = step(kind, weights, x, h, c)
        h.retain_grad()
        states.append(h)
        memories.append(c)
    outputs = torch.stack(states) @ weights["readout_weight"].T + weights["readout_bias"]
    return loss_of(task, outputs, batch.targets), states, memories


@pytest.mark.parametrize("truncation", [0, 1, 4])
@pytest.mark.parametrize("layer_norm", [False, True])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", MODULES)
def test_gradients_and_their_way_back_are_those_of_autograd(
    kind: str, task: str, layer_norm: bool, truncation: int
) -> None:
    _problem, training = trained(kind, TASKS[task], layer_norm=layer_norm, truncation=truncation)
    params = training.initial(np.array([4])).T.copy()
    params[params == 1.0] = 0.8  # gains that are not the neutral one
    session = training.open(np.array([0]))
    gradient = gradient_of(session, params)[:, 0]
    weights = tensors_of(params[:, 0], training.blocks)
    loss, states, memories = reference(kind, TASKS[task], weights, layer_norm=layer_norm, truncation=truncation)
    loss.backward()
    close(session.loss[0], loss.item())
    for block in training.blocks:
        grad = weights[block.name].grad
        close(gradient[block.place].reshape(block.shape), np.zeros(block.shape) if grad is None else grad.numpy())
    for kept, ours in ((states, session.hidden_norms), (memories, session.cell_norms)):
        if ours is None:
            assert kept[0] is None
            continue
        norms = [0.0 if state.grad is None else float(state.grad.norm()) for state in kept]
        close(ours[:, 0], norms)


@pytest.mark.parametrize(("hidden", "steps", "batch"), [(1, 2, 1), (16, 50, 16), (64, 9, 2)])
@pytest.mark.parametrize("kind", MODULES)
def test_weights_mean_what_they_mean_in_pytorch(kind: str, hidden: int, steps: int, batch: int) -> None:
    task = small_task(steps=steps, batch=batch, outputs=1)
    _problem, training = trained(kind, task, hidden_size=hidden)
    params = training.initial(np.array([1])).T.copy() * min(1.0, 2.0 / np.sqrt(hidden))
    name, options = MODULES[kind]
    module = getattr(torch.nn, name)(task.input_size, hidden, dtype=torch.float64, **options)
    readout = torch.nn.Linear(hidden, 1, dtype=torch.float64)
    theirs = [*module.parameters(), *readout.parameters()]
    with torch.no_grad():
        for block, parameter in zip(training.blocks, theirs, strict=True):
            parameter.copy_(torch.tensor(params[block.place, 0].reshape(block.shape)))
    data = task.batch(0, 0)
    states, _last = module(torch.tensor(data.inputs))
    loss = ((readout(states[-1]) - torch.tensor(data.targets)) ** 2).mean()
    loss.backward()
    session = training.open(np.array([0]))
    gradient = gradient_of(session, params)[:, 0]
    close(session.loss[0], loss.item())
    close(gradient, np.concatenate([parameter.grad.numpy().ravel() for parameter in theirs]))


def test_a_batch_given_by_hand_is_what_is_trained_on() -> None:
    task = small_task()
    fixed = with_batch(task, task.held_out(7))
    problem, training = trained("gru", fixed)
    params = training.initial(np.array([0])).T.copy()
    session = training.open(np.array([0]))
    gradient_of(session, params)
    assert session.loss[0] == pytest.approx(float(problem.value(params)[0]), rel=1e-14)
