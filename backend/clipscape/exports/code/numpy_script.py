"""A stand-alone script of a comparison on a landscape, in plain numpy."""

from __future__ import annotations

import json
from collections.abc import Iterator

from clipscape.exports.code.landscape import Landscape, landscape_of, limits_of
from clipscape.exports.code.pieces import (
    Plain,
    call,
    clips_direction,
    entry_of,
    heading,
    is_plain_schedule,
    literal,
    own,
    rule_of,
    sources,
)
from clipscape.plain.clipping import no_clipping
from clipscape.plain.vectors import norm
from clipscape.scenario import Experiment

GIVEN = {"seed": "SEED", "n_steps": "N_STEPS", "examples": "examples", "shapes": "SHAPES"}
ROUNDING = """\
It takes the steps that Clipscape shows, in double precision. Where a landscape
has walls, rounding in the last digit grows from step to step, so that another
machine may end somewhere else after some dozen steps."""


def landscape_script(experiment: Experiment) -> str:
    """Return the script of an understood experiment on a landscape."""
    landscape = landscape_of(experiment)
    parts = [
        introduction(experiment, "It needs nothing but numpy: python script.py", ROUNDING),
        imports(landscape, experiment, "import numpy as np"),
        heading("What is minimised: " + entry_of("problem", experiment.problem).label),
        *sources(landscape.functions),
        "\n".join([landscape.numbers, *numbers_of(experiment)]),
        landscape.loss,
        landscape.gradient,
        heading("What is done to the gradient"),
        *sources([norm, *functions_of(experiment)]),
        heading("The descent"),
        *descent(experiment),
        heading("The runs"),
        "\n".join(["runs = {", *runs(experiment), "}"]),
        REPORT,
    ]
    return "\n\n\n".join(parts) + "\n"


def introduction(experiment: Experiment, needs: str, rounding: str) -> str:
    """Return the docstring of a script."""
    label = entry_of("problem", experiment.problem).label
    names = ", ".join(variant.name for variant in experiment.variants).replace("\\", "/").replace('"', "'")
    return f'"""{label}: {names}.\n\nWritten by Clipscape. {needs}\n{rounding}\n"""'


def imports(landscape: Landscape, experiment: Experiment, *more: str) -> str:
    """Return the import lines; `math` only where it is used."""
    text = "".join(sources([*landscape.functions, *functions_of(experiment)]))
    return "\n\n".join((["import math"] if "math." in text else []) + ["\n".join(more)])


def numbers_of(experiment: Experiment) -> Iterator[str]:
    """Yield the constants of the run."""
    centre, limit = limits_of(experiment)
    yield f"START = {[float(x) for x in experiment.start or ()]}"
    yield f"N_STEPS = {experiment.n_steps}"
    yield f"SEED = {experiment.seed}  # decides everything random"
    yield f"CENTRE = {centre}  # of the window"
    yield f"LIMIT = {limit!r}  # a run that is so far away has diverged: a million diagonals of the window"


def functions_of(experiment: Experiment) -> list[Plain]:
    """Return every rule that the variants use, but for what does nothing."""
    variants = range(len(experiment.variants))
    families = ("clip", "optimizer", *(["schedule"] if has_schedules(experiment) else []))
    found = [rule_of(experiment, variant, family) for family in families for variant in variants]
    if any(clips_direction(experiment, variant) for variant in variants):
        found.insert(0, no_clipping)
    found += [entry_of(family, getattr(experiment, family)).plain[0] for family in ("noise", "weight_decay")
              if getattr(experiment, family).kind != "none"]  # fmt: skip
    return list(dict.fromkeys(found))


def has_schedules(experiment: Experiment) -> bool:
    """Whether the learning rate of any variant changes."""
    return not all(is_plain_schedule(experiment, variant) for variant in range(len(experiment.variants)))


def descent(experiment: Experiment) -> Iterator[str]:
    """Yield the functions that take the steps; what this scenario does not have is left out."""
    yield from made_rules(experiment)
    yield IS_LOST
    steps = [
        "grad = gradient(params, step)",
        *noise_lines(experiment),
        "if is_lost(params, grad):",
        "    break",
        *update_lines(experiment),
        "path.append(params)",
        "losses.append(loss(params))",
        "grad_norms.append(norm(grad))",
        "clipped_norms.append(norm(clipped))",
    ]
    lines = [
        f"def descend({', '.join(arguments_of(experiment))}):",
        '    """Take the steps; return points, losses, and the norms before and after the clip."""',
        "    params = np.array(START)",
        "    path, losses, grad_norms, clipped_norms = [params], [loss(params)], [], []",
        '    with np.errstate(all="ignore"):  # a run may overflow: that is what it shows',
        "        for step in range(N_STEPS):",
        *(f"            {line}" for line in steps),
        "    return {",
        '        "path": np.array(path),',
        '        "losses": np.array(losses),',
        '        "grad_norms": np.array(grad_norms),',
        '        "clipped_norms": np.array(clipped_norms),',
        "    }",
    ]
    yield "\n".join(lines)


def made_rules(experiment: Experiment) -> Iterator[str]:
    """Yield the lines that make noise and weight decay, where there are any."""
    made = [f"noise = {_call(experiment, 'noise')}"] if experiment.noise.kind != "none" else []
    made += [f"decay = {_call(experiment, 'weight_decay')}"] if _decay_position(experiment) else []
    if made:
        yield "\n".join(made)


def arguments_of(experiment: Experiment) -> list[str]:
    """Return what a variant gives to its descent."""
    schedule = ["schedule"] if has_schedules(experiment) else []
    return ["learning_rate", "clip", "optimizer", *schedule, *(["clip_direction"] if has_late_clip(experiment) else [])]


def has_late_clip(experiment: Experiment) -> bool:
    """Whether any variant clips the optimizer's direction."""
    return any(clips_direction(experiment, variant) for variant in range(len(experiment.variants)))


def _decay_position(experiment: Experiment) -> str | None:
    position: str | None = entry_of("weight_decay", experiment.weight_decay).traits["position"]
    return position


def noise_lines(experiment: Experiment) -> list[str]:
    """Return the line that adds noise, where there is any."""
    return ["grad = noise(grad, step)"] if experiment.noise.kind != "none" else []


def update_lines(experiment: Experiment) -> list[str]:
    """Return the lines from the gradient to the new point."""
    position = _decay_position(experiment)
    rate = "learning_rate * schedule(step)" if has_schedules(experiment) else "learning_rate"
    late = ["if clip_direction:", "    direction = clipped = clip_direction(direction, params, step)"]
    return [
        *(["received = decay(grad, params)"] if position == "before_clip" else []),
        f"clipped = clip({'received' if position == 'before_clip' else 'grad'}, params, step)",
        *(["decayed = decay(clipped, params)"] if position == "after_clip" else []),
        f"direction = optimizer({'decayed' if position == 'after_clip' else 'clipped'}, params)",
        *(late if has_late_clip(experiment) else []),
        *(["direction = decay(direction, params)"] if position == "decoupled" else []),
        f"params = params - {rate} * direction",
    ]


def _call(experiment: Experiment, family: str) -> str:
    choice = getattr(experiment, family)
    return call(entry_of(family, choice).plain[0], choice.params, GIVEN)


def runs(experiment: Experiment) -> Iterator[str]:
    """Yield the lines of a dictionary with one run per variant."""
    for index, variant in enumerate(experiment.variants):
        arguments = dict(calls(experiment, index))
        if has_late_clip(experiment):
            is_late = clips_direction(experiment, index)
            arguments["clip_direction"] = arguments["clip"] if is_late else "None"
            arguments["clip"] = "no_clipping()" if is_late else arguments["clip"]
        yield f"    {json.dumps(variant.name, ensure_ascii=False)}: descend("
        yield from (f"        {name}={text}," for name, text in arguments.items())
        yield "    ),"


def calls(experiment: Experiment, variant: int) -> Iterator[tuple[str, str]]:
    """Yield what a variant gives to its descent: name and text."""
    entry, params = own(experiment, variant, "optimizer")
    rate = entry.with_role("learning_rate")
    assert rate is not None
    yield "learning_rate", literal(params[rate.name])
    for family in ("clip", "optimizer", *(["schedule"] if has_schedules(experiment) else [])):
        params = own(experiment, variant, family)[1]
        yield family, call(rule_of(experiment, variant, family), params, GIVEN)


IS_LOST = '''\
def is_lost(params, grad):
    """Whether a run has diverged: too far away, or a number is no longer finite."""
    near = np.max(np.abs(params - np.array(CENTRE))) <= LIMIT
    return not (near and np.isfinite(loss(params)) and np.isfinite(norm(grad)))'''

REPORT = """\
if __name__ == "__main__":
    for name, run in runs.items():
        steps, clipped = len(run["path"]) - 1, np.sum(run["clipped_norms"] != run["grad_norms"])
        ended = f"after {steps} of {N_STEPS} steps at {run['path'][-1]}, loss {run['losses'][-1]:.6g}"
        print(f"{name}: {ended}; the norm changed at {clipped} steps")"""
