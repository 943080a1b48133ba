"""The house keeps its floors: imports point to the same layer or a lower one, in Python and in JavaScript."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "backend" / "clipscape"
FRONTEND = ROOT / "frontend"

PYTHON_LAYERS = {
    "": 0,  # the package itself: version numbers, no imports
    "numerics": 0,
    "allocation": 0,
    "pausing": 0,
    "catalog": 0,
    "row_norms": 0,
    "plain": 0,
    "problems": 1,
    "transforms": 1,
    "partition": 1,
    "gradients": 1,
    "clipping": 1,
    "optimizers": 1,
    "schedules": 1,
    "noise": 1,
    "weight_decay": 1,
    "chain": 2,
    "observing": 2,
    "records": 2,
    "analysis": 2,
    "training": 2,
    "simulation": 2,
    "outcomes": 2,
    "surfaces": 2,
    "planes": 2,
    "metrics": 2,
    "canonical": 3,
    "complaints": 3,
    "families": 3,
    "understanding": 3,
    "migrations": 3,
    "scenario": 3,
    "plan": 3,
    "addresses": 3,
    "readable_map": 3,
    "readable": 3,
    "readable_base": 3,
    "readable_faults": 3,
    "finished": 3,
    "exports": 3,
    "presets": 3,
    "preset_pictures": 3,
    "gallery": 3,
    "axes": 3,
    "layout": 3,
    "sweeps": 3,
    "cost": 3,
    "asks": 3,
    "answers": 3,
    "wire": 3,
    "plane_answers": 3,
    "outcome_answers": 3,
    "network_answers": 3,
    "network_jobs": 3,
    "network_cost": 3,
    "lowering": 3,
    "memory": 3,
    "explain": 3,
    "fans": 3,
    "explain_training": 3,
    "headlines": 3,
    "describing": 3,
    "preview": 3,
    "preview_ink": 3,
    "settings": 4,
    "page_files": 4,
    "logs": 4,
    "links": 4,
    "frames": 4,
    "processes": 4,
    "turns": 4,
    "gate": 4,
    "stopping": 4,
    "unread": 4,
    "release": 4,
    "compute": 4,
    "tile_runner": 4,
    "farm": 4,
    "worker": 4,
    "plotly_file": 4,
    "reproduce": 4,
    "reference": 4,
    "library": 4,
    "api": 5,
    "commands": 5,
    "cli": 5,
    "__main__": 5,
}
THIRD_PARTY = {0: {"numpy"}, 1: {"numpy"}, 2: {"numpy"}, 3: {"numpy", "orjson", "pydantic", "pydantic_core", "PIL"}}
THIRD_PARTY[4] = THIRD_PARTY[3] | {"pydantic_settings", "brotli", "sqlalchemy", "alembic", "plotly", "pandas"}
THIRD_PARTY[4] |= {"distributed"}
FAMILIES = {"clipping", "optimizers", "schedules", "noise", "weight_decay"}

JS_LAYERS = {"lib": 0, "state": 1, "api": 2, "plots": 3, "views": 4, "": 5}

MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted((FRONTEND / "js").rglob("*.js"))
PAGES = sorted(FRONTEND.glob("*.html"))


def part(module: str) -> str:
    """Return which part of the house `clipscape.a.b` belongs to: `a`."""
    return ([*module.split("."), ""])[1]


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of everything that a Python file imports; relative imports are refused."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_python_imports_point_down(path: Path) -> None:
    here = part(name_of(path))
    for target in imported(path):
        if target.split(".")[0] != "clipscape":
            continue
        there = part(target) if part(target) in PYTHON_LAYERS else ""
        assert PYTHON_LAYERS[there] <= PYTHON_LAYERS[here], f"{name_of(path)} imports {target} from a higher layer"
        if {here, there} <= FAMILIES:
            assert here == there, f"{name_of(path)} imports {target}: families of transforms do not know each other"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_numerics_know_nothing_of_documents_and_documents_nothing_of_the_web(path: Path) -> None:
    allowed = THIRD_PARTY.get(PYTHON_LAYERS[part(name_of(path))])
    if allowed is not None:
        packages = {target.split(".")[0] for target in imported(path)} - set(sys.stdlib_module_names) - {"clipscape"}
        assert packages <= allowed, f"{name_of(path)} imports {packages - allowed}"


def test_no_middleware_that_hides_a_closed_connection() -> None:
    for path in MODULES:
        names = {name for target in imported(path) for name in target.split(".")}
        decorators = re.findall(r"@\w+\.middleware\(", path.read_text())
        assert "BaseHTTPMiddleware" not in names, path
        assert decorators == [], path


def without_comments(source: str) -> str:
    return re.sub(r"/\*.*?\*/|(?<![:\"'`\\])//[^\n]*", "", source, flags=re.DOTALL)


JS_IMPORT = re.compile(
    r"""^\s*(?:import|export)\b[^;'"]*?\bfrom\s*["']([^"']+)["']"""
    r"""|^\s*import\s*["']([^"']+)["']"""
    r"""|\bimport\(\s*["']([^"']+)["']""",
    flags=re.MULTILINE,
)


def js_imports(path: Path) -> list[str]:
    """Return what a module imports or re-exports, statically or dynamically."""
    return ["".join(groups) for groups in JS_IMPORT.findall(without_comments(path.read_text()))]


def folder(path: Path) -> str:
    parts = path.relative_to(FRONTEND / "js").parts
    return parts[0] if len(parts) > 1 else ""


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 15
    assert len(SCRIPTS) > 15
    assert sum(len(js_imports(path)) for path in SCRIPTS) > 30
    assert PAGES


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(FRONTEND)))
def test_javascript_imports_point_down(path: Path) -> None:
    for target in js_imports(path):
        assert target.startswith("."), f"{path.name} imports {target}: only relative imports, nothing from outside"
        resolved = (path.parent / target).resolve()
        assert resolved.is_file(), f"{path.name} imports {target}, which does not exist"
        here, there = folder(path), folder(resolved)
        assert JS_LAYERS[there] <= JS_LAYERS[here], f"{path.name} imports {target} from a higher layer"
        assert not here == there == "views", f"{path.name} imports {target}: views do not know each other"


def test_only_one_file_names_plotly() -> None:
    naming = [path for path in SCRIPTS if re.search(r"\bPlotly\b", without_comments(path.read_text()))]
    assert naming == [FRONTEND / "js" / "plots" / "plotly.js"]


class PageChecks(HTMLParser):
    """Collect what a strict content security policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.offences: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "script" and not values.get("src"):
            self.offences.append("inline script")
        if tag == "style":
            self.offences.append("inline style sheet")
        self.offences += [f"{tag} {name}=" for name in values if name.startswith("on")]
        addresses = {"script": "src", "img": "src", "link": "href", "iframe": "src"}
        address = values.get(addresses.get(tag, "")) or ""
        if re.match(r"(?:[a-z]+:)?/", address) and not address.startswith("data:"):
            self.offences.append(f"{tag} {address}: not relative")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_hold_no_inline_script_and_only_relative_addresses(path: Path) -> None:
    checks = PageChecks()
    checks.feed(path.read_text())
    assert checks.offences == []


def test_the_page_loads_nothing_from_elsewhere() -> None:
    for path in (*SCRIPTS, *FRONTEND.rglob("*.css")):
        addresses = re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s\"'`)]*", without_comments(path.read_text()))
        outside = [address for address in addresses if not address.startswith("http://www.w3.org/")]
        assert outside == [], f"{path} names {outside}"
