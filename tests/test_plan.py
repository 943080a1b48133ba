"""From the document to rows and back: every row is what its variant and notch say, whatever stands next to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from clipscape.axes import read_axis
from clipscape.complaints import ScenarioError
from clipscape.plan import Plan, make_plan
from clipscape.records import Run
from clipscape.scenario import Experiment
from clipscape.simulation import simulate
from clipscape.understanding import read_scenario
from conftest import experiment
from scenarios import documents

SERIES = ("params", "loss", "grad_norm", "clipped_norm", "update_norm", "angle", "fired")


def read(**changes: Any) -> Experiment:
    return read_scenario({"experiment": experiment(**changes)}).experiment


def run(plan: Plan) -> Run:
    return simulate(plan.problem, plan.chain, plan.start, plan.experiment.n_steps, seeds=plan.seeds)


def alone(whole: Experiment, variant: int) -> Run:
    return run(make_plan(whole.model_copy(update={"variants": (whole.variants[variant],)})))


def assert_rows_equal(whole: Run, row: int, single: Run, other: int = 0) -> None:
    for name in SERIES:
        left, right = getattr(whole, name)[:, row], getattr(single, name)[:, other]
        assert np.array_equal(left, right, equal_nan=left.dtype != bool), name


@given(documents(max_steps=60))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_a_variant_in_company_is_the_variant_alone(document: dict[str, Any]) -> None:
    whole = read_scenario(document).experiment
    together = run(make_plan(whole))
    for index in range(len(whole.variants)):
        assert_rows_equal(together, index, alone(whole, index))


def test_variants_of_mixed_kinds_keep_their_order() -> None:
    kinds = ["norm", "none", "norm", "value", "norm", "norm"]
    variants = [
        {"name": f"{n} {kind}", "clip": {"kind": kind, "position": "after" if n % 2 else "before"}}
        for n, kind in enumerate(kinds)
    ]
    variants[2]["optimizer"] = {"kind": "adam"}
    variants[3]["schedule"] = {"kind": "cosine"}
    whole = read(variants=variants, optimizer={"kind": "momentum"}, weight_decay={"kind": "l2_before_clip"})
    together = run(make_plan(whole))
    for index in range(len(kinds)):
        assert_rows_equal(together, index, alone(whole, index))


def test_the_clip_stands_where_the_variant_says() -> None:
    clip = {"kind": "norm", "params": {"max_norm": 0.5}}
    variants = [{"name": position, "clip": {**clip, "position": position}} for position in ("before", "after")]
    optimizer = {"kind": "momentum", "params": {"learning_rate": 0.1, "momentum": 0.9}}
    result = run(make_plan(read(variants=variants, optimizer=optimizer, problem={"kind": "quadratic"})))
    before, after = result.update_norm.T
    assert before.max() > 0.05 * 1.5
    assert after.max() <= 0.05 * (1 + 1e-12)


@pytest.mark.parametrize(
    ("kind", "clipped_too"), [("l2_before_clip", True), ("l2_after_clip", False), ("decoupled", False)]
)
def test_weight_decay_stands_where_its_kind_says(kind: str, clipped_too: bool) -> None:
    decay = {"kind": kind, "params": {"weight_decay": 50.0}}
    variants = [{"name": "a", "clip": {"kind": "norm", "params": {"max_norm": 0.5}}}]
    result = run(make_plan(read(n_steps=1, weight_decay=decay, variants=variants, start=[1.0, 1.0])))
    assert (result.update_norm[0, 0] <= 0.05 * (1 + 1e-12)) == clipped_too


def test_a_schedule_multiplies_the_learning_rate() -> None:
    schedule = {"kind": "step", "params": {"drop": 0.5, "every": 1}}
    plan = make_plan(read(n_steps=4, schedule=schedule))
    assert plan.chain.learning_rate.tolist() == [[0.1] * 3, [0.05] * 3, [0.025] * 3, [0.0125] * 3]
    assert make_plan(read(n_steps=4)).chain.learning_rate.shape == (3,)


AXES = [
    ("variants.*.threshold", [0.1, 1.0, 10.0]),
    ("variants.2.threshold", [0.1, 10.0]),
    ("variants.*.learning_rate", [0.01, 0.2]),
    ("variants.1.clip.params.max_norm", [0.5, 2.0]),
    ("variants.1.clip.params.epsilon", [0, 1e-6]),
    ("variants.0.optimizer.params.beta_1", [0.5, 0.9]),
    ("optimizer.params.learning_rate", [0.01, 0.1]),
    ("schedule.params.warmup_steps", [0, 5, 20]),
    ("noise.params.std", [0.0, 0.5]),
    ("weight_decay.params.weight_decay", [0.0, 0.3]),
    ("start.1", [-1.0, 0.5]),
    ("seed", [1, 2, 3]),
]


def with_own_optimizer() -> dict[str, Any]:
    body = experiment(
        n_steps=30,
        noise={"kind": "gaussian"},
        weight_decay={"kind": "decoupled"},
        schedule={"kind": "constant", "params": {"warmup_steps": 3}},
        start=[-1.29, 1.95],
        optimizer={"kind": "sgd", "params": {"learning_rate": 0.05}},
        seed=5,
    )
    body["variants"][0]["optimizer"] = {"kind": "adam", "params": {"learning_rate": 0.02, "beta_1": 0.8}}
    return body


def replaced(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Do by hand what an axis does."""
    match path.split("."):
        case ["variants", which, "threshold"]:
            for index, name in ((1, "max_norm"), (2, "clip_value")):
                if which in ("*", str(index)):
                    body["variants"][index]["clip"]["params"] = {name: value}
        case ["variants", "*", "learning_rate"]:
            body["variants"][0]["optimizer"]["params"]["learning_rate"] = value
            body["optimizer"]["params"]["learning_rate"] = value
        case ["variants", index, key, "params", name]:
            body["variants"][int(index)][key].setdefault("params", {})[name] = value
        case ["start", index]:
            body["start"][int(index)] = value
        case ["seed"]:
            body["seed"] = value
        case [key, "params", name]:
            body[key].setdefault("params", {})[name] = value
    return body


@pytest.mark.parametrize(("path", "values"), AXES)
def test_every_notch_is_the_experiment_with_that_value(path: str, values: list[Any]) -> None:
    whole = read_scenario({"experiment": with_own_optimizer()}).experiment
    plan = make_plan(whole, read_axis(whole, path, tuple(values)))
    together = run(plan)
    assert plan.rows == 3 * len(values)
    for notch, value in enumerate(values):
        changed = read_scenario({"experiment": replaced(with_own_optimizer(), path, value)}).experiment
        single = run(make_plan(changed))
        for variant in range(3):
            assert_rows_equal(together, variant * len(values) + notch, single, variant)


def test_rows_are_read_back_by_variant_and_notch() -> None:
    whole = read()
    plan = make_plan(whole, read_axis(whole, "seed", (1, 2, 3, 4)))
    rows = np.arange(12)
    assert plan.by_variant(rows, axis=0).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    per_step = np.stack([rows, rows + 100])
    assert plan.by_variant(per_step, axis=1).shape == (3, 4, 2)
    assert plan.by_variant(per_step, axis=1)[2, 3].tolist() == [11, 111]


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "n_steps",
        "problem.params.height",
        "optimizer.learning_rate",
        "optimizer.params.nothing",
        "optimizer.kind",
        "start.2",
        "start.-1",
        "start.x",
        "start.²",
        "variants.3.threshold",
        "variants.-1.threshold",
        "variants.0.threshold",
        "variants.1.optimizer.params.learning_rate",
        "variants.*.clip.params.nothing",
        "variants.1.clip.position",
        "__class__",
        "variants.1.__class__.params.x",
    ],
)
def test_a_path_that_leads_to_nothing_is_answered_with_the_forms(path: str) -> None:
    whole = read()
    with pytest.raises(ScenarioError) as caught:
        read_axis(whole, path, (1.0,))
    (complaint,) = caught.value.complaints
    assert complaint.where == "axes.path"
    assert "variants.*.threshold" in complaint.remedy


@pytest.mark.parametrize(
    ("path", "values", "wrong"),
    [
        ("variants.*.threshold", (1.0, 0.0, -1.0), [1, 2]),
        ("optimizer.params.learning_rate", (0.1, 101.0), [1]),
        ("start.0", (0.0, 2e6), [1]),
        ("start", ((0.0, 1.0), 1.0, (0.0,), (0.0, 1.0, 2.0), (0.0, 2e6), (0.0, "x")), [1, 2, 3, 4, 5]),
        ("start.0", ((0.0, 1.0),), [0]),
        ("seed", (0, 1.5, -1, 2**32), [1, 2, 3]),
        ("variants.1.clip.params.epsilon", (0, 1e-3), [1]),
    ],
)
def test_every_value_of_an_axis_is_checked(path: str, values: tuple[Any, ...], wrong: list[int]) -> None:
    whole = read()
    with pytest.raises(ScenarioError) as caught:
        read_axis(whole, path, values)
    assert [complaint.where for complaint in caught.value.complaints] == [f"axes.values.{index}" for index in wrong]
