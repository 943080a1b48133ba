"""Headlines: each says the same as the sentence below it, in a few words."""

from __future__ import annotations

import re
from functools import cache

import pytest

from clipscape.explain import Verdict
from clipscape.presets import list_presets, load_preset
from scenarios import run_document


@cache
def verdicts() -> dict[tuple[str, int], Verdict]:
    """Verdicts of every variant of every landscape's preset: all five endings are among them."""
    found = {}
    for preset in (preset for preset in list_presets() if not preset.is_network):
        for row, verdict in enumerate(run_document(load_preset(preset.name).scenario)[2]):
            found[preset.name, row] = verdict
    return found


def test_every_ending_is_among_the_presets() -> None:
    statuses = {verdict.outcome.status for verdict in verdicts().values()}
    assert statuses == {"converged", "bounded", "stalled", "descending", "diverged"}


def test_a_headline_is_short() -> None:
    assert all(len(verdict.headline) <= 24 for verdict in verdicts().values())


def test_the_step_of_a_headline_is_in_the_sentence_too() -> None:
    for verdict in verdicts().values():
        for step in re.findall(r"step (\d+)", verdict.headline):
            assert re.search(rf"step {step}\b", verdict.sentence), (verdict.headline, verdict.sentence)


@pytest.mark.parametrize(
    ("preset", "row", "headline"),
    [
        ("leash-or-cap", 0, "Thrown out at step 3"),
        ("leash-or-cap", 1, "Converged by step 81"),
        ("pascanu-wall", 0, "Thrown out at step 8"),
        ("clipping-is-not-convergence", 0, "Diverged at step 18"),
        ("clipping-is-not-convergence", 1, "Jumps to and fro"),
        ("what-clipping-cannot-do", 0, "Stalled since step 0"),
        ("heavy-tails", 1, "Kept moving by noise"),
        ("diverges-on-purpose", 1, "Still descending"),
    ],
)
def test_headlines_of_known_runs(preset: str, row: int, headline: str) -> None:
    assert verdicts()[preset, row].headline == headline
