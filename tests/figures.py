"""The figures of docs/how-tested.md: counted and measured by running the tests, `make figures`.

Between two marks the page is written by this program. Facts and golden numbers come from the tests that compare them:
`facts.Stated` records how close each comparison came.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from clipscape.families import FAMILIES

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "how-tested.md"
BEGIN, END = "<!-- figures: written by `make figures` -->\n", "<!-- end of the figures -->\n"
DEFAULT_EXAMPLES = 100
"""What Hypothesis draws where a test does not say."""

KINDS = {
    "contracts": "every landscape, rule and network of the catalogue",
    "api": "the API, in process and over real sockets",
    "store": "the link store, over SQLite and PostgreSQL",
    "farm": "maps on several machines",
    "browser": "the page, in a real Chromium",
    "smoke": "a server as a user starts it",
    "": "everything else: formulas, facts, outcomes, maps, library, command line, documents, the house",
}
"""Folders of tests, and what they are about."""


def counts_of(files: Iterable[str]) -> Counter[str]:
    """Count tests by kind; `files` names the file of each, below tests/."""
    folders = (path.split("/")[0] if "/" in path else "" for path in files)
    return Counter(folder if folder in KINDS else "" for folder in folders)


def collected() -> list[str]:
    """Return the file of every test that pytest finds."""
    done = _pytest("--collect-only", "-q", str(TESTS))
    return [line.split("::")[0].removeprefix("tests/") for line in done.splitlines() if "::" in line]


def fact_files() -> list[str]:
    """Return the files with tests that compare with stated numbers."""
    using = [path for path in sorted(TESTS.glob("test_*.py")) if "\nfrom facts import" in path.read_text()]
    return [str(path) for path in using if path.name != "test_figures.py"]


def recorded() -> list[dict[str, Any]]:
    """Run the tests that compare with stated numbers; return how close each came."""
    from facts import WRITE_TO

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "recorded.json"
        _pytest("-q", *fact_files(), environment={WRITE_TO: str(target)})
        found: list[dict[str, Any]] = json.loads(target.read_text())
    return found


def _pytest(*arguments: str, environment: dict[str, str] | None = None) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=TESTS.parent, env={**os.environ, **(environment or {})}
    )
    if done.returncode:
        raise SystemExit(done.stdout[-4000:] + done.stderr)
    return done.stdout


def drawn_examples() -> tuple[int, int]:
    """Return how many tests draw random cases with Hypothesis, and how many cases together."""
    numbers = [number for path in TESTS.rglob("test_*.py") for number in _examples_in(ast.parse(path.read_text()))]
    return len(numbers), sum(numbers)


def _examples_in(tree: ast.Module) -> Iterator[int]:
    named = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            text = [ast.unparse(decorator) for decorator in node.decorator_list]
            if any(re.match(r"given\(|\w*schema\.parametrize\(", line) for line in text):
                found = re.search(r"max_examples=(\w+)", " ".join(text))
                said = found[1] if found else str(DEFAULT_EXAMPLES)
                yield int(said) if said.isdigit() else int(named[said])


def catalogue_counts() -> list[str]:
    """Return how many there are of each family."""
    nouns = {
        f.noun: f.noun.replace("kind", "kinds") if f.noun.startswith("kind") else f"{f.noun}s"
        for f in FAMILIES.values()
    }
    return [f"{len(family.catalog)} {nouns[family.noun]}" for family in FAMILIES.values()]


def links() -> dict[str, int]:
    """Return the sizes of the corpus of links."""
    corpus, readable = (json.loads((TESTS / "links" / f"{name}.json").read_text()) for name in ("corpus", "readable"))
    documents = len(list((TESTS / "links").glob("v*.json")))
    return {"documents": documents, "links with their short forms": len(corpus), "readable addresses": len(readable)}


def page_of(files: list[str], reached: list[dict[str, Any]]) -> str:
    """Return the part of the page between the marks."""
    counts = counts_of(files)
    hostile = sum(file == "api/test_hostile_bodies.py" for file in files)
    tests, examples = drawn_examples()
    catalogue = ", ".join(catalogue_counts())
    lines = [
        "",
        "| tests | where | what they are about |",
        "|---:|---|---|",
        *(f"| {counts[kind]:,} | `tests/{kind and kind + '/'}` | {about} |" for kind, about in KINDS.items()),
        f"| **{counts.total():,}** | | |",
        "",
        f"- Random cases: {examples:,} documents, bodies and requests in {tests} tests (Hypothesis, Schemathesis).",
        f"- Catalogue: {catalogue}; the contract tests and the tests of exported code run over every entry.",
        f"- Hostile requests with a known answer: {hostile}.",
        f"- Links that must open for ever: {', '.join(f'{count} {name}' for name, count in links().items())}.",
        "",
        "### How close",
        "",
        "Every line is a number of the literature or of another library, the tolerance that its test states, and the",
        "largest deviation of all comparisons when this page was written.",
        "",
        *_table(reached, "literature"),
        "",
        *_table(reached, "golden"),
        "",
    ]
    return "\n".join(lines)


def _table(reached: list[dict[str, Any]], group: str) -> Iterator[str]:
    yield "| stated | allowed | reached | numbers |"
    yield "|---|---:|---:|---:|"
    for line in reached:
        if line["group"] == group:
            rel, limit = line["rel"], line["abs"]
            allowed = f"{rel:.3g}, relative" if rel else f"± {limit:.3g}" if limit else "exact"
            statement = line["statement"].replace("|", "\\|")
            yield f"| {statement} | {allowed} | {line['error']:.2g} | {line['comparisons']} |"


def between_marks(text: str) -> str:
    """Return what stands between the marks."""
    return text.split(BEGIN)[1].split(END)[0]


def main() -> None:
    """Write the page anew."""
    before, after = PAGE.read_text().split(BEGIN)[0], PAGE.read_text().split(END)[1]
    PAGE.write_text(before + BEGIN + page_of(collected(), recorded()) + END + after)


if __name__ == "__main__":
    main()
