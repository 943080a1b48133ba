"""The command line."""

from __future__ import annotations

import gzip
import io
import json
import os
from pathlib import Path

import brotli
import pytest

import clipscape
from clipscape import __version__
from clipscape.cli import main
from clipscape.commands.serve import server_config
from clipscape.plotly_file import PlotlyFile
from clipscape.presets import list_presets
from clipscape.settings import load_settings
from conftest import experiment, running_server


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CLIPSCAPE_"):
            monkeypatch.delenv(name)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps({"version": 1, "experiment": experiment(n_steps=300)}))
    return file


def test_run_prints_how_every_variant_ended(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(scenario)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["None", "Norm", "Value"]
    assert all(line.endswith(".") for line in lines)


def test_run_reads_standard_input(
    scenario: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(scenario.read_bytes())))
    assert main(["run", "-"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_run_names_the_presets_when_it_finds_neither_file_nor_preset(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "nope"]) != 0
    assert "leash-or-cap" in capsys.readouterr().err


def test_a_preset_runs_by_file_and_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    file = sorted((Path(clipscape.__file__).parent / "presets").glob("*.json"))[0]
    assert main(["run", str(file)]) == 0
    by_file = capsys.readouterr().out
    assert main(["run", list_presets()[0].name]) == 0
    assert capsys.readouterr().out == by_file != ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON: line 1"),
        ("{}", "experiment: is missing"),
        ('{"version": 9}', "made by a newer version"),
        (json.dumps({"experiment": experiment(n_steps=0)}), "experiment.n_steps: must be at least 1"),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(content)
    assert main(["run", str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err
    assert said.err.startswith("clipscape: ")


def test_a_missing_file_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err


def test_config_prints_every_setting(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CLIPSCAPE_PORT", "8123")
    assert main(["config"]) == 0
    out = capsys.readouterr().out
    assert "CLIPSCAPE_PORT=8123 " in out
    assert out.count("\n") == len(type(load_settings({})).model_fields)


def test_a_misspelt_setting_stops_the_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLIPSCAPE_PROT", "8123")
    assert main(["serve"]) == 2
    assert "did you mean CLIPSCAPE_PORT?" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.strip() == f"clipscape {__version__}"


def test_idle_connections_outlive_those_of_a_proxy() -> None:
    config = server_config(load_settings({}))
    assert config.timeout_keep_alive == 75
    assert not config.access_log
    assert not config.server_header


def test_compress_writes_what_the_server_looks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "plotly.min.js"
    source.write_text("// a small stand-in\n" * 100)
    monkeypatch.setattr("clipscape.plotly_file._installed_file", lambda: source)
    monkeypatch.setattr("os.nice", lambda _increment: 0)
    plotly = PlotlyFile(tmp_path / "assets")
    assert main(["compress", "--into", str(tmp_path / "assets")]) == 0
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert written == [plotly.compressed(".gz"), plotly.compressed(".br")]
    assert gzip.decompress(written[0].read_bytes()) == source.read_bytes()
    assert brotli.decompress(written[1].read_bytes()) == source.read_bytes()
    assert sorted(path.name for path in (tmp_path / "assets").iterdir()) == sorted(path.name for path in written)


def test_a_server_that_cannot_write_its_folder_starts_all_the_same(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with running_server(blocked / "data") as server:
        assert server.process.poll() is None
