"""Exported code: the numpy script of everything in the catalogue takes the engine's steps.

Compared to a relative 1e-12, not bit for bit, because a script is written to be read: it may round a sum in another
order than the engine. Where a landscape magnifies rounding from step to step, no script could follow for long, so a
step is compared only as long as the engine's own run, its start and learning rate moved by one unit in the last place,
has stayed within a hundredth of that; the first fifteen steps are compared in any case.
"""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import clipscape
from clipscape.catalog import Entry
from clipscape.exports.code import LANGUAGES, library_lines, numpy_script, torch_script
from clipscape.families import FAMILIES
from clipscape.plan import make_plan
from clipscape.presets import list_presets
from clipscape.problems import PROBLEMS
from clipscape.simulation import simulate
from clipscape.understanding import read_scenario
from code_scripts import assert_same_series, difference, names_used, run_script
from scenarios import clip, document, documents

TOLERANCE, EPSILON = 1e-12, 2.3e-16
ALWAYS = 15
RULES = ("clip", "optimizer", "schedule", "noise", "weight_decay")
ENTRIES = [
    pytest.param(key, entry, id=f"{key}-{entry.kind}")
    for key, catalog in [("problem", PROBLEMS), *((key, FAMILIES[key].catalog) for key in RULES)]
    for entry in catalog.values()
]
GIVEN_BY_THE_SCRIPT = {"seed", "n_steps", "examples", "shapes"}


@pytest.mark.parametrize(("key", "entry"), ENTRIES)
def test_every_entry_carries_code_that_stands_alone(key: str, entry: Entry) -> None:
    assert entry.plain, "give the entry its plain functions, see clipscape.plain"
    assert all(names_used(function) <= {"np", "math", "norm", "tensors_of"} for function in entry.plain)
    assert all(function.__doc__ and "Any" not in inspect.getsource(function) for function in entry.plain)
    wanted = {name for function in entry.plain for name in inspect.signature(function).parameters}
    parameters = {p.name for p in entry.parameters} - {"learning_rate"}
    assert parameters <= wanted, "a parameter is not used"
    if key != "problem":
        assert wanted <= parameters | GIVEN_BY_THE_SCRIPT


@pytest.mark.parametrize(("key", "entry"), [case for case in ENTRIES if case.values[0] in ("clip", "optimizer")])
def test_the_lines_of_other_libraries_are_python_and_name_parameters_that_exist(key: str, entry: Entry) -> None:
    values = {p.name: 0.5 for p in entry.parameters} | {"seed": 0}
    spelled = entry.spelled
    for line in filter(None, (spelled.torch, spelled.keras and f"f({spelled.keras})", spelled.optax)):
        ast.parse(line.format_map(values))
    if key == "optimizer":
        assert all((spelled.torch, spelled.keras, spelled.optax))


def comparable(experiment: Any, aside: float = EPSILON, within: float = TOLERANCE / 100) -> list[int]:
    """Up to which step each variant's numbers can be asked of another program.

    As long as the engine's own run stays `within` when start and learning rate are moved `aside`, relatively.
    """
    plan = make_plan(experiment)
    moved = replace(plan.chain, learning_rate=plan.chain.learning_rate * (1 + aside))
    n_steps, seeds = experiment.n_steps, plan.seeds
    here = simulate(plan.problem, plan.chain, plan.start, n_steps, seeds=seeds)
    there = simulate(plan.problem, moved, plan.start * (1 + aside), n_steps, seeds=make_plan(experiment).seeds)
    apart = np.abs(here.params - there.params).max(axis=-1) / np.maximum(1.0, np.abs(here.params).max(axis=-1))
    far = ~(np.maximum.accumulate(apart, axis=0) <= within)
    return [max(ALWAYS, int(column.argmax()) if column.any() else len(column)) for column in far.T]


SERIES = {"path": "params", "losses": "loss", "grad_norms": "grad_norm", "clipped_norms": "clipped_norm"}


def assert_same_steps(data: Any) -> None:
    """Compare every step of every variant with the engine's."""
    scenario = clipscape.Scenario(read_scenario(data))
    experiment = scenario.document.experiment
    runs, result = run_script(numpy_script(experiment)), clipscape.run(scenario)
    assert_same_series(runs, result, SERIES, TOLERANCE, lambda: comparable(experiment))


def changed(entry: Entry) -> dict[str, Any]:
    """Parameters of an entry that are not its defaults, where it has any others."""
    values = {}
    for p in entry.parameters:
        if p.type == "choice":
            values[p.name] = p.choices[-1]
        elif p.type == "int":
            values[p.name] = int(p.default) + 3
        elif isinstance(p.default, float):
            values[p.name] = p.default * (1.25 if p.default == p.low else 0.96) or 0.5
    return values


def cases(key: str, entry: Entry) -> Iterator[dict[str, Any]]:
    """Scenarios in which an entry does something, with its defaults and with others."""
    for params in ({}, changed(entry)):
        part = {"kind": entry.kind, "params": params}
        common: dict[str, Any] = {"noise": {"kind": "gaussian", "params": {"std": 0.7}}, "n_steps": 70, "seed": 3}
        if key == "problem":
            yield document(entry.kind, clip("none"), clip("norm"), clip("value"), learning_rate=0.02, params=params)
        elif key == "clip":
            positions = entry.traits.get("positions", ("before", "after"))
            clips = [{**part, "position": position} for position in positions]
            batch = {"batch_size": 4}
            yield document("finite_sum", *clips, clip("none"), learning_rate=0.05, params=batch, **common)
        elif key == "optimizer":
            body = document("ravine", clip("norm"), clip("value"), learning_rate=0.05, **common)
            body["experiment"]["optimizer"] = part
            yield body
        else:
            body = document("ravine", clip("norm"), clip("none"), learning_rate=0.05, **common)
            body["experiment"][key] = part
            yield body


@pytest.mark.parametrize(("key", "entry"), ENTRIES)
def test_the_numpy_script_takes_the_steps_of_the_engine(key: str, entry: Entry) -> None:
    for body in cases(key, entry):
        assert_same_steps(body)


@pytest.mark.parametrize("preset", [p for p in list_presets() if not p.is_network], ids=lambda preset: preset.name)
def test_the_numpy_script_of_a_preset_takes_its_steps(preset: Any) -> None:
    assert_same_steps(preset.scenario)


@settings(max_examples=25, deadline=None)
@given(documents(max_steps=80))
def test_the_numpy_script_of_any_scenario_takes_its_steps(data: dict[str, Any]) -> None:
    assert_same_steps(data)


def test_a_wrong_step_would_be_found() -> None:
    scenario = clipscape.Scenario.preset("leash-or-cap")
    text = numpy_script(scenario.document.experiment)
    for right, wrong in (("max_norm / (norm", "max_norm / (1e-9 + norm"), ("0.075 * y", "0.0750000001 * y")):
        assert right in text
        path = run_script(text.replace(right, wrong))["Norm"]["path"]
        assert np.abs(path - scenario_path(scenario)).max() > 100 * TOLERANCE


def scenario_path(scenario: Any) -> Any:
    return clipscape.run(scenario)["Norm"].params


def test_a_script_runs_alone_and_says_how_it_ended(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(clipscape.Scenario.preset("heavy-tails").code("numpy"))
    assert "clipscape" not in script.read_text().replace("Clipscape", "")
    done = subprocess.run([sys.executable, "-I", "-W", "error", str(script)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["No clipping", "Norm", "Value"]
    assert "after 1000 of 1000 steps" in done.stdout


def test_a_script_leaves_out_what_the_scenario_does_not_have() -> None:
    text = clipscape.Scenario.preset("leash-or-cap").code("numpy")
    for absent in ("noise", "decay", "schedule", "adam", "examples"):
        assert f"{absent}(" not in text


@pytest.mark.parametrize("language", ["numpy", "pytorch"])
@pytest.mark.parametrize("name", ['say "hello"', "back\\slash", "中文 ∇", '"""', "'"])
def test_names_of_variants_cannot_break_a_script(language: str, name: str) -> None:
    body = document("quadratic", clip("norm"), learning_rate=0.1, n_steps=2)
    body["experiment"]["variants"][0]["name"] = name
    tree = ast.parse(clipscape.Scenario.from_dict(body).code(language))
    assert any(isinstance(node, ast.Constant) and node.value == name for node in ast.walk(tree))


def test_the_lines_say_clip_and_optimizer_of_every_variant() -> None:
    body = document("quadratic", clip("norm", max_norm=0.5), clip("agc"), clip("none"), learning_rate=0.1)
    body["experiment"]["optimizer"] = {"kind": "adam", "params": {"learning_rate": 0.01}}
    text = clipscape.Scenario.from_dict(body).code("lines")
    ast.parse(text)
    adam = "Adam(learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-08"
    in_optax = "optax.adam(0.01, b1=0.9, b2=0.999, eps=1e-08)"
    for line in (
        "torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=0.5)",
        f"optimizer = keras.optimizers.{adam}, global_clipnorm=0.5)",
        f"optimizer = optax.chain(optax.clip_by_global_norm(0.5), {in_optax})",
        f"optimizer = optax.chain(optax.adaptive_grad_clip(0.01, eps=0.001), {in_optax})",
        "# PyTorch has no line for this clip: take the function of the numpy script.",
    ):
        assert line in text


def test_the_lines_say_what_they_leave_out() -> None:
    body = document("quadratic", clip("norm"), learning_rate=0.1, noise={"kind": "gaussian", "params": {"std": 0.7}})
    body["experiment"]["weight_decay"] = {"kind": "l2_before_clip", "params": {"weight_decay": 0.02}}
    text = clipscape.Scenario.from_dict(body).code("lines")
    for words in ("these lines leave out: L2 penalty before the clip (weight_decay 0.02).", "(std 0.7)."):
        assert words in text


def test_the_lines_of_every_pair_of_clip_and_optimizer_are_python() -> None:
    for optimizer in FAMILIES["optimizer"].catalog:
        clips = [{"kind": kind, "position": p} for kind in FAMILIES["clip"].catalog for p in ("before", "after")]
        body = document("finite_sum", *clips[:-1], learning_rate=0.1)
        variants = body["experiment"]["variants"]
        body["experiment"]["optimizer"] = {"kind": optimizer}
        for part in (variants[:14], variants[14:]):
            body["experiment"]["variants"] = part
            ast.parse(library_lines(read_scenario(body).experiment))


def test_every_language_is_offered() -> None:
    experiment = clipscape.Scenario.preset("leash-or-cap").document.experiment
    assert {name: write(experiment) != "" for name, (_, write) in LANGUAGES.items()} == {
        "numpy": True, "pytorch": True, "lines": True,
    }  # fmt: skip
    with pytest.raises(ValueError, match="numpy, pytorch or lines"):
        clipscape.Scenario.preset("leash-or-cap").code("cobol")


def assert_pytorch_agrees(data: Any) -> None:
    """Compare all steps (at most 100) of runs that magnify nothing, the first fifteen of others."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    scenario = clipscape.Scenario(read_scenario(data))
    limits = comparable(scenario.document.experiment, aside=1e-13, within=1e-10)
    if scenario.document.experiment.schedule.kind == "constant":
        most = ALWAYS if max(limits) < scenario.n_steps else 100
        scenario = scenario.using(n_steps=min(most, scenario.n_steps))
    runs, result = run_script(torch_script(scenario.document.experiment)), clipscape.run(scenario)
    for limit, name in zip(limits, runs, strict=True):
        theirs, ours = runs[name]["path"].numpy(), result[name].params
        steps = len(ours) if limit > scenario.n_steps else min(ALWAYS, len(ours))
        assert len(theirs) >= steps
        assert difference(theirs[:steps], ours[:steps]) <= TORCH_TOLERANCE, name


TORCH_TOLERANCE = 1e-9
"""PyTorch's clips, sums and gradients round otherwise, and walls magnify that even in the first fifteen steps."""


@pytest.mark.parametrize("preset", [p for p in list_presets() if not p.is_network], ids=lambda preset: preset.name)
def test_the_pytorch_script_of_a_preset_takes_its_steps(preset: Any) -> None:
    assert_pytorch_agrees(preset.scenario)


@pytest.mark.parametrize(("key", "entry"), ENTRIES)
def test_the_pytorch_script_takes_the_steps_of_the_engine(key: str, entry: Entry) -> None:
    body = next(cases(key, entry))
    body["experiment"]["n_steps"] = 40
    assert_pytorch_agrees(body)


def test_losses_use_only_what_pytorch_has_under_the_same_name() -> None:
    torch = pytest.importorskip("torch")
    for entry in PROBLEMS.values():
        if len(entry.plain) == 2:
            tree = ast.parse(inspect.getsource(entry.plain[0]))
            used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "np"}
            assert all(hasattr(torch, name) for name in used), used


def test_the_documents_of_the_tests_reach_every_kind_of_line() -> None:
    text = "".join(clipscape.Scenario.from_dict(body).code("numpy") for case in ENTRIES for body in cases(*case.values))
    for line in (
        "received = decay(",
        "decayed = decay(",
        "direction = decay(",
        "clip_direction(direction",
        "schedule(step)",
    ):
        assert line in text
