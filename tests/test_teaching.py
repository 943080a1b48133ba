"""What a link can hide: the table, the page and the documentation name the same parts."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "frontend" / "js"
FAMILIES = {"optimizer", "schedule", "noise", "weight_decay", "task", "init", "network"}
"""Controls that are named after their family."""
CHARTS = {"curves", "curve_loss", "curve_accuracy", "curve_norm", "curve_angle", "curve_ratio"}
BLOCKS = {"heat", "gauge", "outputs"}
WHOLE = {"controls"}
"""The side bar, hidden by a class of its own."""


def offered() -> set[str]:
    table = (SCRIPTS / "state" / "hiding.js").read_text()
    return set(re.findall(r'^    \["([a-z_]+)", "', table, flags=re.MULTILINE))


def marked() -> set[str]:
    """Return every name that stands in the scripts as what an element is hidden by."""
    names: set[str] = set()
    for path in SCRIPTS.rglob("*.js"):
        text = path.read_text()
        for found in re.findall(r'"data-control": (?:name === "variants" \? )?"([a-z_ ]+)"', text):
            names |= set(found.split())
        names |= set(re.findall(r'dataset\.control = "([a-z_]+)"', text))
    return names


def test_everything_that_is_offered_to_be_hidden_is_on_the_page_and_the_other_way_round() -> None:
    assert marked() | FAMILIES | CHARTS | BLOCKS | WHOLE == offered()


def test_the_documentation_names_what_can_be_hidden() -> None:
    table = (ROOT / "docs" / "teaching.md").read_text().split("| group | names |")[1].split("\n\n")[0]
    assert set(re.findall(r"`([a-z_]+)`", table)) == offered()
