"""A script of a training for PyTorch: its own recurrent layers, optimizers and, where they are exact, its clips.

Layer normalisation and the penalty need what happens inside a step, which PyTorch's layers do not show: there the
cell's plain functions stand instead, in PyTorch's names. Data and first weights are drawn by numpy, as in the other
script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from clipscape.exports.code.network import ROUNDING, Parts
from clipscape.exports.code.numpy_script import GIVEN, has_late_clip, has_schedules, introduction
from clipscape.exports.code.pieces import Plain, call, entry_of, heading, literal, sources, with_helpers
from clipscape.exports.code.torch_script import has_clip, is_native, rules_of, runs_of
from clipscape.plain import networks as plain
from clipscape.plain.initializers import first_weights
from clipscape.plain.tasks import minibatches
from clipscape.scenario import Experiment


def torch_network_script(experiment: Experiment) -> str:
    """Return the script of an understood experiment with a network."""
    assert experiment.task is not None
    network = Parts(experiment)
    rules = list(dict.fromkeys(rules_of(experiment)))
    shown: list[Plain] = [network.draw, minibatches, network.fill, first_weights, plain.tensors_of]
    parts = [
        introduction(experiment, "It needs PyTorch: python script.py", ROUNDING),
        "import math\nimport zlib\n\nimport numpy as np\nimport torch",
        "torch.set_default_dtype(torch.float64)  # as in Clipscape",
        heading("What is learned: " + entry_of("task", experiment.task).label),
        *sources([network.draw, minibatches]),
        "\n".join(network.data()),
        heading("The first weights"),
        *sources([network.fill, first_weights, plain.tensors_of]),
        "\n".join([*network.shapes(), *network.weights()]),
        heading("The network: " + entry_of("problem", experiment.problem).label),
        *_model(network),
        *([heading("What PyTorch does not have")] if rules else []),
        *(text for text in sources(rules) if text not in set(sources(shown))),
        heading("The training"),
        *_helpers(network),
        "\n".join(_training(network)),
        heading("The runs"),
        "\n".join(["runs = {", *runs_of(experiment), "}"]),
        _REPORT,
    ]
    return "\n\n\n".join(parts) + "\n"


def _model(network: Parts) -> Iterator[str]:
    """Yield the module, its loss, and what they need."""
    if network.layer_norm or network.option("vanishing_penalty"):
        step = [network.cell.step] if network.option("vanishing_penalty") else [network.cell.sums, network.cell.step]
        normal = [f for f in with_helpers([network.cell.sums]) if f.__name__ == "layer_norm"]
        for text in sources([*normal, *step]):
            yield re.sub(r"\bnp\.", "torch.", text)
        yield "\n".join(_written_cell(network))
        cell = "Cell()"
    else:
        layer = entry_of("problem", network.experiment.problem).spelled.torch
        cell = layer.format(inputs=network.task.input_size, hidden="HIDDEN")
    yield "\n".join(_net(network, cell))
    dropout = network.dropout()
    if dropout:
        yield from sources([plain.drop_states])
        yield dropout
    yield "\n".join(_loss(network))


def _net(network: Parts, cell: str) -> Iterator[str]:
    truncation = int(network.option("truncation"))
    yield "class Net(torch.nn.Module):"
    yield '    """A recurrent layer; `readout` makes the outputs of its states."""'
    yield ""
    yield "    def __init__(self):"
    yield "        super().__init__()"
    yield f"        self.cell = {cell}"
    yield f"        self.readout = torch.nn.Linear(HIDDEN, {network.task.output_size})"
    yield ""
    yield "    def forward(self, inputs):"
    if not truncation:
        yield "        return self.cell(inputs)[0]"
        return
    yield "        states, last = [], None"
    yield f"        for window in inputs.split({truncation}):  # no gradient flows from one to the one before"
    yield "            seen, last = self.cell(window, last)"
    yield "            last = tuple(part.detach() for part in last) if isinstance(last, tuple) else last.detach()"
    yield "            states.append(seen)"
    yield "        return torch.cat(states)"


def _written_cell(network: Parts) -> Iterator[str]:
    """Yield the module of a cell whose steps are written out."""
    penalty, sums, step = network.option("vanishing_penalty"), network.cell.sums.__name__, network.cell.step.__name__
    yield "class Cell(torch.nn.Module):"
    yield f'    """As PyTorch\'s layers, {"with layer normalisation" if network.layer_norm else "step by step"}."""'
    yield ""
    yield "    def __init__(self):"
    yield "        super().__init__()"
    yield "        for name, shape in SHAPES.items():"
    yield '            if not name.startswith("readout"):'
    yield "                self.register_parameter(name, torch.nn.Parameter(torch.zeros(shape)))"
    yield ""
    yield "    def forward(self, inputs, last=None):"
    yield "        weights = dict(self.named_parameters())"
    yield "        nothing = torch.zeros((inputs.shape[1], HIDDEN))"
    yield "        h, c = last or (nothing, nothing)"
    yield "        states = []"
    if penalty:
        yield "        self.sums, self.states = ([], []) if last is None else (self.sums, self.states)"
    yield "        for x in inputs:"
    if penalty:
        yield '            a = x @ weights["weight_ih"].T + h @ weights["weight_hh"].T'
        if not network.layer_norm:
            yield '            a = a + weights["bias_ih"] + weights["bias_hh"]'
        yield "            a.retain_grad()"
        normal = 'layer_norm(a, weights["norm_gain"]) + weights["bias_ih"], weights["bias_hh"]'
        yield f"            h, c = {step}({normal if network.layer_norm else 'a, 0.0'}, h, c, weights)"
        yield "            h.retain_grad()"
        yield "            self.sums.append(a)"
        yield "            self.states.append(h)"
    else:
        yield f"            h, c = {step}(*{sums}(x, h, weights), h, c, weights)"
    yield "            states.append(h)"
    yield "        return torch.stack(states), (h, c)"


def _loss(network: Parts) -> Iterator[str]:
    """Yield the function that gives the loss of a minibatch, and the one of the held-out sequences."""
    dropout = bool(network.option("dropout"))
    yield f"def loss_of(model, inputs, targets{', mask=1.0' if dropout else ''}):"
    yield '    """Return the loss of some sequences, whose last outputs count."""'
    yield "    inputs, targets = torch.from_numpy(inputs), torch.from_numpy(targets)"
    yield f"    outputs = model.readout(model(inputs)[-len(targets) :]{' * mask' if dropout else ''})"
    if network.task.loss == "squared_error":
        yield "    return torch.nn.functional.mse_loss(outputs, targets)"
    else:
        yield "    return torch.nn.functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())"
    yield ""
    yield ""
    yield "def loss(model, step):"
    yield '    """Return the loss of the minibatch of an update."""'
    yield "    inputs, targets = minibatch(step)"
    mask = ", torch.from_numpy(drop(step)[-len(targets) :])" if dropout else ""
    yield f"    return loss_of(model, inputs, targets{mask})"


def _helpers(network: Parts) -> Iterator[str]:
    experiment = network.experiment
    variants = range(len(experiment.variants))
    yield _VECTORS
    late = has_late_clip(experiment)
    if late or any(has_clip(experiment, v) and not is_native(experiment, v) for v in variants):
        yield _ON_GRADIENT
    if network.option("vanishing_penalty"):
        yield from sources([plain.penalty_gradient])
        yield _PENALTY
    if experiment.noise.kind != "none":
        noise = entry_of("noise", experiment.noise)
        yield f"noise = {call(noise.plain[0], experiment.noise.params, GIVEN)}"
    if network.training.early_stopping:
        yield network.probes()


def _training(network: Parts) -> Iterator[str]:
    experiment, patience = network.experiment, network.training.early_stopping
    position = entry_of("weight_decay", experiment.weight_decay).traits["position"]
    strength = literal(experiment.weight_decay.params["weight_decay"]) if position else ""
    late, schedule = has_late_clip(experiment), has_schedules(experiment)
    penalty = network.option("vanishing_penalty")
    arguments = ["learning_rate", "make_optimizer", "clip", *(["schedule"] if schedule else [])]
    arguments += ["clip_direction"] if late else []
    decay = ["for tensor in model.parameters():", f"    tensor.grad += {strength} * tensor.detach()"]
    steps = [
        "optimizer.zero_grad()",
        "value = loss(model, step)",
        "losses.append(value.item())",
        "value.backward()",
        *([f"add_penalty(model.cell, {literal(penalty)})"] if penalty else []),
        *(["set_grad(model, torch.from_numpy(noise(grad_of(model).numpy(), step)))"] if _has_noise(experiment) else []),
        "norm_before = grad_of(model).norm()",
        "if not (value.isfinite() and norm_before.isfinite() and vector_of(model).norm().isfinite()):",
        "    break",
        *(_TIRED.format(patience=patience).splitlines() if patience else []),
        "grad_norms.append(norm_before.item())",
        *(decay if position == "before_clip" else []),
        "clip(model, step)",
        "clipped_norms.append(grad_of(model).norm().item())",
        *(decay if position == "after_clip" else []),
        *_step(position, strength, late=late, schedule=schedule),
    ]
    yield f"def train({', '.join(arguments)}):"
    yield '    """Make the updates; return losses and the norms before and after the clip."""'
    yield "    model = Net()"
    yield "    torch.nn.utils.vector_to_parameters(torch.from_numpy(START.copy()), model.parameters())"
    yield f"    optimizer = make_optimizer(list(model.parameters()), {'1.0' if late else 'learning_rate'})"
    if schedule and not late:
        yield "    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)"
    yield "    losses, grad_norms, clipped_norms = [], [], []"
    if patience:
        yield "    best, waited = math.inf, 0"
    yield "    for step in range(N_STEPS):"
    yield from (f"        {line}" for line in steps)
    yield "    else:"
    yield "        losses.append(loss(model, N_STEPS).item())"
    yield '    return {"losses": losses, "grad_norms": grad_norms, "clipped_norms": clipped_norms, "model": model}'


def _has_noise(experiment: Experiment) -> bool:
    return experiment.noise.kind != "none"


def _step(position: str | None, strength: str, *, late: bool, schedule: bool) -> Iterator[str]:
    """One update; where a clip stands behind the optimizer, its direction is taken apart from the update."""
    rate = "learning_rate * schedule(step)" if schedule else "learning_rate"
    if not late:
        if position == "decoupled":
            yield "for tensor in model.parameters():"
            yield f"    tensor.data *= 1 - {rate} * {strength}"
        yield "optimizer.step()"
        if schedule:
            yield "scheduler.step()"
        return
    yield "before = vector_of(model).clone()"
    yield "optimizer.step()  # with learning rate 1: it moves by its direction"
    yield "direction = before - vector_of(model)"
    yield "torch.nn.utils.vector_to_parameters(before, model.parameters())"
    yield "if clip_direction:"
    yield "    set_grad(model, direction)"
    yield "    clip_direction(model, step)"
    yield "    direction = grad_of(model)"
    yield "    clipped_norms[-1] = direction.norm().item()"
    if position == "decoupled":
        yield f"direction = direction + {strength} * before"
    yield f"torch.nn.utils.vector_to_parameters(before - {rate} * direction, model.parameters())"


_VECTORS = '''\
def vector_of(model):
    """Return all weights as one vector."""
    return torch.nn.utils.parameters_to_vector(model.parameters()).detach()


def grad_of(model):
    """Return their gradient as one vector."""
    return torch.cat([tensor.grad.flatten() for tensor in model.parameters()])


def set_grad(model, vector):
    """Put a vector in the gradient's place."""
    parts = vector.split([tensor.numel() for tensor in model.parameters()])
    for tensor, part in zip(model.parameters(), parts, strict=True):
        tensor.grad.copy_(part.view_as(tensor))'''

_ON_GRADIENT = '''\
def on_gradient(rule):
    """Let a rule that is written in numpy work on the gradient of all weights."""

    def clip(model, step):
        with np.errstate(all="ignore"):
            clipped = rule(grad_of(model).numpy(), vector_of(model).numpy(), step)
        set_grad(model, torch.from_numpy(np.asarray(clipped)))

    return clip'''

_PENALTY = '''\
def add_penalty(cell, weight):
    """Add the penalty's gradient to that of the recurrent matrix."""
    state_grads = np.stack([state.grad.numpy() for state in cell.states])
    sum_grads = np.stack([a.grad.numpy() for a in cell.sums])
    slope = penalty_gradient(state_grads, sum_grads, cell.weight_hh.detach().numpy())
    cell.weight_hh.grad += weight * torch.from_numpy(slope)'''

_TIRED = """\
if step in PROBES:
    with torch.no_grad():
        held_out = loss_of(model, *HELD_OUT).item()
    waited = 0 if held_out < best else waited + 1
    best = min(best, held_out)
    if waited >= {patience}:
        break"""

_REPORT = """\
if __name__ == "__main__":
    for name, run in runs.items():
        updates = len(run["grad_norms"])
        print(f"{name}: after {updates} of {N_STEPS} updates the loss is {run['losses'][-1]:.6g}")"""
