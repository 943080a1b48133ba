"""Exported code of trainings: the scripts of everything in the catalogue make the engine's updates.

The numpy script adds up its products in another order than the engine, so it is compared to a relative 1e-12 of the
largest number of a series: some twenty updates of small networks round to a few 1e-15, and what a first step of Adam or
a division by a spread of nearly 0 magnifies stays below the bound. Runs that overflow are compared up to the update at
which the engine itself, its learning rate moved by one unit in the last place, is a hundredth of that away.
"""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clipscape
from clipscape.exports.code import numpy_script, torch_script
from clipscape.families import FAMILIES
from clipscape.plan import make_plan
from clipscape.presets import list_presets
from clipscape.problems.networks import NETWORKS
from clipscape.training import train
from clipscape.understanding import read_scenario
from code_scripts import assert_same_series, difference, names_used, run_script
from scenarios import choices, clips
from training_cases import network_document

TOLERANCE, EPSILON = 1e-12, 2.3e-16
SERIES = {"losses": "loss", "grad_norms": "grad_norm", "clipped_norms": "clipped_norm"}
N_STEPS = 16
PRESETS = [preset for preset in list_presets() if preset.is_network]
NORM = {"kind": "norm", "params": {"max_norm": 0.3}}
TIGHT: dict[str, dict[str, float]] = {
    "norm": {"max_norm": 0.3},
    "value": {"clip_value": 0.02},
    "block_norm": {"max_norm": 0.05},
    "per_tensor": {"max_norm": 0.05},
    "infinity_norm": {"max_norm": 0.02},
    "zclip": {"warmup_steps": 4, "z_threshold": 0.5},
    "adagc": {"warmup_steps": 5, "absolute_threshold": 0.2},
    "soft": {"max_norm": 0.3},
    "random_step": {"max_norm": 0.3},
}
"""Parameters with which a rule clips some updates of a small network and not others."""
OPTIONS: dict[str, dict[str, Any]] = {
    "layer_norm": {"layer_norm": True},
    "dropout": {"dropout": 0.4},
    "truncation": {"truncation": 4},
    "early_stopping": {"early_stopping": 2},
}


def task(kind: str) -> dict[str, Any]:
    """A short version of a task."""
    length = {"adding_original": 11, "copying": 2, "temporal_order": 12, "temporal_order_3": 20, "sine": 9, "echo": 6}
    return {"kind": kind, "params": {"sequence_length": length.get(kind, 7), "batch_size": 3}}


def small(*clips: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a document of a few updates."""
    return network_document(*clips, n_steps=N_STEPS, **changes)


def cases() -> Iterator[Any]:
    """Documents in which every entry, and every option of a network, does something."""
    for kind in NETWORKS:
        for name, params in {"plain": {}, **OPTIONS}.items():
            body = small({"kind": "none"}, NORM, kind=kind, task=task("echo"), params=params)
            yield pytest.param(body, id=f"{kind}-{name}")
        every = {"layer_norm": True, "dropout": 0.2, "truncation": 3}
        yield pytest.param(small(NORM, kind=kind, task=task("sine"), params=every), id=f"{kind}-all")
        if NETWORKS[kind].parameter("vanishing_penalty"):
            for normal in (False, True):
                params = {"vanishing_penalty": 2.0, "layer_norm": normal, "truncation": 5 * normal}
                yield pytest.param(small(NORM, kind=kind, params=params), id=f"{kind}-penalty-{normal}")
    for kind in FAMILIES["task"].catalog:
        yield pytest.param(small(NORM, kind="gru", task=task(kind)), id=f"task-{kind}")
    for kind in FAMILIES["init"].catalog:
        params = {"incoming": 2} if kind == "spectral_radius" else {}
        yield pytest.param(small(NORM, kind="lstm", init={"kind": kind, "params": params}), id=f"init-{kind}")
    for kind, entry in FAMILIES["clip"].catalog.items():
        if not entry.traits.get("per_example"):
            choice = {"kind": kind, "params": TIGHT.get(kind, {})}
            both = {**choice, "position": "before"}, {**choice, "position": "after"}
            yield pytest.param(small(*both, optimizer={"kind": "momentum"}), id=f"clip-{kind}")
    for family in ("optimizer", "schedule", "noise", "weight_decay"):
        for kind, entry in FAMILIES[family].catalog.items():
            params = {"step": 7} if kind == "bad_batch" else {}
            body = small(NORM, {"kind": "none"}, **{family: {"kind": kind, "params": params}})
            yield pytest.param(body, id=f"{family}-{entry.kind}")


CASES = list(cases())


def comparable(experiment: Any, aside: float = EPSILON, within: float = TOLERANCE / 100) -> list[int]:
    """Up to which update each variant's numbers can be asked of another program."""
    plan = make_plan(experiment)
    moved = replace(plan.chain, learning_rate=plan.chain.learning_rate * (1 + aside))
    here, there = (
        train(plan.problem, chain, plan.start, experiment.n_steps, seeds=plan.seeds) for chain in (plan.chain, moved)
    )
    apart = np.abs(here.loss - there.loss) / np.maximum(1.0, np.abs(here.loss))
    far = ~(np.maximum.accumulate(apart, axis=0) <= within)
    return [int(column.argmax()) if column.any() else len(column) for column in far.T]


def assert_same(body: Any, write: Any, tolerance: float, aside: float = EPSILON) -> Any:
    """Compare loss and norms of every update of every variant with the engine's."""
    scenario = clipscape.Scenario(read_scenario(body))
    runs, result = run_script(write(scenario.document.experiment)), clipscape.run(scenario)
    limits = partial(comparable, scenario.document.experiment, aside, tolerance / 100)
    assert_same_series(runs, result, SERIES, tolerance, limits)
    return result


@pytest.mark.parametrize("body", CASES)
def test_the_numpy_script_makes_the_updates_of_the_engine(body: dict[str, Any]) -> None:
    assert_same(body, numpy_script, TOLERANCE)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_the_numpy_script_of_a_preset_makes_its_updates(preset: Any) -> None:
    assert_same(clipscape.Scenario.preset(preset.name).using(n_steps=6).to_dict(), numpy_script, TOLERANCE)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Small networks of any kind with anything the catalogue offers."""
    kind = draw(st.sampled_from(list(NETWORKS)))
    params = {name: value for option in OPTIONS.values() for name, value in option.items() if draw(st.booleans())}
    shared = {key: draw(choices(key)) for key in ("init", "optimizer", "schedule", "noise", "weight_decay")}
    chosen = draw(st.lists(clips(examples=False), min_size=1, max_size=3))
    length, seed = draw(st.integers(1, 12)), draw(st.integers(0, 99))
    what = task(draw(st.sampled_from(list(FAMILIES["task"].catalog))))
    return network_document(*chosen, kind=kind, params=params, task=what, n_steps=length, seed=seed, **shared)


@settings(max_examples=25, deadline=None)
@given(documents())
def test_the_numpy_script_of_any_training_makes_its_updates(body: dict[str, Any]) -> None:
    assert_same(body, numpy_script, TOLERANCE)


def test_the_cases_clip_stop_early_and_leave_no_line_out() -> None:
    scenarios = {str(case.id): clipscape.Scenario.from_dict(case.values[0]) for case in CASES}
    results = {name: clipscape.run(s) for name, s in scenarios.items() if re.search("^clip-|early_stopping", name)}
    for case, result in results.items():
        if case.startswith("clip-") and case != "clip-none":
            assert all(variant.fired.any() for variant in result.values()), case
    stopped = [result for case, result in results.items() if case.endswith("early_stopping")]
    assert any(variant.summary["n_steps"] < N_STEPS for result in stopped for variant in result.values())
    text = "".join(scenario.code("numpy") for scenario in scenarios.values())
    for line in (
        "received = decay(",
        "decayed = decay(",
        "clip_direction(direction",
        "schedule(step)",
        "# of the forget",
    ):
        assert line in text


def test_a_wrong_update_would_be_found() -> None:
    scenario = clipscape.Scenario.from_dict(network_document(NORM, kind="lstm"))
    text, ours = numpy_script(scenario.document.experiment), clipscape.run(scenario)["0"].loss
    for right, wrong in (("dc * g * i * (1.0 - i)", "dc * g * i * (1.0 - i * 1.000001)"), ("[201, seed", "[202, seed")):
        assert right in text
        assert difference(run_script(text.replace(right, wrong))["0"]["losses"], ours) > 100 * TOLERANCE


def test_every_entry_of_a_network_carries_code_that_stands_alone() -> None:
    helpers = {"np", "norm", "tensors_of", "sigmoid", "layer_norm", "layer_norm_backward", "groups_of"}
    for key in ("task", "init"):
        for entry in FAMILIES[key].catalog.values():
            (function,) = entry.plain
            assert names_used(function) <= helpers
            wanted = set(inspect.signature(function).parameters)
            assert {p.name for p in entry.parameters} - {"batch_size"} <= wanted
            assert wanted <= {p.name for p in entry.parameters} | {"hidden_size"}
    for entry in NETWORKS.values():
        assert len(entry.plain) == 8
        assert all(names_used(function) <= helpers and function.__doc__ for function in entry.plain)


@pytest.mark.parametrize("language", ["numpy", "pytorch"])
def test_a_script_has_only_what_its_training_needs(language: str) -> None:
    text = clipscape.Scenario.preset("clipping-lets-it-learn").code(language)
    ast.parse(text)
    for absent in ("noise", "decay", "schedule", "adam", "layer_norm", "penalty", "drop", "HELD_OUT", "lstm", "PROBES"):
        assert absent not in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_script_runs_alone_and_says_how_it_ended(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(clipscape.Scenario.preset("lstm-explodes-too").using(n_steps=20).code("numpy"))
    assert "clipscape" not in script.read_text().replace("Clipscape", "")
    done = subprocess.run([sys.executable, "-I", "-W", "error", str(script)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["No clipping", "Norm"]
    assert "updates the loss is" in done.stdout


TORCH_TOLERANCE = 1e-9
"""PyTorch's layers, sums and clips round otherwise, by some 1e-15 at every update."""


@pytest.mark.parametrize("body", CASES)
def test_the_pytorch_script_makes_the_updates_of_the_engine(body: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    shorter = {"experiment": {**body["experiment"], "n_steps": 8}}
    assert_same(shorter, torch_script, TORCH_TOLERANCE, aside=1e-13)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_the_pytorch_script_of_a_preset_makes_its_updates(preset: Any) -> None:
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    assert_same(clipscape.Scenario.preset(preset.name).using(n_steps=4).to_dict(), torch_script, TORCH_TOLERANCE, 1e-13)
