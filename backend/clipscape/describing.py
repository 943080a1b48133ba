"""A scenario in a title and a sentence: what chat programs show beside a link. Nothing is computed for it."""

from __future__ import annotations

from clipscape.families import FAMILIES
from clipscape.scenario import MAX_SHOWN, Experiment, Scenario, Variant

_THRESHOLDS = ("max_norm", "clip_value")
SHOWN = MAX_SHOWN
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
    said = [f"{note.rstrip('.')}."] if note else []
    asked = [question_of(scenario)] if scenario.question is not None else []
    return " ".join([*asked, *said, facts])


def question_of(scenario: Scenario) -> str:
    """Return the question of a scenario in words; "" where it asks none."""
    question, variants = scenario.question, scenario.experiment.variants
    if question is None:
        return ""
    if question.text is not None:
        return question.text
    if question.variant is not None:
        variant = variants[question.variant]
        without = variant.clip.kind == "none"
        return "What will happen without clipping?" if without else f"What will happen with “{variant.name}”?"
    return "Which variant ends lowest?" if question.about == "lowest_loss" else "Which variant settles first?"


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
