"""A script of a comparison on a landscape for PyTorch: gradients by autograd, its own optimizers and clips where exact.

What PyTorch does not have, or does a little differently, is the numpy function of the other script, at work on the
parameter's gradient.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from clipscape.exports.code.landscape import Landscape, landscape_of
from clipscape.exports.code.numpy_script import GIVEN, ROUNDING, has_late_clip, has_schedules, introduction, numbers_of
from clipscape.exports.code.pieces import (
    Plain,
    call,
    clips_direction,
    entry_of,
    heading,
    literal,
    own,
    rule_of,
    sources,
)
from clipscape.scenario import Experiment
from clipscape.understanding import is_network


def torch_landscape_script(experiment: Experiment) -> str:
    """Return the script of an understood experiment on a landscape."""
    landscape, rules = landscape_of(experiment), list(dict.fromkeys(rules_of(experiment)))
    loss_first = landscape.functions[:1] if not landscape.has_examples else landscape.functions
    text = "".join(sources([*loss_first, *rules]))
    standard = "import math\n\n" if "math." in text or "math." in _lines_of(experiment) else ""
    uses_numpy = landscape.has_examples or bool(rules)
    parts = [
        introduction(experiment, "It needs PyTorch: python script.py", ROUNDING),
        standard + ("import numpy as np\n" if uses_numpy else "") + "import torch",
        "torch.set_default_dtype(torch.float64)  # as in Clipscape",
        heading("What is minimised: " + entry_of("problem", experiment.problem).label),
        *_landscape(landscape),
        "\n".join([landscape.numbers, *numbers_of(experiment)]),
        landscape.loss,
        *([landscape.gradient] if landscape.has_examples else []),
        *([heading("What PyTorch does not have"), *sources(rules)] if rules else []),
        heading("The training"),
        *_helpers(experiment),
        "\n".join(_training(experiment, landscape)),
        heading("The runs"),
        "\n".join(["runs = {", *runs_of(experiment), "}"]),
        _REPORT,
    ]
    return "\n\n\n".join(parts) + "\n"


def _landscape(landscape: Landscape) -> Iterator[str]:
    """The loss in PyTorch's functions, which have the same names; examples are drawn in numpy."""
    if landscape.has_examples:
        yield from sources(landscape.functions)
    else:
        yield from (re.sub(r"\bnp\.", "torch.", text) for text in sources(landscape.functions[:1]))


def is_native(experiment: Experiment, variant: int) -> bool:
    """Whether PyTorch's own clip does exactly the same."""
    clip, params = own(experiment, variant, "clip")
    wanted = clip.spelled.torch_when
    return wanted is not None and all(params[name] == value for name, value in wanted.items())


def has_clip(experiment: Experiment, variant: int) -> bool:
    return experiment.variants[variant].clip.kind != "none"


def rules_of(experiment: Experiment) -> Iterator[Plain]:
    """What must be written out in numpy."""
    for variant in range(len(experiment.variants)):
        late = clips_direction(experiment, variant)
        if has_clip(experiment, variant) and (late or not is_native(experiment, variant)):
            yield rule_of(experiment, variant, "clip")
        if has_schedules(experiment):
            yield rule_of(experiment, variant, "schedule")
    if experiment.noise.kind != "none":
        yield entry_of("noise", experiment.noise).plain[0]


def _lines_of(experiment: Experiment) -> str:
    return "".join(own(experiment, variant, "clip")[0].spelled.torch for variant in range(len(experiment.variants)))


def _helpers(experiment: Experiment) -> Iterator[str]:
    variants = range(len(experiment.variants))
    late = has_late_clip(experiment)
    written = [v for v in variants if has_clip(experiment, v) and not is_native(experiment, v)]
    if late or any(not clips_direction(experiment, variant) for variant in written):
        yield _ON_GRADIENT
    if experiment.noise.kind != "none":
        noise = entry_of("noise", experiment.noise)
        yield f"noise = {call(noise.plain[0], experiment.noise.params, GIVEN)}"


def _training(experiment: Experiment, landscape: Landscape) -> Iterator[str]:
    position = entry_of("weight_decay", experiment.weight_decay).traits["position"]
    strength = literal(experiment.weight_decay.params["weight_decay"]) if position else ""
    late = has_late_clip(experiment)
    noise, schedule = experiment.noise.kind != "none", has_schedules(experiment)
    arguments = ["learning_rate", "make_optimizer", "clip", *(["schedule"] if schedule else [])]
    arguments += ["clip_direction"] if late else []
    rate = "learning_rate * schedule(step)" if schedule else "learning_rate"
    decay = f"params.grad += {strength} * params.detach()"
    yield f"def train({', '.join(arguments)}):"
    yield '    """Take the steps; return points, losses and the norms of the gradient."""'
    yield "    params = torch.nn.Parameter(torch.tensor(START))"
    yield f"    optimizer = make_optimizer([params], {'1.0' if late else 'learning_rate'})"
    if schedule and not late:
        yield "    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)"
    yield "    path, losses, grad_norms = [params.detach().clone()], [], []"
    yield "    for step in range(N_STEPS):"
    steps = [
        "optimizer.zero_grad()",
        "value = loss(params)",
        "losses.append(value.item())",
        *_backward(landscape),
        *(["params.grad.copy_(torch.from_numpy(noise(params.grad.numpy(), step)))"] if noise else []),
        "grad_norms.append(params.grad.norm().item())",
        "near = (params.detach() - torch.tensor(CENTRE)).abs().max() <= LIMIT",
        "if not (near and value.isfinite() and params.grad.isfinite().all()):",
        "    break",
        *([decay] if position == "before_clip" else []),
        "clip(params, step)",
        *([decay] if position == "after_clip" else []),
        *_step(position, strength, rate, late=late, schedule=schedule),
        "path.append(params.detach().clone())",
    ]
    yield from (f"        {line}" for line in steps)
    yield '    return {"path": torch.stack(path), "losses": losses, "grad_norms": grad_norms}'


def _backward(landscape: Landscape) -> list[str]:
    if not landscape.has_examples:
        return ["value.backward()"]
    return ["params.grad = torch.from_numpy(gradient(params.detach().numpy(), step))  # of the examples drawn"]


def _step(position: str | None, strength: str, rate: str, *, late: bool, schedule: bool) -> Iterator[str]:
    """One step; where a clip stands behind the optimizer, its direction is taken apart from the step."""
    now = "scheduler.get_last_lr()[0]" if schedule else "learning_rate"
    if not late:
        if position == "decoupled":
            yield f"params.data *= 1 - {now} * {strength}"
        yield "optimizer.step()"
        if schedule:
            yield "scheduler.step()"
        return
    yield "before = params.detach().clone()"
    yield "optimizer.step()  # with learning rate 1: it moves by its direction"
    yield "params.grad.copy_(before - params.detach())"
    yield "params.data.copy_(before)"
    yield "if clip_direction:"
    yield "    clip_direction(params, step)"
    if position == "decoupled":
        yield f"params.grad += {strength} * before"
    yield f"params.data -= {rate} * params.grad"


def runs_of(experiment: Experiment) -> Iterator[str]:
    """Yield the lines of a dictionary with one training per variant."""
    nothing = f"lambda {_trained(experiment)}, step: None"
    for index, variant in enumerate(experiment.variants):
        entry, params = own(experiment, index, "optimizer")
        numbers = {name: literal(value) for name, value in params.items() if name != "learning_rate"}
        text = entry.spelled.torch.format_map({**numbers, "learning_rate": "rate"})
        clip = _clip(experiment, index) if has_clip(experiment, index) else nothing
        is_late = clips_direction(experiment, index)
        yield f"    {json.dumps(variant.name, ensure_ascii=False)}: train("
        yield f"        learning_rate={literal(params['learning_rate'])},"
        yield f"        make_optimizer=lambda tensors, rate: {text.replace('model.parameters()', 'tensors')},"
        yield f"        clip={nothing if is_late else clip},"
        if has_schedules(experiment):
            schedule_params = own(experiment, index, "schedule")[1]
            yield f"        schedule={call(rule_of(experiment, index, 'schedule'), schedule_params, GIVEN)},"
        if has_late_clip(experiment):
            yield f"        clip_direction={clip if is_late else 'None'},"
        yield "    ),"


def _trained(experiment: Experiment) -> str:
    """What the script calls that which is trained."""
    return "model" if is_network(experiment.problem) else "params"


def _clip(experiment: Experiment, variant: int) -> str:
    clip, params = own(experiment, variant, "clip")
    if is_native(experiment, variant) and not clips_direction(experiment, variant):
        line = clip.spelled.torch.format_map({name: literal(value) for name, value in params.items()})
        trained = _trained(experiment)
        line = line if trained == "model" else line.replace("model.parameters()", "[params]")
        return f"lambda {trained}, step: {line}"
    return f"on_gradient({call(rule_of(experiment, variant, 'clip'), params, GIVEN)})"


_ON_GRADIENT = '''\
def on_gradient(rule):
    """Let a rule that is written in numpy work on a parameter's gradient."""

    def clip(params, step):
        with np.errstate(all="ignore"):
            clipped = rule(params.grad.numpy().copy(), params.detach().numpy(), step)
        params.grad.copy_(torch.from_numpy(np.asarray(clipped)))

    return clip'''

_REPORT = """\
if __name__ == "__main__":
    for name, run in runs.items():
        print(f"{name}: {len(run['path']) - 1} of {N_STEPS} steps, then at {run['path'][-1].tolist()}")"""
