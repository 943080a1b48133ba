"""From a document as sent to a document as understood: migrated, checked against the catalogue, defaults filled in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import ValidationError

from clipscape.complaints import Complaint, ScenarioError, from_pydantic, path
from clipscape.families import FAMILIES, Where, check_choice, filled_params
from clipscape.migrations import migrate
from clipscape.problems.base import Problem
from clipscape.problems.networks import network_problem
from clipscape.scenario import Choice, Experiment, Scenario, Variant, View

ChosenT = TypeVar("ChosenT", bound=Choice)

SHARED = ("problem", "optimizer", "schedule", "noise", "weight_decay")
OWN = ("clip", "optimizer", "schedule")
NETWORK_ONLY = {"task": "adding", "init": "uniform"}
"""What an experiment chooses only where its problem is a network, and what it has where nothing was chosen."""
_VIEW_PLANE: Where = ("view", "plane")


def read_scenario(document: object) -> Scenario:
    """Read plain JSON data of any version; raise `ScenarioError` with every complaint if it cannot be used."""
    try:
        scenario = Scenario.model_validate(migrate(document))
    except ValidationError as error:
        raise ScenarioError(from_pydantic(error)) from None
    experiment, view = understand(scenario.experiment), understand_view(scenario.view)
    return scenario.model_copy(update={"experiment": experiment, "view": view})


def understand_view(view: View) -> View:
    """Check the plane of a view, where it names one, and fill in its defaults."""
    if view.plane is None:
        return view
    return view.model_copy(update={"plane": understand_choice("plane", view.plane, _VIEW_PLANE)})


def understand(experiment: Experiment) -> Experiment:
    """Check kinds, parameters and combinations; return the experiment with every default filled in.

    A landscape then has a start; a network has a task and an initialisation instead, and no start.
    """
    complaints = list(_wrong_choices(experiment)) or list(_misplaced(experiment))
    if complaints:
        raise ScenarioError(complaints)
    filled = _filled(experiment)
    problem = problem_of(filled)
    complaints = list(_clashes(filled, problem))
    if complaints:
        raise ScenarioError(complaints)
    if filled.start is not None or problem.training is not None:
        return filled
    return filled.model_copy(update={"start": tuple(map(float, problem.start))})


def understand_choice(key: str, choice: Choice, where: Where) -> Choice:
    """Check one choice of the family `key` on its own and fill in its defaults."""
    complaints = list(check_choice(FAMILIES[key], choice.kind, choice.params, where))
    if complaints:
        raise ScenarioError(complaints)
    return _filled_choice(key, choice)


def is_network(problem: Choice) -> bool:
    """Say whether a problem of a known kind is a network."""
    return FAMILIES["problem"].catalog[problem.kind].traits.get("group") == "network"


def problem_of(experiment: Experiment) -> Problem:
    """Make the problem of a checked and filled experiment: a landscape, or a network with task and first weights."""
    if not is_network(experiment.problem):
        return make_problem(experiment.problem)
    assert experiment.task is not None
    assert experiment.init is not None
    return network_problem(
        _made("problem", experiment.problem), _made("task", experiment.task), _made("init", experiment.init)
    )


def make_problem(problem: Choice) -> Problem:
    """Make the landscape of a checked and filled choice; raise `ScenarioError` for a network."""
    if is_network(problem):
        what = "is a network, which needs a task and first weights, and has no window"
        raise ScenarioError([Complaint("problem.kind", what, "choose a landscape, or send a whole experiment")])
    made = _made("problem", problem)
    assert isinstance(made, Problem)
    return made


def _made(key: str, choice: Choice) -> Any:
    return FAMILIES[key].catalog[choice.kind].make(**choice.params)


def _misplaced(experiment: Experiment) -> Iterator[Complaint]:
    """Yield what only a network has and a landscape was given, or the other way round."""
    if is_network(experiment.problem):
        if experiment.start is not None:
            what = "must be absent: a network starts from its initial weights"
            yield Complaint("experiment.start", what, "leave it out; init and seed decide the weights")
        return
    for key in NETWORK_ONLY:
        if getattr(experiment, key) is not None:
            what = f"is for networks only, and {experiment.problem.kind} is a landscape"
            yield Complaint(f"experiment.{key}", what, "leave it out, or choose a network as the problem")


def _wrong_choices(experiment: Experiment) -> Iterator[Complaint]:
    for key in (*SHARED, *NETWORK_ONLY):
        choice = getattr(experiment, key)
        if choice is None:
            continue
        yield from check_choice(FAMILIES[key], choice.kind, choice.params, ("experiment", key))
    for index, variant in enumerate(experiment.variants):
        for key in OWN:
            choice = getattr(variant, key)
            if choice is not None:
                where: Where = ("experiment", "variants", index, key)
                yield from check_choice(FAMILIES[key], choice.kind, choice.params, where)


def _filled_choice(key: str, choice: ChosenT) -> ChosenT:
    entry = FAMILIES[key].catalog[choice.kind]
    return choice.model_copy(update={"params": filled_params(entry, choice.params)})


def _filled_variant(variant: Variant) -> Variant:
    own = {key: _filled_choice(key, choice) for key in OWN if (choice := getattr(variant, key)) is not None}
    return variant.model_copy(update=own)


def _filled(experiment: Experiment) -> Experiment:
    shared = {key: _filled_choice(key, getattr(experiment, key)) for key in SHARED}
    if is_network(experiment.problem):
        for key, default in NETWORK_ONLY.items():
            shared[key] = _filled_choice(key, getattr(experiment, key) or Choice(kind=default))
    variants = tuple(_filled_variant(variant) for variant in experiment.variants)
    return experiment.model_copy(update={**shared, "variants": variants})


def _clashes(experiment: Experiment, problem: Problem) -> Iterator[Complaint]:
    """Yield what is wrong with the combination although every part is right."""
    if experiment.start is not None and len(experiment.start) != problem.dim:
        what = f"must have {problem.dim} numbers for this problem"
        yield Complaint("experiment.start", what, "give one number per coordinate, or leave the start out")
    seen: set[str] = set()
    for index, variant in enumerate(experiment.variants):
        where = ("experiment", "variants", index)
        if variant.name in seen:
            yield Complaint(path(*where, "name"), "is used twice", "give every variant its own name")
        seen.add(variant.name)
        yield from _clip_clashes(variant, problem, where)


def _clip_clashes(variant: Variant, problem: Problem, where: Where) -> Iterator[Complaint]:
    traits = FAMILIES["clip"].catalog[variant.clip.kind].traits
    if traits.get("per_example") and problem.examples is None:
        what = "clips the gradient of every example, and this problem is no sum over examples"
        yield Complaint(path(*where, "clip", "kind"), what, "choose a problem with examples, or another clip")
    positions = traits.get("positions", ("before", "after"))
    if variant.clip.position not in positions:
        what = "is not possible for this clipping rule"
        yield Complaint(path(*where, "clip", "position"), what, f"use {' or '.join(positions)}")
