"""Slow motion tells the truth: what is told of every update is what the loop did, and every line can be worked out."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from clipscape.answers import simulate_job
from clipscape.asks import read_run_ask
from clipscape.axes import effective
from clipscape.catalog import Entry, Line
from clipscape.complaints import ScenarioError
from clipscape.observing import Watch, watch
from clipscape.optimizers import OPTIMIZERS
from clipscape.plan import Plan, make_plan
from clipscape.records import Run
from clipscape.scenario import Experiment
from clipscape.schedules import SCHEDULES
from clipscape.simulation import simulate
from clipscape.understanding import understand
from clipscape.weight_decay import WEIGHT_DECAYS

EVERY = pytest.mark.parametrize("entry", OPTIMIZERS.values(), ids=lambda entry: entry.kind)
DECAYS = pytest.mark.parametrize("decay", WEIGHT_DECAYS)
N_STEPS = 40

Numbers = dict[str, Any]


def made(optimizer: str, **more: Any) -> Experiment:
    """An experiment in which one variant clips the gradient, one the direction, and one is thrown out of the window."""
    clip = {"kind": "norm", "params": {"max_norm": 0.7}}
    body = {
        "problem": {"kind": "cliff"},
        "optimizer": {"kind": optimizer},
        "n_steps": N_STEPS,
        "variants": [
            {"name": "before", "clip": {**clip, "position": "before"}},
            {"name": "after", "clip": {**clip, "position": "after"}},
            {"name": "none", "clip": {"kind": "none"}},
        ],
        **more,
    }
    return understand(Experiment.model_validate(body))


def watched_run(experiment: Experiment) -> tuple[Plan, Run, Run, Watch]:
    """The same plan run unwatched and watched."""
    plan = make_plan(experiment)
    chain, seen = watch(plan.chain, experiment.n_steps)
    plain = simulate(plan.problem, plan.chain, plan.start, experiment.n_steps, seeds=plan.seeds)
    observed = simulate(plan.problem, chain, plan.start, experiment.n_steps, seeds=plan.seeds)
    return plan, plain, observed, seen


def worked_out(line: Line, numbers: Numbers) -> Any:
    """What the formula of a line gives."""
    return eval(line.formula.replace("^", "**"), {"sqrt": np.sqrt, "__builtins__": {}}, numbers)


def parameters(experiment: Experiment, row: int, key: str) -> Numbers:
    return dict(effective(experiment, row, key).params)


@EVERY
@DECAYS
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_direction_told_times_the_learning_rate_told_is_the_step_that_was_taken(
    entry: Entry, decay: str, schedule: str
) -> None:
    noise = {"kind": "gaussian", "params": {"std": 0.2}}
    experiment = made(entry.kind, weight_decay={"kind": decay}, schedule={"kind": schedule}, noise=noise)
    plan, plain, run, seen = watched_run(experiment)
    for name in ("params", "grad", "clip_input", "clipped", "loss", "n_steps"):
        assert np.array_equal(getattr(plain, name), getattr(run, name), equal_nan=True), f"watching changes {name}"
    for row in range(plan.rows):
        steps = int(run.n_steps[row])
        told = {name: array[:steps, :, row] for name, array in seen.vectors().items()}
        params = run.params[: steps + 1, row]
        assert steps > 2
        assert np.array_equal(params[:-1] - seen.learning_rate[:steps, row, None] * told["descent"], params[1:])
        exact = np.stack(plan.problem.grad(params[:-1].T), axis=1)
        assert np.array_equal(told["noise_free"], exact)
        assert not np.array_equal(told["noise_free"], run.grad[:steps, row])
        late = row == 1
        received, passed_on = run.clip_input[:steps, row], run.clipped[:steps, row]
        if decay != "l2_after_clip" and not late:
            assert np.array_equal(told["optimizer_input"], passed_on)
        if late:
            assert np.array_equal(told["direction"], received)
        if decay != "decoupled":
            assert np.array_equal(told["descent"], passed_on if late else told["direction"])


@EVERY
def test_every_line_of_an_optimizer_works_out_to_what_it_remembers_and_passes_on(entry: Entry) -> None:
    experiment = made(entry.kind)
    plan, _plain, run, seen = watched_run(experiment)
    symbols = [line.symbol for line in entry.lines]
    assert symbols[-1] == "d", "the last line is the direction"
    assert set(seen.optimizer.memory) == set(symbols[:-1])
    for row in range(plan.rows):
        remembered: Numbers = dict.fromkeys(symbols, np.zeros(2))
        for step in range(int(run.n_steps[row])):
            numbers = {**parameters(experiment, row, "optimizer"), **remembered, "t": step + 1}
            numbers |= {"g": seen.optimizer.received[step, :, row], "w": run.params[step, row]}
            for line in entry.lines:
                told = seen.optimizer.passed_on if line.symbol == "d" else seen.optimizer.memory[line.symbol]
                # A formula rounds in another order than the loop: a few units in the last place. The corrections
                # 1 - beta^t lose up to three digits to cancellation, beta = 0.999 being that near to 1.
                assert worked_out(line, numbers) == pytest.approx(told[step, ..., row], rel=1e-11, abs=1e-300)
                numbers[line.symbol] = remembered[line.symbol] = told[step, ..., row]


@DECAYS
def test_the_line_of_a_weight_decay_works_out_to_what_it_passes_on(decay: str) -> None:
    entry = WEIGHT_DECAYS[decay]
    experiment = made("momentum", weight_decay={"kind": decay, "params": {"weight_decay": 0.3} if entry.lines else {}})
    _plan, _plain, run, seen = watched_run(experiment)
    assert bool(entry.lines) == (entry.traits["position"] is not None)
    where = {
        "before_clip": (run.grad[:, 0], run.clip_input[:, 0]),
        "after_clip": (run.clipped[:, 0], seen.optimizer.received[:, :, 0]),
        "decoupled": (seen.optimizer.passed_on[:, :, 0], seen.decay.passed_on[:, :, 0]),
    }
    for line in entry.lines:
        received, passed_on = where[entry.traits["position"]]
        numbers = {**experiment.weight_decay.params, "g": received, "w": run.params[:-1, 0]}
        assert np.array_equal(worked_out(line, numbers), passed_on)


def test_formulas_use_parameters_that_have_a_symbol() -> None:
    for entry in (*OPTIMIZERS.values(), *WEIGHT_DECAYS.values()):
        used = " ".join(line.formula for line in entry.lines)
        for parameter in entry.parameters:
            assert parameter.symbol or parameter.name not in used, f"{entry.kind}: {parameter.name}"


def test_variants_with_optimizers_of_their_own_remember_their_own() -> None:
    body = made("sgd").as_data()
    for variant, kind in zip(body["variants"], ("momentum", "adam", "rmsprop"), strict=True):
        variant["optimizer"] = {"kind": kind}
    told = answered({"experiment": body, "arithmetic": True})
    assert [list(variant["arithmetic"]["memory"]) for variant in told] == [["m"], ["m", "v", "c1", "c2"], ["v"]]
    assert None not in told[0]["arithmetic"]["memory"]["m"][0]


def answered(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The variants of the answer to a request."""
    pieces = [piece for piece in simulate_job(read_run_ask(body, "list").as_data()) if piece is not None]
    variants: list[dict[str, Any]] = json.loads(pieces[0])["variants"]
    return variants


def test_arithmetic_ends_where_the_run_ends_and_is_told_only_when_asked_for() -> None:
    body = {"experiment": made("momentum", problem={"kind": "rosenbrock"}).as_data()}
    assert "arithmetic" not in answered(body)[0]
    told = answered({**body, "arithmetic": True, "fields": ["update"]})
    assert min(variant["summary"]["n_steps"] for variant in told) < N_STEPS, "thrown out"
    for variant in told:
        arithmetic, steps = variant["arithmetic"], variant["summary"]["n_steps"]
        flat = {**arithmetic.pop("memory"), **arithmetic}
        assert {len(values) for values in flat.values()} == {steps}
        step = -np.array(arithmetic["learning_rate"])[:, None] * np.array(arithmetic["descent"])
        # The update is the difference of two recorded points, which rounds once more: relative to the points.
        assert np.array(variant["series"]["update"]) == pytest.approx(step, rel=1e-9, abs=1e-12)


def test_arithmetic_is_told_of_single_runs_only() -> None:
    axes = {"path": "optimizer.params.learning_rate", "values": [0.1, 0.2]}
    with pytest.raises(ScenarioError) as caught:
        read_run_ask({"experiment": made("sgd").as_data(), "axes": axes, "arithmetic": True}, "list")
    assert caught.value.complaints[0].where == "arithmetic"


def test_arithmetic_has_its_price() -> None:
    plain, told = ({"experiment": made("adam").as_data(), "arithmetic": wanted} for wanted in (False, True))
    cheap, dear = (read_run_ask(body, "list").estimate() for body in (plain, told))
    assert dear.seconds > cheap.seconds
    assert dear.answer_bytes > cheap.answer_bytes
