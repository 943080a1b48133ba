"""What `import clipscape` offers, and every example that its docstrings show."""

from __future__ import annotations

import doctest
import importlib
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import clipscape
from clipscape.complaints import ScenarioError
from clipscape.library.sweeps import Axis, words_of
from clipscape.presets import list_presets
from training_cases import network_document

OFFERED = [name for name in clipscape.__all__ if not name.isupper() and not name.startswith("_")]
MODULES = sorted({getattr(clipscape, name).__module__ for name in OFFERED} | {"clipscape"})
EXPERIMENT = {"problem": {"kind": "cliff"}, "variants": [{"name": "Norm", "clip": {"kind": "norm"}}], "n_steps": 20}


@pytest.mark.parametrize("name", MODULES)
def test_every_example_of_a_docstring_is_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    examples = [doctest.DocTestFinder().find(importlib.import_module(name)) for name in MODULES]
    assert sum(bool(test.examples) for tests in examples for test in tests) >= 6


def test_importing_it_loads_nothing_until_something_is_used() -> None:
    script = "import sys, clipscape; print(sorted(set(sys.modules) & {'numpy', 'pydantic', 'orjson', 'plotly'}))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_what_it_offers_has_types_and_words() -> None:
    declared = (Path(clipscape.__file__).with_suffix(".pyi")).read_text()
    for name in OFFERED:
        assert getattr(clipscape, name).__doc__, name
        assert f"as {name}\n" in declared, name
    assert set(OFFERED) <= set(dir(clipscape))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(clipscape, "nothing")  # noqa: B009


def test_a_scenario_is_the_same_from_every_source(tmp_path: Path) -> None:
    scenario = clipscape.Scenario.preset("pascanu-wall")
    file = tmp_path / "scenario.json"
    scenario.save(file)
    sources: list[Any] = [
        *(scenario, scenario.to_dict(), scenario.to_json(), file, str(file), "pascanu-wall"),
        *(scenario.link(), scenario.link("https://clipscape.example/"), "?preset=pascanu-wall"),
    ]
    assert all(clipscape.Scenario.read(source) == scenario for source in sources)
    assert clipscape.Scenario.preset_names() == tuple(preset.name for preset in list_presets())


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nonsense", "neither a file nor a preset nor a link"),
        ("{", "is not JSON: line 1"),
        ("{}", "experiment: is missing"),
        ("[1]", "neither"),
        ({"version": 2, "experiment": EXPERIMENT}, "newer version"),
        ("#1.AAAA", "damaged"),
        ("/s/abcdefghjkmn", "does not say which server"),
        ({"experiment": {**EXPERIMENT, "n_steps": 0}}, "must be at least 1"),
    ],
)
def test_what_is_no_scenario_is_explained(source: Any, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        clipscape.Scenario.read(source)
    with pytest.raises(TypeError, match="int"):
        clipscape.Scenario.read(3)  # type: ignore[arg-type]


def test_a_readable_link_is_used_as_a_whole_or_not_at_all() -> None:
    assert clipscape.Scenario.read("?problem=beale&learning_rate=0,2").problem == "beale"
    with pytest.raises(ScenarioError, match="learning_rate: fast is not possible: learning_rate must be a number"):
        clipscape.Scenario.read("?problem=beale&learning_rate=fast")
    with pytest.raises(ScenarioError, match=r"did you mean pascanu-wall\?"):
        clipscape.Scenario.preset("pascanu_wall")


def test_values_are_changed_by_the_names_of_a_readable_link() -> None:
    scenario = clipscape.Scenario.preset("leash-or-cap").using(
        threshold=0.25, n_steps=7, start=(1, 2.5), clips=["none", "norm"], optimizer="momentum", optimizer__momentum=0.5
    )
    experiment = scenario.document.experiment
    assert experiment.n_steps == 7
    assert experiment.start == (1.0, 2.5)
    assert experiment.optimizer.params["momentum"] == 0.5
    assert scenario.variants == ("No clipping", "Norm")
    assert experiment.variants[1].clip.params["max_norm"] == 0.25
    for wrong in ({"threshold": -1}, {"colour": "red"}, {"n_steps": math.inf}, {"preset": "ravine-turn"}):
        with pytest.raises(ScenarioError, match=rf"^{next(iter(wrong))}: "):
            scenario.using(**wrong)
    assert scenario.using(threshold=np.float64(1e-7)).document.experiment.variants[1].clip.params["max_norm"] == 1e-7


def test_a_short_link_is_asked_of_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Answer:
        def __enter__(self) -> Answer:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def read(self, _size: int) -> bytes:
            return json.dumps({"id": "abcdefghjkmn", "document": {"experiment": EXPERIMENT}}).encode()

    def urlopen(request: Any, timeout: float) -> Answer:
        asked.append((request.full_url, timeout))
        return Answer()

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    scenario = clipscape.Scenario.read("https://clipscape.example/s/abcdefghjkmn")
    assert scenario.n_steps == 20
    assert asked == [("https://clipscape.example/api/v1/links/abcdefghjkmn", 10.0)]


def test_a_server_that_is_not_there_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match="cannot be reached"):
        clipscape.Scenario.read("http://127.0.0.1:9/s/abcdefghjkmn")


def test_a_result_holds_the_numbers_of_the_engine() -> None:
    result = clipscape.run({"experiment": EXPERIMENT})
    variant = result["Norm"]
    assert variant.params.shape == (21, 2)
    assert variant.loss[0] == result.problem.value(np.array(result.problem.start))
    assert variant.grad_norm.max() == variant.summary["max_grad_norm"]
    assert len(result) == 1
    assert repr(result) == f"Norm: {variant.sentence}"
    with pytest.raises(AttributeError, match="no nothing; its arrays are params, loss"):
        _ = variant.nothing


def test_a_run_tells_how_far_it_is() -> None:
    seen: list[tuple[int, int]] = []
    clipscape.run("leash-or-cap", n_steps=2000, progress=lambda done, total: seen.append((done, total)))
    assert [total for _, total in seen] == [2000] * len(seen)
    assert sorted(done for done, _ in seen) == [done for done, _ in seen]
    assert seen[-1] == (2000, 2000)


def rosenbrock(point: Any) -> tuple[float, Any]:
    x, y = point
    rise = y - x * x
    return (1 - x) ** 2 + 100 * rise**2, np.array([2 * (x - 1) - 400 * x * rise, 200 * rise])


def test_a_problem_of_ones_own_runs_like_the_one_of_the_catalogue() -> None:
    values: dict[str, Any] = {"clips": ["none", "norm", "value"], "learning_rate": 0.01, "threshold": 0.5}
    own = clipscape.problem(rosenbrock, [(-2, 2), (-1, 3)], [-1.23, 1.07], minimizers=[(1, 1)])
    mine, theirs = clipscape.run(own, **values), clipscape.run("?problem=rosenbrock", **values)
    assert mine.scenario is None
    for name in theirs:
        assert mine[name].status == theirs[name].status
        assert mine[name].params[:15] == pytest.approx(theirs[name].params[:15], rel=1e-12)
    assert len(mine.figure().data) == len(theirs.figure().data)
    with pytest.raises(ValueError, match="no scenario"):
        mine.to_json()


def test_a_problem_of_ones_own_may_have_another_number_of_coordinates() -> None:
    for dim in (1, 3, 16):
        own = clipscape.problem(lambda point: (float(point @ point), 2 * point), [(-1, 2)] * dim, [1.5] * dim)
        result = clipscape.run(own, clips=["norm"], learning_rate=0.1, threshold=1)
        assert result["Norm"].params.shape == (301, dim)
        assert result["Norm"].status in ("stalled", "descending")
        assert result.to_csv().startswith("variant,step,params_0")
        assert len(result.figure().data) == 2


def test_a_problem_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="one entry per coordinate"):
        clipscape.problem(rosenbrock, [(-2, 2)], [0, 0])
    with pytest.raises(ValueError, match="low < high"):
        clipscape.problem(rosenbrock, [(-2, 2), (3, 3)], [0, 0])
    with pytest.raises(ValueError, match="must be finite"):
        clipscape.problem(rosenbrock, [(-2, math.inf), (3, 4)], [0, 0])
    with pytest.raises(ValueError, match="must return"):
        clipscape.problem(lambda point: (0.0, 1.0), [(-2, 2), (3, 4)], [0, 0])
    own = clipscape.problem(rosenbrock, [(-2, 2), (-1, 3)], [-1.23, 1.07])
    with pytest.raises(ValueError, match="problem__b is part of your problem"):
        clipscape.run(own, problem__b=3)


def test_what_the_function_raises_comes_through() -> None:
    def fails(point: Any) -> Any:
        if point[0] < 1:
            raise ZeroDivisionError("mine")
        return float(point @ point), point

    with pytest.raises(ZeroDivisionError, match="mine"):
        clipscape.run(clipscape.problem(fails, [(-2, 2), (-2, 2)], [1.5, 0]), learning_rate=0.1)


def test_a_figure_shows_every_variant_in_both_themes() -> None:
    result = clipscape.run("leash-or-cap")
    light, dark = result.figure(), result.figure(theme="dark")
    assert {trace.name for trace in light.data} >= set(result)
    assert light.layout.paper_bgcolor != dark.layout.paper_bgcolor
    with pytest.raises(ValueError, match="theme"):
        result.figure(theme="pink")


def test_a_network_runs_and_has_its_figure_and_table() -> None:
    result = clipscape.run("?tab=recurrent&hidden_size=4&n_steps=12")
    assert result["Norm"].loss.shape == (13,)
    assert result["Norm"].tensor_grad_norm.shape[0] == 12
    assert len(result.figure().data) == 6
    assert "held_out_loss" in result.to_csv().split("\n")[0]


@pytest.mark.parametrize("ending", [".csv", ".json", ".html"])
def test_a_result_is_saved_in_the_format_of_the_name(tmp_path: Path, ending: str) -> None:
    result = clipscape.run({"experiment": EXPERIMENT})
    file = tmp_path / f"run{ending}"
    result.save(file)
    expected = {".csv": result.to_csv().encode(), ".json": result.to_json()}
    assert file.read_bytes() == expected.get(ending, file.read_bytes())
    assert file.stat().st_size > 1000
    with pytest.raises(ValueError, match=r"use \.csv"):
        result.save(tmp_path / "run.txt")


def test_a_saved_run_is_a_scenario_again(tmp_path: Path) -> None:
    result = clipscape.run({"experiment": EXPERIMENT})
    result.save(tmp_path / "run.json")
    assert clipscape.Scenario.read(tmp_path / "run.json") == result.scenario


@pytest.mark.parametrize("source", [{"experiment": EXPERIMENT}, network_document()], ids=["landscape", "network"])
def test_to_frame_gives_the_table(source: dict[str, Any]) -> None:
    result = clipscape.run(source)
    frame = result.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == result.to_csv().split("\r\n")[0].split(",")
    for variant, lines in frame.groupby("variant"):
        assert lines["loss"].tolist() == result[variant].loss.tolist()
        assert lines["grad_norm"].dropna().tolist() == result[variant].grad_norm.tolist()


def test_without_pandas_to_frame_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="needs pandas"):
        clipscape.run({"experiment": EXPERIMENT}).to_frame()


def test_a_sweep_tells_of_every_cell_what_its_own_run_would() -> None:
    found = clipscape.sweep("ravine-turn", ("threshold", 0.05, 50), ("learning_rate", 0.01, 0.3), resolution=(5, 4))
    assert found.to_frame().to_dict("list").keys() == found.columns().keys()
    assert found["Norm"]["status"].shape == (4, 5)
    for j, rate in enumerate(found.y.values):
        for i, threshold in enumerate(found.x.values):
            alone = clipscape.run("ravine-turn", threshold=threshold, learning_rate=rate)
            for name in found:
                assert found[name]["status"][j, i] == alone[name].status
                assert found[name]["final_loss"][j, i] == pytest.approx(alone[name].summary["final_loss"], rel=1e-6)
    assert len(set(found["Norm"]["status"].ravel())) > 1
    assert len(found.figure().data) == len(found) == 3
    lines = found.to_csv().splitlines()
    assert len(lines) == 1 + 3 * 20
    assert lines[0].startswith("variant,variants.*.threshold,variants.*.learning_rate,status")
    assert repr(found).startswith("Norm: ")


def test_a_map_counts_what_was_thrown_out_on_its_own_in_the_words_of_the_page() -> None:
    statuses = ("converged", "bounded", "stalled", "descending", "diverged")
    side = Axis("threshold", "Threshold", "log", np.array([1.0, 2.0, 3.0, 4.0]))
    status = np.array([["converged", "descending", "descending", "diverged"]] * 2, dtype=object)
    thrown = np.array([[True, True, False, True], [False, True, False, True]])
    numbers = {"Norm": {"status": status, "thrown": thrown}}
    found = clipscape.Map(side, side, numbers, statuses, words_of(False, 1))
    assert repr(found) == "Norm: Converged 25.0%, Still descending 25.0%, Thrown out 25.0%, Diverged 25.0%"
    assert found.outcomes("Norm")[0].tolist() == ["Converged", "Thrown out", "Still descending", "Diverged"]
    numbers["Norm"]["final_loss"] = np.ones((2, 4))
    drawn = found.figure().data[0]
    assert drawn.colorbar.ticktext == tuple(words_of(False, 1).values())
    assert drawn.z[0].tolist() == [0.5, 4.5, 3.5, 5.5]
    assert drawn.customdata[0, 1, 0] == "Thrown out"
    several = clipscape.Map(side, side, numbers, statuses, words_of(False, 3))
    assert repr(several) == "Norm: Converged 25.0%, Still descending 25.0%, Some thrown 25.0%, Diverged 25.0%"
    numbers["Norm"]["thrown"] = np.zeros((2, 4), dtype=bool)
    trained = clipscape.Map(side, side, numbers, statuses, words_of(True, 3))
    assert repr(trained) == "Norm: Solved 25.0%, Still learning 50.0%, Diverged 25.0%"
    page = (Path(__file__).parent.parent / "frontend/js/plots/mapWords.js").read_text()
    for kind, words in (("landscape", words_of(False, 1)), ("network", words_of(True, 1))):
        written = ", ".join(f'{outcome}: "{word}"' for outcome, word in words.items())
        assert f"{kind}: {{ {written} }}" in page
    assert '"Some thrown"' in page


def test_a_sweep_over_what_is_no_number_is_explained() -> None:
    with pytest.raises(ScenarioError, match=r"x\.path"):
        clipscape.sweep("leash-or-cap", x="nothing")
    with pytest.raises(ScenarioError, match="resolution"):
        clipscape.sweep("leash-or-cap", resolution=1)
