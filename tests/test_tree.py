"""The tree stays readable and clean: sizes, left-overs, places that exist on one machine only."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
LARGEST_FILE = 1_500_000
SOURCE_SUFFIXES = {".py", ".js", ".css", ".html", ".sh"}
GENERATED = (".venv", "__pycache__", "build", ".hypothesis", "data")


def tracked() -> list[Path]:
    """Return the files of the repository."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


FILES = tracked()
SOURCES = [path for path in FILES if path.suffix in SOURCE_SUFFIXES]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_source_file_fits_in_the_head(path: Path) -> None:
    lines = path.read_text().count("\n")
    assert lines <= LONGEST_FILE, f"{lines} lines"
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                assert length <= LONGEST_FUNCTION, f"{node.name}: {length} lines"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_nothing_is_left_over(path: Path) -> None:
    left_over = (
        "TO"
        + "DO|FIX"
        + r"ME|XX"
        + r"X\b|console\.lo"
        + r"g\(|debugge"
        + "r;|NotImplementedErro"
        + "r|breakpoin"
        + r"t\("
    )
    found = re.findall(left_over, path.read_text())
    assert found == []


@pytest.mark.parametrize("path", [path for path in SOURCES if path.suffix == ".py"], ids=relative)
def test_no_exception_is_swallowed(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ExceptHandler):
            assert not all(isinstance(line, ast.Pass) for line in node.body), f"line {node.lineno}"
            assert node.type is not None, f"line {node.lineno}: catches everything"


def test_no_file_names_a_place_on_one_machine() -> None:
    for path in FILES:
        if path.suffix in {".png", ".woff2", ".ico"}:
            continue
        found = re.findall(r"(?:/home|/Users|/root)/[\w.]+", path.read_text(errors="replace"))
        assert found == [], relative(path)


def test_no_large_or_generated_file_is_kept() -> None:
    for path in FILES:
        assert path.stat().st_size <= LARGEST_FILE, relative(path)
        assert not set(GENERATED) & set(path.relative_to(ROOT).parts[:1]), relative(path)
        assert "__pycache__" not in path.parts


def test_what_is_generated_is_ignored() -> None:
    for name in (".venv", "build/", "backend/clipscape.egg-info/", "backend/clipscape/__pycache__/", ".hypothesis/"):
        ignored = subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False)
        assert ignored.returncode == 0, name


def test_the_version_is_the_same_everywhere() -> None:
    import tomllib

    import clipscape

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == clipscape.__version__
    latest = re.search(r"^## \[?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert latest, "CHANGELOG.md has no heading with a version"
    assert latest[1] == clipscape.__version__
