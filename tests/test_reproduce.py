"""`clipscape reproduce`: it goes on where it stopped, keeps what is finished, and draws what there is."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from clipscape.cli import main
from clipscape.reproduce import command, runs
from clipscape.reproduce.chart import chart_of
from clipscape.reproduce.drawing import svg_of
from clipscape.reproduce.experiments import ADDING, ADDING_QUICK, PASCANU, PASCANU_QUICK, Arm, Experiment
from clipscape.reproduce.figure import figure_of
from clipscape.reproduce.ledger import Ledger, LedgerError
from clipscape.reproduce.progress import Progress, duration
from clipscape.reproduce.runs import Result, run_cell
from clipscape.reproduce.table import table_of

ARMS = (Arm("plain", "no clipping"), Arm("clipped", "clipped at 0.2", max_norm=0.2))
TINY = replace(PASCANU_QUICK, hidden_size=3, updates={10: 40, 12: 20}, arms=ARMS, seeds=2, judge_every=20, judged_on=1)
TINY_ADDING = replace(ADDING_QUICK, hidden_size=3, updates={4: 20}, arms=ARMS, seeds=2, judge_every=10, judged_on=1)
THREE, THREE_ADDING = replace(TINY, seeds=3), replace(TINY_ADDING, seeds=3)
RESULT = Result("abc", "pascanu", 10, "plain", 3, "diverged", 17, float("inf"), float("nan"), 1.5, 0.1)


def silent(_updates: int, _unfinished: int) -> None:
    """Report to nobody."""


def cell(experiment: Experiment, seeds: list[int], arm: Arm = ARMS[1]) -> list[Result]:
    found = run_cell(experiment, next(iter(experiment.updates)), arm, seeds, silent)
    return sorted(found, key=lambda result: result.seed)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_EXPERIMENTS", {"pascanu": (PASCANU, TINY), "adding": (ADDING, TINY_ADDING)})


def reproduce(into: Path, *more: str, name: str = "pascanu") -> int:
    return main(["reproduce", name, "--quick", "--into", str(into), *more])


class TestRuns:
    def test_a_run_does_not_depend_on_the_others_nor_on_being_judged_in_between(self) -> None:
        together = cell(TINY, [0, 1, 2])
        assert [cell(TINY, [seed])[0] for seed in (0, 1, 2)] == together
        seldom = cell(replace(TINY, judge_every=40), [0, 1, 2])
        assert [replace(result, settings="") for result in seldom] == [replace(r, settings="") for r in together]

    def test_the_updates_are_those_of_gradient_descent_with_the_gradient_cut_at_the_threshold(self) -> None:
        task = TINY.made_task(10)
        training = TINY.problem(ARMS[1], task).training
        assert training is not None
        seeds = np.array([4])
        weights, gradient = training.initial(seeds).T.copy(), np.empty((training.blocks[-1].place.stop, 1))
        session, largest = training.open(seeds), 0.0
        for step in range(40):
            session.gradient(weights, step, gradient)
            norm = float(np.linalg.norm(gradient))
            largest = max(largest, norm)
            weights -= TINY.learning_rate * gradient * min(1.0, 0.2 / norm)
        (result,) = cell(TINY, [4])
        # 40 updates of a small net: rounding that differs in the last place grows a little.
        assert result.largest_gradient == pytest.approx(largest, rel=1e-9)
        judged = training.open(np.array([1_000_000])).evaluate(weights)
        assert result.loss == pytest.approx(float(judged.loss[0]), rel=1e-9)
        assert (result.updates, result.outcome) == (40, "unsolved")

    def test_a_run_ends_when_it_is_solved(self) -> None:
        task = TINY.made_task(10)
        generous = replace(task, solved=replace(task.solved, measure="loss", limit=100.0))
        experiment = _with_task(generous)
        assert [(r.outcome, r.updates) for r in cell(experiment, [0, 1])] == [("solved", 20)] * 2

    def test_a_run_that_blows_up_is_a_result(self) -> None:
        # A ReLU net, because nothing limits its state.
        wild = replace(TINY_ADDING, learning_rate=1e200)
        results = cell(wild, [0, 1], ARMS[0])
        assert [result.outcome for result in results] == ["diverged"] * 2
        assert all(0 < result.updates < 20 for result in results)

    def test_progress_counts_down_the_unfinished(self) -> None:
        told: list[tuple[int, int]] = []
        list(run_cell(TINY, 10, ARMS[0], [0, 1], lambda *now: told.append(now)))
        assert [updates for updates, _ in told] == [20, 40]
        assert told[0][1] == 2


def _with_task(task: Any) -> Experiment:
    class Fixed(Experiment):
        def made_task(self, length: int) -> Any:
            return task

    return Fixed(**{name: getattr(TINY, name) for name in TINY.__dataclass_fields__})


class TestSettings:
    def test_the_code_changes_with_everything_that_decides_a_run_and_with_nothing_else(self) -> None:
        code = TINY.settings(10, ARMS[0])
        for name, value in {
            "hidden_size": 4,
            "learning_rate": 0.2,
            "init_params": {"std": 0.3},
            "batch_size": 3,
            "updates": {10: 60},
            "judge_every": 10,
            "judged_on": 2,
            "network": "relu_rnn",
            "task": "temporal_order_3",
        }.items():
            assert replace(TINY, **{name: value}).settings(10, ARMS[0]) != code, name
        assert TINY.settings(12, ARMS[0]) != code
        assert TINY.settings(10, ARMS[1]) != code
        assert TINY.settings(10, replace(ARMS[0], vanishing_penalty=1.0)) != code
        assert replace(TINY, title="other", seeds=9, differs=()).settings(10, Arm("other", "words")) == code

    def test_the_full_experiment_has_the_settings_of_the_paper(self) -> None:
        assert (PASCANU.hidden_size, PASCANU.batch_size, PASCANU.learning_rate) == (50, 20, 0.01)
        assert (PASCANU.init, dict(PASCANU.init_params)) == ("gaussian", {"std": 0.1})
        assert [(arm.max_norm, arm.vanishing_penalty) for arm in PASCANU.arms] == [(None, 0), (1.0, 0), (1.0, 2.0)]
        assert [arm.max_norm for arm in ADDING.arms] == [None, 1, 10, 100]


class TestLedger:
    def test_what_is_added_is_read_back_and_found(self, tmp_path: Path) -> None:
        path = tmp_path / "runs.csv"
        first = Ledger(path)
        first.add(RESULT)
        first.add(replace(RESULT, seed=4, loss=0.1 + 0.2, accuracy=1 / 3))
        again = Ledger(path)
        assert repr(again.results) == repr(first.results)
        assert again.find("abc", 4) == first.results[1]
        assert again.find("abc", 5) is None
        assert again.find("abd", 4) is None

    def test_a_line_cut_short_is_removed(self, tmp_path: Path) -> None:
        path = tmp_path / "runs.csv"
        Ledger(path).add(RESULT)
        whole = path.read_bytes()
        path.write_bytes(whole + b"abc,pascanu,10,pl")
        ledger = Ledger(path)
        assert ledger.mended
        assert len(ledger.results) == 1
        assert path.read_bytes() == whole
        assert not Ledger(path).mended

    def test_an_empty_file_is_a_new_one(self, tmp_path: Path) -> None:
        path = tmp_path / "runs.csv"
        path.touch()
        Ledger(path).add(RESULT)
        assert len(Ledger(path).results) == 1

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda text: text.replace("17", "many"), r"line 2 .*correct the line, or move"),
            (lambda text: text.replace("diverged", "fine"), "line 2"),
            (lambda text: text.replace("inf,", ""), "line 2"),
            (lambda text: "name,age\n", "not a list of finished runs"),
            (lambda text: text + '"open\n', "not a readable CSV"),
        ],
    )
    def test_a_corrupt_file_is_refused_with_the_place(
        self, tmp_path: Path, spoil: Callable[[str], str], words: str
    ) -> None:
        path = tmp_path / "runs.csv"
        Ledger(path).add(RESULT)
        spoilt = spoil(path.read_text())
        path.write_text(spoilt)
        with pytest.raises(LedgerError, match=words):
            Ledger(path)
        assert path.read_text() == spoilt, "what cannot be read is left as it is"

    def test_bytes_that_are_no_text_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "runs.csv"
        path.write_bytes(b"\xff\xfe\n")
        with pytest.raises(LedgerError, match="not a readable CSV"):
            Ledger(path)


@pytest.mark.usefixtures("tiny")
class TestCommand:
    def test_it_writes_everything_and_says_where(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        into = tmp_path / "new" / "folder"
        assert reproduce(into) == 0
        names = {f"pascanu-quick{suffix}" for suffix in (".csv", ".json", ".html", ".svg", ".md")}
        assert {path.name for path in into.iterdir()} == names
        printed, errors = capsys.readouterr()
        assert all(name in printed for name in names)
        assert "| 10 | 40 |" in printed
        assert errors.count("seed") == 8
        assert len(Ledger(into / "pascanu-quick.csv").results) == 8

    def test_the_page_needs_no_network(self, tmp_path: Path) -> None:
        assert reproduce(tmp_path) == 0
        page = (tmp_path / "pascanu-quick.html").read_text()
        assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)", page)
        figure = json.loads((tmp_path / "pascanu-quick.json").read_text())
        assert json.dumps(figure["data"][0]["text"][0]) in page

    def test_killed_and_started_again_it_goes_on_and_ends_the_same(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert reproduce(tmp_path / "whole") == 0
        add, added = Ledger.add, []

        def add_three(self: Ledger, result: Result) -> None:
            if len(added) == 3:
                raise KeyboardInterrupt
            added.append(result)
            add(self, result)

        monkeypatch.setattr(Ledger, "add", add_three)
        assert reproduce(tmp_path / "cut") == 130
        assert "goes on from there" in capsys.readouterr().err
        assert "not run" in (tmp_path / "cut" / "pascanu-quick.md").read_text()
        monkeypatch.setattr(Ledger, "add", add)
        assert reproduce(tmp_path / "cut") == 0
        whole, cut = (Ledger(tmp_path / name / "pascanu-quick.csv").results for name in ("whole", "cut"))
        assert cut[:3] == added
        assert sorted(map(repr, cut)) == sorted(map(repr, whole))
        for suffix in (".svg", ".json", ".md"):
            one, other = (tmp_path / name / f"pascanu-quick{suffix}" for name in ("whole", "cut"))
            assert one.read_bytes() == other.read_bytes()

    def test_finished_runs_are_not_run_again_and_more_seeds_are_added(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert reproduce(tmp_path) == 0
        monkeypatch.setattr(command, "run_cell", lambda *_: pytest.fail("nothing is missing"))
        assert reproduce(tmp_path) == 0
        monkeypatch.setattr(command, "run_cell", runs.run_cell)
        assert reproduce(tmp_path, "--seeds", "3") == 0
        assert len(Ledger(tmp_path / "pascanu-quick.csv").results) == 12

    def test_a_folder_that_cannot_be_written_is_named(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "file"
        file.touch()
        assert reproduce(file / "folder") == 2
        said = capsys.readouterr().err
        assert str(file) in said
        assert "--into" in said

    def test_a_corrupt_file_is_an_error_of_the_user(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "pascanu-quick.csv").write_text("something else\n")
        assert reproduce(tmp_path) == 2
        assert "not a list of finished runs" in capsys.readouterr().err

    @pytest.mark.parametrize("seeds", ["0", "-1", "101", "two"])
    def test_a_wrong_number_of_seeds_is_refused(self, tmp_path: Path, seeds: str) -> None:
        with pytest.raises(SystemExit) as stop:
            reproduce(tmp_path, "--seeds", seeds)
        assert stop.value.code == 2

    def test_adding_draws_errors(self, tmp_path: Path) -> None:
        assert reproduce(tmp_path, name="adding") == 0
        figure = json.loads((tmp_path / "adding-quick.json").read_text())
        assert figure["layout"]["yaxis"]["type"] == "log"
        assert [note["text"] for note in figure["layout"]["annotations"]] == ["always answering 1", "solved"]


def _results(experiment: Experiment) -> list[Result]:
    """One run solved, one not, one diverged, in turn."""
    endings = [("solved", 20, 0.004, 1.0), ("unsolved", 40, 0.17, 0.25), ("diverged", 7, float("nan"), float("nan"))]
    return [
        Result(experiment.settings(length, arm), experiment.name, length, arm.name, seed, *ending, 1.0, 1.0)
        for length, arm in experiment.cells()
        for seed, ending in enumerate(endings)
    ]


class TestPictures:
    def test_success_is_the_share_of_solved_runs(self) -> None:
        chart = chart_of(THREE, _results(THREE))
        assert chart.places == ("10", "12")
        assert [round(point.y, 6) for series in chart.series for point in series.points] == [33.333333] * 4
        assert chart.series[0].points[0].note == "T = 10, no clipping: 1 of 3 solved"

    def test_a_cell_that_is_not_finished_claims_nothing(self) -> None:
        results = [result for result in _results(THREE) if (result.length, result.seed) != (10, 2)]
        assert [len(series.points) for series in chart_of(THREE, results).series] == [1, 1]
        assert "| 1 of 2 (1 more not finished); after 20; others" in table_of(THREE, results)

    def test_losses_that_are_none_are_at_the_top(self) -> None:
        chart = chart_of(TINY_ADDING, _results(TINY_ADDING))
        assert [point.y for point in chart.series[0].points] == [0.004, 0.17, 1.0] * 2
        assert chart.series[0].points[2].note == "T = 4, no clipping, seed 2: diverged after 7 updates"

    @pytest.mark.parametrize("experiment", [THREE, THREE_ADDING], ids=["success", "loss"])
    def test_the_figure_and_the_drawing_show_every_point_inside_the_axes(self, experiment: Experiment) -> None:
        chart = chart_of(experiment, _results(experiment))
        notes = [point.note for series in chart.series for point in series.points]
        figure = figure_of(chart)
        assert [text for trace in figure["data"] for text in trace["text"]] == notes
        root = ElementTree.fromstring(svg_of(chart))
        circles = [node for node in root.iter("{http://www.w3.org/2000/svg}circle") if len(node)]
        assert [circle[0].text for circle in circles] == notes
        for circle in circles:
            assert 70 <= float(circle.attrib["cx"]) <= 700
            assert 75 <= float(circle.attrib["cy"]) <= 349

    def test_plotly_accepts_the_figure(self) -> None:
        from plotly.graph_objects import Figure

        for experiment in (THREE, THREE_ADDING):
            Figure(figure_of(chart_of(experiment, _results(experiment))))

    def test_the_table_says_how_many_when_and_how_the_others_end(self) -> None:
        lines = table_of(THREE, _results(THREE)).splitlines()
        assert lines[0] == "| T | updates at most | no clipping | clipped at 0.2 |"
        assert lines[2].startswith("| 10 | 40 | 1 of 3; after 20; 1 diverged; others at 75% error |")
        assert "others at 0.17" in table_of(THREE_ADDING, _results(THREE_ADDING))
        assert "not run" in table_of(TINY, [])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestProgress:
    def test_on_a_terminal_one_line_is_redrawn(self) -> None:
        stream, clock = Terminal(), iter([0.0, 10.0, 20.0])
        progress = Progress(4, stream, lambda: next(clock))
        progress.add(1, "first long text")
        progress.add(3, "end")
        progress.say("over")
        lines = stream.getvalue().split("\r")[1:]
        assert lines[0] == "[######                  ]  25% first long text, about 30 s left"
        assert lines[1].rstrip() == "[########################] 100% end"
        assert len(lines[1]) == len(lines[0]), "the rest of the longer line is overwritten"
        assert lines[2].rstrip(" \n") == "over"

    def test_elsewhere_there_is_a_line_now_and_then(self) -> None:
        stream, seconds = io.StringIO(), [0.0]
        progress = Progress(100, stream, lambda: seconds[0])
        for second in range(70):
            seconds[0] = float(second)
            progress.add(1, str(second))
        assert re.findall(r"% (\d+)", stream.getvalue()) == ["0", "30", "60"]

    def test_durations_are_told_as_people_do(self) -> None:
        assert [duration(seconds) for seconds in (5, 89, 100, 3600, 9000)] == [
            "5 s",
            "89 s",
            "2 min",
            "60 min",
            "2.5 h",
        ]
