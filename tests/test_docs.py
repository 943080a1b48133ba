"""The documentation says what the code does: generated pages are current, links lead somewhere, examples run."""

from __future__ import annotations

import json
import re
import runpy
import shlex
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from clipscape import Scenario, clipping
from clipscape.asks import read_run_ask
from clipscape.catalog import Entry
from clipscape.cli import main
from clipscape.clipping import fixed
from clipscape.families import FAMILIES
from clipscape.plain import clipping as plain_clipping
from clipscape.reference import anchor, pages
from clipscape.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
SERVER = "http://localhost:8000"

_CONTRACT = runpy.run_path(str(ROOT / "tests" / "contracts" / "test_clipper_contract.py"))
CLIPPER_CONTRACT = [function for name, function in _CONTRACT.items() if name.startswith("test_")]


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", pages())
def test_generated_pages_are_current(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == pages()[name], "run make docs"


def test_the_reference_has_formula_source_and_parameters_of_everything() -> None:
    text = (ROOT / "docs" / "reference.md").read_text()
    for family in FAMILIES.values():
        for entry in family.catalog.values():
            _, found, rest = text.partition(f'<a id="{anchor(family, entry)}"></a>')
            assert found, entry.kind
            section = rest.split("<a id=")[0]
            assert f"```math\n{entry.formula}\n```" in section
            assert f"Source: {entry.source}" in section
            assert all(f"`{parameter.name}`" in section for parameter in entry.parameters)


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    assert len(Settings.model_fields) > 10
    for name, field in Settings.model_fields.items():
        assert f"`{PREFIX}{name.upper()}`" in text
        assert field.description, name


def headings(page: Path) -> set[str]:
    """Return the ids that links within a page can lead to."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    return slugs | set(re.findall(r'<a id="([^"]+)"', page.read_text()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_files_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", text)
    for target in map("".join, targets):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        other = (page.parent / name) if name else page
        assert other.exists(), f"{target} does not exist"
        assert not fragment or fragment in headings(other), f"{target}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_commands_that_are_named_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), flags=re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_presets_that_are_named_exist(page: Path) -> None:
    presets = {path.stem.partition("-")[2] for path in (ROOT / "backend" / "clipscape" / "presets").glob("*.json")}
    assert len(presets) >= 10
    assert set(re.findall(r"preset=([\w-]+)", page.read_text())) <= presets


def test_what_the_readme_counts_is_right() -> None:
    text = (ROOT / "README.md").read_text()
    clippers = len(FAMILIES["clip"].catalog.keys() - {"none"})
    optimizers = len(FAMILIES["optimizer"].catalog)
    numbers = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    assert f"{clippers} clipping rules" in text
    assert f"{numbers[optimizers]} optimizers" in text


def curl_examples() -> list[tuple[str, str]]:
    return [(page.name, block) for page in PAGES for block in blocks(page, "sh") if block.startswith("curl")]


def parsed(command: str) -> tuple[str, dict[str, str], str | None]:
    """Return (address, headers, body) of a curl command; an option that is not known here is an error."""
    words = iter(shlex.split(command.split(" | ")[0].replace("\\\n", " "))[1:])
    address, headers, body = "", {}, None
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word in ("-d", "--json"):
            body = next(words)
        elif not word.startswith("-"):
            address = word
        else:
            assert word == "-s", word
    return address, headers, body


def test_there_are_examples() -> None:
    assert {name for name, _ in curl_examples()} >= {"README.md", "api.md"}
    assert blocks(ROOT / "README.md", "python")


@pytest.mark.parametrize(("page", "command"), curl_examples())
def test_curl_examples_work(client: TestClient, page: str, command: str) -> None:
    address, headers, body = parsed(command)
    path = address.removeprefix(SERVER)
    assert path.startswith("/")
    answer = client.get(path) if body is None else client.post(path, content=body, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    if path == "/api/v1/links":
        assert client.get(f"{path}/{answer.json()['id']}").status_code == 200
    elif body is not None:
        sent = json.loads(body)["experiment"]["variants"]
        assert [variant["name"] for variant in answer.json()["variants"]] == [variant["name"] for variant in sent]
        assert all(variant["outcome"]["sentence"] for variant in answer.json()["variants"])


def walkthrough() -> dict[str, Any]:
    """Run the code blocks of the walkthrough where it says they belong; return the names, the entry as `entry`."""
    function, board, entry = [
        dedent(block) for block in re.findall(r"```python\n(.*?)```", CONTRIBUTING, flags=re.DOTALL)
    ]
    names = vars(fixed).copy()
    exec(compile(function, "CONTRIBUTING.md", "exec"), names)
    plain = vars(plain_clipping).copy()
    exec(compile(board, "CONTRIBUTING.md", "exec"), plain)
    names |= vars(clipping) | {"fixed": SimpleNamespace(**names), "plain": SimpleNamespace(**plain)}
    exec(compile(f"entry = {entry}", "CONTRIBUTING.md", "exec"), names)
    return names


@pytest.mark.parametrize("contract", CLIPPER_CONTRACT, ids=lambda contract: contract.__name__)
def test_the_entry_of_the_walkthrough_passes_the_contracts(
    contract: Callable[[Entry], None],
) -> None:
    contract(walkthrough()["entry"])


def test_the_clipping_rule_of_the_walkthrough_works() -> None:
    names = walkthrough()
    rule = names["sign_clip"](max_step=np.array([0.5, 2.0]))
    updates, out = np.array([[3.0, -1.0], [-4.0, 0.0]]), np.empty((2, 2))
    rule.update(updates, None, np.zeros((2, 2)), out)
    assert out.tolist() == [[0.5, -2.0], [-0.5, 0.0]]
    (plain,) = names["entry"].plain
    assert plain(max_step=0.5)(updates[:, 0], None, 0).tolist() == [0.5, -0.5]


def test_the_python_example_of_the_readme_runs(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Answer:
        def __init__(self, content: bytes) -> None:
            self.content = content

        def read(self) -> bytes:
            return self.content

    def urlopen(request: Any) -> Answer:
        path = request.full_url.removeprefix(SERVER)
        answer = client.post(path, content=request.data, headers=dict(request.header_items()))
        assert answer.status_code == 200, answer.text
        return Answer(answer.content)

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    for block in blocks(ROOT / "README.md", "python"):
        exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out.strip().split("\n")
    assert len(printed) >= 2
    assert all(printed)


def test_the_json_of_the_api_page_is_a_request_that_is_understood() -> None:
    bodies = [json.loads(block) for block in blocks(ROOT / "docs" / "api.md", "json")]
    assert bodies
    for body in bodies:
        ask = read_run_ask(body, "list")
        assert ask.experiment.task is not None
        assert ask.plane is not None


def test_every_block_of_the_library_page_runs_after_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks(ROOT / "docs" / "library.md", "python"):
        exec(compile(block, "library.md", "exec"), names)
    assert {path.name for path in tmp_path.iterdir()} == {"run.csv", "run.json", "run.html", "run.gif"}
    assert "converged" in capsys.readouterr().out.lower()


def test_every_command_of_the_library_page_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Scenario.preset("leash-or-cap").save("scenario.json")
    (block,) = blocks(ROOT / "docs" / "library.md", "sh")
    commands = [shlex.split(line) for line in block.splitlines() if line.startswith("clipscape ")]
    assert len(commands) >= 4
    for command in commands:
        assert main(command[1:]) == 0, command


def test_the_cells_of_the_notebook_run_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    """As plain Python, in order: a Jupyter kernel would take longer than all cells and show the same faults."""
    notebook = json.loads((ROOT / "docs" / "clipscape.ipynb").read_text())
    assert notebook["nbformat"] == 4
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 5
    assert not any(cell.get("outputs") for cell in notebook["cells"]), "commit it without outputs"
    names: dict[str, Any] = {}
    for cell in cells:
        exec(compile(cell, "clipscape.ipynb", "exec"), names)
    assert "longest step" in capsys.readouterr().out
