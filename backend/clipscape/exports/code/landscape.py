"""The part of a script that says what is minimised."""

from __future__ import annotations

import inspect
from typing import NamedTuple

from clipscape.exports.code.pieces import Plain, entry_of, literal
from clipscape.scenario import Experiment
from clipscape.understanding import problem_of

DIVERGENCE = 1e6


class Landscape(NamedTuple):
    """Functions to print, and the code that ties them to the scenario's numbers."""

    functions: tuple[Plain, ...]
    numbers: str
    """The parameters, and what follows from them."""
    loss: str
    """`def loss(params)`."""
    gradient: str
    """`def gradient(params, step)`."""
    has_examples: bool


def landscape_of(experiment: Experiment) -> Landscape:
    """Write out the landscape of an understood experiment."""
    choice = experiment.problem
    functions = entry_of("problem", choice).plain
    loss = functions[0].__name__
    if len(functions) == 2:
        params = ", ".join(f'"{name}": {literal(value)}' for name, value in choice.params.items())
        return Landscape(
            functions=functions,
            numbers=f"LANDSCAPE = {{{params}}}",
            loss=f"def loss(params):\n    return {loss}(*params, **LANDSCAPE)",
            gradient=f"def gradient(params, step):\n    return {functions[1].__name__}(*params, **LANDSCAPE)",
            has_examples=False,
        )
    _, examples, points = functions
    wanted = inspect.signature(points).parameters
    given = ", ".join(f"{name}={literal(choice.params[name])}" for name in wanted)
    rest = {name: literal(value) for name, value in choice.params.items() if name not in wanted}
    drawn = ", ".join(["POINTS", "WEIGHTS", *(f"{name}={value}" for name, value in rest.items())])
    return Landscape(
        functions=(points, functions[0], examples),
        numbers=f"POINTS, WEIGHTS = {points.__name__}({given})",
        loss=f"def loss(params):\n    return {loss}(*params, POINTS, WEIGHTS)",
        gradient=(
            "def examples(params, step):\n"
            f"    return {examples.__name__}(*params, step, {drawn}, seed=SEED)\n\n\n"
            "def gradient(params, step):\n"
            "    grads, weights = examples(params, step)\n"
            "    return sum(weight * each for weight, each in zip(weights, grads, strict=True))"
        ),
        has_examples=True,
    )


def limits_of(experiment: Experiment) -> tuple[list[float], float]:
    """Return the centre of the window, and how far from it a run has diverged."""
    window = problem_of(experiment).window
    diagonal = sum((high - low) ** 2 for low, high in window) ** 0.5
    return [(low + high) / 2 for low, high in window], DIVERGENCE * diagonal
