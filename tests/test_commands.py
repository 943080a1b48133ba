"""The subcommands: what they read, what they print, how they end."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import clipscape
from clipscape.api.app import create_app
from clipscape.cli import main, make_parser
from clipscape.commands import sources
from clipscape.presets import list_presets
from clipscape.settings import load_settings

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CLIPSCAPE_"):
            monkeypatch.delenv(name)


def test_run_prints_json(capsys: Said) -> None:
    assert main(["run", "leash-or-cap", "--json"]) == 0
    variants = json.loads(capsys.readouterr().out)["variants"]
    result = clipscape.run("leash-or-cap")
    assert [variant["name"] for variant in variants] == list(result)
    assert [variant["outcome"]["sentence"] for variant in variants] == list(result.sentences.values())
    assert variants[1]["summary"]["final_loss"] == result["Norm"].summary["final_loss"]


@pytest.mark.parametrize("form", ["link", "address", "query", "name"])
def test_run_reads_every_form_of_link(capsys: Said, form: str) -> None:
    link = clipscape.Scenario.preset("ravine-turn").link()
    query = "?preset=ravine-turn"
    given = {"link": link, "address": f"https://x.example/{link}", "query": query, "name": "ravine-turn"}[form]
    assert main(["run", given]) == 0
    assert capsys.readouterr().out == repr(clipscape.run("ravine-turn")) + "\n"


def test_values_are_changed_on_the_way(capsys: Said) -> None:
    assert main(["run", "leash-or-cap", "--set", "threshold=0.5", "--set", "problem.height=10"]) == 0
    changed = clipscape.run("leash-or-cap", threshold=0.5, problem__height=10)
    assert capsys.readouterr().out == repr(changed) + "\n"
    assert main(["run", "leash-or-cap", "--set", "threshold=-1"]) == 2
    assert "threshold: -1 is not possible: max_norm must be greater than 0" in capsys.readouterr().err
    with pytest.raises(SystemExit) as caught:
        main(["run", "leash-or-cap", "--set", "threshold"])
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("?problem=beale&clipps=norm", "clipps: there is no setting of this name (did you mean clips?)"),
        ("http://localhost:8400/?preset=ravine-trun", "there is no preset ravine-trun (did you mean ravine-turn?)"),
        ("http://localhost:8400/s/zzzz", "12 to 54 letters and digits, this one 4 characters (copy it again"),
        ("http://localhost:8400/embed/zzzz", "12 to 54 letters and digits, this one 4 characters (copy it again"),
        ("http://localhost:8400/docs", "is neither a file nor a preset nor a link"),
        ("ravine-trun", "did you mean ravine-turn?"),
    ],
)
def test_a_link_that_cannot_be_read_is_an_error_and_nothing_runs(capsys: Said, link: str, words: str) -> None:
    assert main(["run", link]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err
    assert len(said.err.splitlines()) == 1


def test_a_server_that_is_not_there_is_explained(capsys: Said) -> None:
    assert main(["run", "http://127.0.0.1:9/s/abcdefghjkmn"]) == 2
    assert "http://127.0.0.1:9 cannot be reached to ask for the short link" in capsys.readouterr().err


@pytest.mark.parametrize(
    "form", ["csv", "json", "html", "gif", "figure", "scenario", "link", "numpy", "pytorch", "lines"]
)
def test_export_writes_to_a_file_or_to_the_output(tmp_path: Path, capfdbinary: Any, form: str) -> None:
    file = tmp_path / "out"
    assert main(["export", form, "leash-or-cap", "--set", "n_steps=5", "--output", str(file)]) == 0
    assert capfdbinary.readouterr().out == b""
    assert main(["export", form, "leash-or-cap", "--set", "n_steps=5"]) == 0
    written = file.read_bytes()
    if form != "figure":
        assert capfdbinary.readouterr().out == written
    match form:
        case "csv":
            assert len(list(csv.reader(io.StringIO(written.decode(), newline="")))) == 1 + 3 * 6
        case "html":
            assert b'<script type="application/json" id="run">' in written
            assert b"src=" not in written
        case "gif":
            assert written.startswith(b"GIF89a")
        case "figure":
            assert b"<html>" in written
            assert b'src="http' not in written
        case "numpy" | "pytorch" | "lines":
            assert written.decode() == clipscape.Scenario.preset("leash-or-cap").using(n_steps=5).code(form)
        case _:
            assert clipscape.Scenario.read(written.decode().strip()).n_steps == 5


def test_export_into_a_folder_that_is_not_there_is_explained(tmp_path: Path, capsys: Said) -> None:
    assert main(["export", "link", "leash-or-cap", "-o", str(tmp_path / "no" / "file")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_presets_are_listed(capsys: Said) -> None:
    assert main(["presets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [preset.name for preset in list_presets()]
    assert main(["presets", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["presets"]
    assert [clipscape.Scenario.read(preset["scenario"]).n_steps > 0 for preset in told] == [True] * len(lines)


def test_config_prints_json(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    monkeypatch.setenv("CLIPSCAPE_PORT", "8123")
    assert main(["config", "--json"]) == 0
    settings = {row["name"]: row["value"] for row in json.loads(capsys.readouterr().out)["settings"]}
    assert settings["CLIPSCAPE_PORT"] == "8123"


def test_sweep_says_how_the_runs_of_a_map_end(tmp_path: Path, capsys: Said) -> None:
    file = tmp_path / "map.csv"
    arguments = ["sweep", "leash-or-cap", "--x", "threshold:0.1:10", "--resolution", "4", "--set", "n_steps=40"]
    assert main([*arguments, "--output", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["No clipping", "Norm", "Value"]
    assert "Thrown out" in lines[0], "as the page's map counts it"
    assert len(file.read_text().splitlines()) == 1 + 3 * 16
    assert main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["x"]["values"][0] == 0.1
    assert {word for variant in told["variants"] for row in variant["status"] for word in row} <= set(told["statuses"])
    assert main([*arguments, "--y", "nowhere"]) == 2
    assert "y.path" in capsys.readouterr().err
    for wrong in ("threshold:1", "threshold:a:b"):
        with pytest.raises(SystemExit):
            main(["sweep", "leash-or-cap", "--x", wrong])


class Terminal:
    """Standard error as a terminal that keeps what is written."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass


def test_a_long_run_shows_how_far_it_is_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sources, "_PATIENCE", 0.0)
    assert main(["run", "leash-or-cap", "--set", "n_steps=3000"]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr", terminal)
    assert main(["run", "leash-or-cap", "--set", "n_steps=3000"]) == 0
    assert "100% step 3,000 of 3,000" in terminal.text
    assert terminal.text.endswith("\r\x1b[K")


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("clipscape.commands.sources.run", interrupted)
    assert main(["run", "leash-or-cap"]) == 130
    assert capsys.readouterr().err == "clipscape: interrupted\n"


def test_a_closed_pipe_is_no_traceback() -> None:
    command = f"{sys.executable} -m clipscape export csv leash-or-cap --set n_steps=5000 | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("variant,step")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_subcommands_options_presets_and_formats(capsys: Said) -> None:
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    for words, offered in (
        (["pre"], "presets"),
        (["run", "leash"], "leash-or-cap"),
        (["export", "cs"], "csv"),
        (["export", "csv", "leash"], "leash-or-cap"),
        (["run", "--js"], "--json"),
        (["export", "--output", "nowhere"], ""),
    ):
        line = " ".join(f"'{word}'" for word in ["clipscape", *words])
        script += f"\nCOMP_WORDS=({line}); COMP_CWORD={len(words)}; _clipscape\n"
        script += f"test \"${{COMPREPLY[*]}}\" = '{offered}' || {{ echo '{words[-1]}' >&2; exit 1; }}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd="/")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_names_every_subcommand(shell: str, capsys: Said) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    (choices,) = (action.choices for action in make_parser()._actions if isinstance(action.choices, dict))
    assert all(name in script for name in choices)
    assert "leash-or-cap" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_the_terminal_and_the_descriptions_call_presets_what_the_page_calls_them(capsys: Said) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert "list the presets" in said
    assert "gallery" not in said
    assert "gallery" not in json.dumps(create_app(load_settings({})).openapi()).lower()
