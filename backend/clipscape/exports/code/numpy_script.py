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
    refuse_network,
    sources,
)
from clipscape.plain.clipping import no_clipping
from clipscape.plain.schedules import constant
from clipscape.plain.vectors import norm
from clipscape.scenario import Experiment

GIVEN = {"seed": "SEED", "n_steps": "N_STEPS", "examples": "examples"}


def numpy_script(experiment: Experiment) -> str:
    """Return the script of an understood experiment; raise `ScenarioError` for a network."""
    refuse_network(experiment)
    landscape = landscape_of(experiment)
    parts = [
        introduction(experiment, "It needs nothing but numpy: python script.py"),
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


def introduction(experiment: Experiment, needs: str) -> str:
    """Return the docstring of a script."""
    label = entry_of("problem", experiment.problem).label
    names = ", ".join(variant.name for variant in experiment.variants).replace("\\", "/").replace('"', "'")
    return (
        f'"""{label}: {names}.\n\n'
        f"Written by Clipscape. {needs}\n"
        "It takes the steps that Clipscape shows, in double precision. Where a landscape\n"
        "has walls, rounding in the last digit grows from step to step, so that another\n"
        "machine may end somewhere else after some dozen steps.\n"
        '"""'
    )


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
    found = [own(experiment, variant, "clip")[0].plain[0] for variant in variants]
    found += [own(experiment, variant, "optimizer")[0].plain[0] for variant in variants]
    if has_schedules(experiment):
        found += [own(experiment, variant, "schedule")[0].plain[0] for variant in variants]
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
    decay = entry_of("weight_decay", experiment.weight_decay)
    position, noise = decay.traits["position"], experiment.noise.kind != "none"
    late = any(clips_direction(experiment, variant) for variant in range(len(experiment.variants)))
    arguments = ["learning_rate", "clip", "optimizer", *(["schedule"] if has_schedules(experiment) else []),
                 *(["clip_direction"] if late else [])]  # fmt: skip
    made = [f"noise = {_call(experiment, 'noise')}"] if noise else []
    made += [f"decay = {_call(experiment, 'weight_decay')}"] if position else []
    if made:
        yield "\n".join(made)
    yield IS_LOST
    rate = "learning_rate * schedule(step)" if has_schedules(experiment) else "learning_rate"
    steps = [
        "grad = gradient(params, step)",
        *(["grad = noise(grad, step)"] if noise else []),
        "if is_lost(params, grad):",
        "    break",
        *(["received = decay(grad, params)"] if position == "before_clip" else []),
        f"clipped = clip({'received' if position == 'before_clip' else 'grad'}, params, step)",
        *(["decayed = decay(clipped, params)"] if position == "after_clip" else []),
        f"direction = optimizer({'decayed' if position == 'after_clip' else 'clipped'}, params)",
        *(["direction = clip_direction(direction, params, step)"] if late else []),
        *(["direction = decay(direction, params)"] if position == "decoupled" else []),
        f"params = params - {rate} * direction",
        "path.append(params)",
        "losses.append(loss(params))",
        "grad_norms.append(norm(grad))",
        "clipped_norms.append(norm(clipped))",
    ]
    lines = [
        f"def descend({', '.join(arguments)}):",
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


def _call(experiment: Experiment, family: str) -> str:
    choice = getattr(experiment, family)
    return call(entry_of(family, choice).plain[0], choice.params, GIVEN)


def runs(experiment: Experiment) -> Iterator[str]:
    """Yield the lines of a dictionary with one run per variant."""
    late = any(clips_direction(experiment, variant) for variant in range(len(experiment.variants)))
    for index, variant in enumerate(experiment.variants):
        arguments = dict(calls(experiment, index))
        if late:
            is_late = clips_direction(experiment, index)
            arguments["clip_direction"] = arguments["clip"] if is_late else "no_clipping()"
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
    clip, clip_params = own(experiment, variant, "clip")
    yield "clip", call(clip.plain[0], clip_params, GIVEN)
    yield "optimizer", call(entry.plain[0], params, GIVEN)
    if has_schedules(experiment):
        schedule, schedule_params = own(experiment, variant, "schedule")
        function = schedule.plain[0] if schedule.plain else constant
        yield "schedule", call(function, schedule_params, GIVEN)


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
