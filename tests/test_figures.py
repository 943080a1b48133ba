"""The figures of docs/how-tested.md agree with the tests.

Catalogue and links are compared exactly. Counts of tests may be a tenth off, so that not every new test asks for a new
page; they are compared where the whole suite was collected, as `make test` does. The deviations reached on another
processor may differ, so of each line the statement and the tolerance are compared, and that it was kept.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import figures
from facts import FACTS

TEXT = figures.between_marks(figures.PAGE.read_text())
LINES = [line.strip("| ").split(" | ") for line in TEXT.splitlines() if line.count(" | ") == 3]
ROWS = {statement: (allowed, float(reached)) for statement, allowed, reached, _ in LINES if statement != "stated"}
SLACK = 0.1


def close(said: str, found: int) -> bool:
    return abs(int(said.replace(",", "")) - found) <= max(3, SLACK * found)


def test_catalogue_and_links_are_counted_right() -> None:
    for count in figures.catalogue_counts():
        assert f" {count}" in TEXT, "run make figures"
    for name, number in figures.links().items():
        assert f" {number} {name}" in TEXT, "run make figures"


def test_random_cases_are_counted_right() -> None:
    tests, examples = figures.drawn_examples()
    said = re.search(r"Random cases: ([\d,]+) documents, bodies and requests in ([\d,]+) tests", TEXT)
    assert said is not None
    assert close(said[1], examples), "run make figures"
    assert close(said[2], tests), "run make figures"


def test_tests_are_counted_right(request: pytest.FixtureRequest) -> None:
    files = [str(item.path.relative_to(figures.TESTS)) for item in request.session.items]
    every = {str(path.relative_to(figures.TESTS)) for path in figures.TESTS.rglob("test_*.py")}
    counts = figures.counts_of(files)
    for kind in figures.KINDS:
        said = re.search(rf"\| ([\d,]+) \| `tests/{kind and kind + '/'}`", TEXT)
        assert said is not None, kind
        if every <= set(files):
            assert close(said[1], counts[kind]), f"tests/{kind}: run make figures"


def test_every_fact_that_a_test_compares_is_on_the_page_and_was_reached() -> None:
    source = "".join(Path(path).read_text() for path in figures.fact_files())
    compared = set(re.findall(r'fact\("(F\w+)"', source)) - {"F06"}
    assert len(compared) > 20
    for name in sorted(compared):
        fact = FACTS[name]
        allowed, reached = ROWS[fact["statement"].replace("|", "\\|")]
        assert allowed == (f"{fact['rtol']:.3g}, relative" if fact["rtol"] else f"± {fact['atol']:.3g}")
        assert reached <= max(fact["rtol"], fact["atol"])
    for allowed, reached in ROWS.values():
        assert reached <= float(re.sub(r"exact|, relative|± ", "", allowed) or 0.0)


def test_the_page_holds_stated_numbers_of_whole_runs_and_of_another_library() -> None:
    assert any("441 starts" in statement for statement in ROWS)
    assert sum("as PyTorch computes them" in statement for statement in ROWS) >= 4
