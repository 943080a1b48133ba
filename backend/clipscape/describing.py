"""A scenario in a title and a sentence: what chat programs show beside a link. Nothing is computed for it."""

from __future__ import annotations

from clipscape.families import FAMILIES
from clipscape.scenario import Experiment, Scenario, Variant

_THRESHOLDS = ("max_norm", "clip_value")
SHOWN = 4
"""Variants that the page shows at once."""


def title_of(scenario: Scenario) -> str:
    """Return what its maker calls it, else what is compared on what."""
    if scenario.meta is not None and scenario.meta.title is not None:
        return scenario.meta.title
    names = ", ".join(variant.name for variant in scenario.experiment.variants[:SHOWN])
    return f"{ground_of(scenario.experiment)}: {names}"


def description_of(scenario: Scenario) -> str:
    """Return the maker's note, if there is one, and the numbers that matter most."""
    experiment = scenario.experiment
    rules = ", ".join(_rule(variant) for variant in experiment.variants[:SHOWN])
    facts = f"Gradient clipping compared ({rules}) on {_lower(ground_of(experiment))}. {settings_of(experiment)}."
    note = scenario.meta.note if scenario.meta is not None else None
    return f"{note.rstrip('.')}. {facts}" if note else facts


def ground_of(experiment: Experiment) -> str:
    """Name the landscape, or the network with its task."""
    label = FAMILIES["problem"].catalog[experiment.problem.kind].label
    if experiment.task is None:
        return label
    return f"{label} on {_lower(FAMILIES['task'].catalog[experiment.task.kind].label)}"


def settings_of(experiment: Experiment) -> str:
    """Name optimizer, learning rate and length."""
    parts = [FAMILIES["optimizer"].catalog[experiment.optimizer.kind].label]
    rate = experiment.optimizer.params.get("learning_rate")
    if rate is not None:
        parts.append(f"learning rate {rate:g}")
    return ", ".join([*parts, f"{experiment.n_steps} {'updates' if experiment.task else 'steps'}"])


def _rule(variant: Variant) -> str:
    """Name the rule, with its threshold where it is a fixed one."""
    label = FAMILIES["clip"].catalog[variant.clip.kind].label
    values = [value for name, value in variant.clip.params.items() if name in _THRESHOLDS]
    return f"{_lower(label)} {values[0]:g}" if values else _lower(label)


def _lower(words: str) -> str:
    """Begin with a small letter, unless the first word is an abbreviation or a name."""
    first = words.split()[0]
    return words if any(letter.isupper() for letter in first[1:]) else words[0].lower() + words[1:]
