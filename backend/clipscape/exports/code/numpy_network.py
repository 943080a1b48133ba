"""A stand-alone script of a training, in plain numpy."""

from __future__ import annotations

from collections.abc import Iterator

from clipscape.exports.code.network import ROUNDING, Parts
from clipscape.exports.code.numpy_script import (
    arguments_of,
    functions_of,
    introduction,
    made_rules,
    noise_lines,
    runs,
    update_lines,
)
from clipscape.exports.code.pieces import Plain, entry_of, heading, literal, sources
from clipscape.plain import networks as plain
from clipscape.plain.initializers import first_weights
from clipscape.plain.tasks import minibatches
from clipscape.plain.vectors import norm
from clipscape.scenario import Experiment


def network_script(experiment: Experiment) -> str:
    """Return the script of an understood experiment with a network."""
    assert experiment.task is not None
    network = Parts(experiment)
    given: list[str] = []
    parts = [
        introduction(experiment, "It needs nothing but numpy: python script.py", ROUNDING),
        "import math\nimport zlib\n\nimport numpy as np",
        heading("What is learned: " + entry_of("task", experiment.task).label),
        *_new([network.draw, minibatches], given),
        "\n".join(network.data()),
        heading("The network: " + entry_of("problem", experiment.problem).label),
        *_new(_functions(network), given),
        "\n".join(network.shapes()),
        *_passes(network),
        heading("The first weights"),
        *_new([network.fill, first_weights], given),
        "\n".join(network.weights()),
        heading("What is done to the gradient"),
        *_new([norm, *functions_of(experiment)], given),
        heading("The training"),
        *made_rules(experiment),
        IS_LOST,
        "\n".join(_descent(network)),
        heading("The runs"),
        "\n".join(["runs = {", *runs(experiment), "}"]),
        REPORT,
    ]
    return "\n\n\n".join(parts) + "\n"


def _new(functions: list[Plain], given: list[str]) -> Iterator[str]:
    """Yield the text of functions, and of what they call, that has not been given yet."""
    for text in sources(functions):
        if text not in given:
            given.append(text)
            yield text


def _functions(network: Parts) -> list[Plain]:
    penalty = [plain.penalty_gradient] if network.option("vanishing_penalty") else []
    dropout = [plain.drop_states] if network.option("dropout") else []
    return [plain.tensors_of, plain.forward, plain.backward, *network.cell, network.loss, *dropout, *penalty]


def _passes(network: Parts) -> Iterator[str]:
    """Yield the functions that go through the network, and what they need."""
    cell = network.cell
    dropout, penalty = network.dropout(), network.option("vanishing_penalty")
    run = f"forward(inputs, weights, {cell.sums.__name__}, {cell.step.__name__})"
    back = ", ".join(function.__name__ for function in (cell.sums, cell.sums_backward, cell.step_backward))
    truncation = int(network.option("truncation"))
    if dropout:
        yield dropout
    seen = " * drop(step)[-len(targets) :]" if dropout else ""
    lines = [
        "def loss_and_gradient(params, step):",
        '    """Return the loss of a minibatch and its gradient as a flat vector."""',
        "    weights = tensors_of(params, SHAPES)",
        "    inputs, targets = minibatch(step)",
        f"    states, memories = {run}",
        f"    seen = states[-len(targets) :]{seen}",
        '    outputs = seen @ weights["readout_weight"].T + weights["readout_bias"]',
        f"    value, output_grads = {network.loss.__name__}(outputs, targets)",
        "    state_grads = np.zeros_like(states[1:])",
        f'    state_grads[-len(targets) :] = output_grads @ weights["readout_weight"]{seen}',
        "    grads, sum_grads = backward(",
        f"        inputs, states, memories, weights, state_grads, {truncation}, {back}",
        "    )",
    ]
    if penalty:
        lines.append('    slope = penalty_gradient(state_grads, sum_grads, weights["weight_hh"])')
        lines.append(f'    grads["weight_hh"] += {literal(penalty)} * slope')
    lines += [
        '    grads["readout_weight"] = np.tensordot(output_grads, seen, ([0, 1], [0, 1]))',
        '    grads["readout_bias"] = output_grads.sum(axis=(0, 1))',
        "    return value, np.concatenate([grads[name].ravel() for name in SHAPES])",
    ]
    yield "\n".join(lines)
    if network.training.early_stopping:
        yield HELD_OUT_LOSS.format(run=run, loss=network.loss.__name__)
        yield network.probes()


def _descent(network: Parts) -> Iterator[str]:
    """Yield the lines of the function that makes the updates."""
    experiment, patience = network.experiment, network.training.early_stopping
    tired = [
        "if step in PROBES:",
        "    held_out = held_out_loss(params)",
        "    waited = 0 if held_out < best else waited + 1",
        "    best = min(best, held_out)",
        f"    if waited >= {patience}:",
        "        break",
    ]
    steps = [
        "value, grad = loss_and_gradient(params, step)",
        *noise_lines(experiment),
        "losses.append(value)",
        "if is_lost(params, value, grad):",
        "    break",
        *(tired if patience else []),
        *update_lines(experiment),
        "grad_norms.append(norm(grad))",
        "clipped_norms.append(norm(clipped))",
    ]
    yield f"def descend({', '.join(arguments_of(experiment))}):"
    yield '    """Make the updates; return losses, the norms before and after the clip, and the weights at the end."""'
    yield "    params, losses, grad_norms, clipped_norms = START, [], [], []"
    if patience:
        yield "    best, waited = np.inf, 0"
    yield '    with np.errstate(all="ignore"):  # a run may overflow: that is what it shows'
    yield "        for step in range(N_STEPS):"
    yield from (f"            {line}" for line in steps)
    yield "        else:"
    yield "            losses.append(loss_and_gradient(params, N_STEPS)[0])"
    yield "    return {"
    for name in ("losses", "grad_norms", "clipped_norms"):
        yield f'        "{name}": np.array({name}),'
    yield '        "weights": params,'
    yield "    }"


HELD_OUT_LOSS = '''\
def held_out_loss(params):
    """Return the loss on sequences that are kept for measuring."""
    weights, (inputs, targets) = tensors_of(params, SHAPES), HELD_OUT
    states, _ = {run}
    outputs = states[-len(targets) :] @ weights["readout_weight"].T + weights["readout_bias"]
    return {loss}(outputs, targets)[0]'''

IS_LOST = '''\
def is_lost(params, value, grad):
    """Whether a number is no longer finite."""
    return not np.isfinite([value, norm(params), norm(grad)]).all()'''

REPORT = """\
if __name__ == "__main__":
    for name, run in runs.items():
        updates, clipped = len(run["grad_norms"]), np.sum(run["clipped_norms"] != run["grad_norms"])
        ended = f"after {updates} of {N_STEPS} updates the loss is {run['losses'][-1]:.6g}"
        print(f"{name}: {ended}; the norm changed at {clipped} updates")"""
