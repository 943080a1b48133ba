"""Maps: every cell is the run that it stands for, is told exactly once, and does not depend on how the map is cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sweeping
from clipscape.axes import Axis
from clipscape.explain import explain, setting_of
from clipscape.metrics import window_diagonal
from clipscape.outcomes import STATUSES, Closing
from clipscape.plan import make_plan
from clipscape.simulation import simulate, simulate_chunks
from clipscape.sweeps import SweepAsk, compute_tile, read_sweep_ask, tiles
from clipscape.sweeps.axis import spread
from clipscape.sweeps.choices import axis_choices
from clipscape.sweeps.cutting import ordered_cells
from clipscape.understanding import read_scenario
from conftest import experiment
from scenarios import documents
from sweeping import ask_for, whole_map

VARIANTS = [{"name": kind, "clip": {"kind": kind}} for kind in ("none", "norm", "value", "autoclip")]
MAPS: dict[str, dict[str, Any]] = {
    "cliff": {"experiment": experiment(n_steps=150)},
    "few steps": {"experiment": experiment(n_steps=3)},
    "momentum": {"experiment": experiment(n_steps=120, optimizer={"kind": "momentum"})},
    "noise": {"experiment": experiment(n_steps=120, noise={"kind": "gaussian"}, problem={"kind": "quadratic"})},
    "sampled": {"experiment": experiment(n_steps=90, problem={"kind": "finite_sum"})},
    "no isolated minimum": {"experiment": experiment(n_steps=60, problem={"kind": "deep_chain"})},
    "schedule": {
        "experiment": experiment(n_steps=80, schedule={"kind": "cosine"}, problem={"kind": "rosenbrock"}),
        "x": {"path": "variants.1.threshold"},
        "y": {"path": "start.0"},
    },
    "other rules": {"experiment": experiment(n_steps=90, problem={"kind": "himmelblau"}, variants=VARIANTS)},
    "privacy": {
        "experiment": experiment(
            n_steps=60, problem={"kind": "finite_sum"}, variants=[{"name": "a", "clip": {"kind": "per_example"}}]
        ),
        "x": {"path": "variants.0.clip.params.noise_multiplier", "low": 0.0, "high": 1.0, "scale": "linear"},
    },
}  # fmt: skip


def asked(name: str, resolution: Any = 9) -> SweepAsk:
    body = MAPS[name]
    return ask_for(**body, resolution=resolution)


@pytest.mark.parametrize("name", MAPS)
def test_every_cell_is_judged_as_a_run_of_its_own(name: str) -> None:
    """All cells once more as rows of one plan, judged one by one as the answer to a single run is."""
    ask = asked(name)
    y, x = np.divmod(np.arange(ask.cells), len(ask.x))
    plan = make_plan(ask.experiment, [ask.x.at(x), ask.y.at(y)])
    run = simulate(plan.problem, plan.chain, plan.start, plan.experiment.n_steps, seeds=plan.seeds)
    verdicts = explain(plan, run)
    seen = set()
    for variant, numbers in enumerate(whole_map(ask)):
        for cell in range(ask.cells):
            outcome = verdicts[variant * ask.cells + cell].outcome
            summary = verdicts[variant * ask.cells + cell].summary
            told = {key: values.reshape(-1)[cell] for key, values in numbers.items()}
            assert STATUSES[told["status"]] == outcome.status
            assert told["thrown"] == (outcome.thrown is not None)
            assert told["steps"] == (outcome.step if outcome.status == "converged" else -1)
            assert told["final_loss"] == pytest.approx(summary.final_loss, rel=1e-6, nan_ok=True)
            assert told["max_grad_norm"] == pytest.approx(summary.max_grad_norm, rel=1e-6, nan_ok=True)
            assert told["clip_fraction"] == pytest.approx(summary.clip_fraction, rel=1e-6)
            seen.add(outcome.status)
    assert len(seen) > 1


def test_a_cell_is_the_document_with_its_numbers() -> None:
    ask = asked("cliff", 5)
    maps = whole_map(ask)
    for y, rate in enumerate(ask.y.values):
        for x, threshold in enumerate(ask.x.values):
            clips = [{"kind": "none"}, {"kind": "norm"}, {"kind": "value"}]
            clips[1]["params"], clips[2]["params"] = {"max_norm": threshold}, {"clip_value": threshold}  # type: ignore[assignment]
            variants = [{"name": str(index), "clip": clip} for index, clip in enumerate(clips)]
            optimizer = {"kind": "sgd", "params": {"learning_rate": rate}}
            document = read_scenario({"experiment": experiment(n_steps=150, variants=variants, optimizer=optimizer)})
            plan = make_plan(document.experiment)
            run = simulate(plan.problem, plan.chain, plan.start, 150, seeds=plan.seeds)
            told = [STATUSES[numbers["status"][y, x]] for numbers in maps]
            assert told == [verdict.outcome.status for verdict in explain(plan, run)]


def test_a_parameter_of_the_landscape_can_be_an_axis() -> None:
    heights = {"path": "problem.params.height", "low": 0.0, "high": 80.0}
    ask = ask_for(experiment(n_steps=60), x=heights, y={"path": "variants.*.threshold"}, resolution=[3, 4])
    maps = whole_map(ask)
    for x, height in enumerate(ask.x.values):
        body = experiment(n_steps=60, problem={"kind": "cliff", "params": {"height": height}})
        whole = read_scenario({"experiment": {**body, "start": ask.experiment.start}}).experiment
        plan = make_plan(whole, Axis("", ask.y.values, ask.y.targets))
        run = simulate(plan.problem, plan.chain, plan.start, 60, seeds=plan.seeds)
        expected = run.final_loss.reshape(3, 4)
        for variant, numbers in enumerate(maps):
            assert numbers["final_loss"][:, x] == pytest.approx(expected[variant], rel=1e-6)
    assert len({*maps[0]["final_loss"][0].tolist()}) == 3


def test_two_parameters_of_the_landscape_can_be_the_axes() -> None:
    sides = {"x": {"path": "problem.params.height"}, "y": {"path": "problem.params.depth"}}
    numbers = whole_map(ask_for(experiment(n_steps=20), **sides, resolution=3))[1]
    assert len({*numbers["final_loss"].ravel().tolist()}) == 9


def test_what_an_axis_does_not_touch_is_the_same_along_it() -> None:
    none, norm, _value = whole_map(asked("cliff", 12))
    for values in none.values():
        assert np.array_equal(values, np.repeat(values[:, :1], 12, axis=1), equal_nan=True)
    assert (norm["final_loss"] != norm["final_loss"][:, :1]).any()


@pytest.mark.parametrize("name", ["cliff", "noise"])
def test_the_same_tile_has_the_same_bytes_and_other_tiles_the_same_cells(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = asked(name, 16)
    first = tiles(ask)
    assert [compute_tile(request) for request in first] == [compute_tile(request) for request in first]
    whole = whole_map(ask)
    monkeypatch.setattr("clipscape.sweeps.cutting._ROWS", 100)
    assert len(tiles(ask)) > len(first)
    for left, right in zip(whole, whole_map(ask), strict=True):
        assert all(np.array_equal(left[key], right[key], equal_nan=True) for key in left)


def test_lists_and_blocks_hold_the_same() -> None:
    blocks, lists = (whole_map(ask_for(experiment(), form, resolution=4)) for form in ("base64", "list"))  # type: ignore[arg-type]
    for left, right in zip(blocks, lists, strict=True):
        for key in sweeping.FIELDS:
            assert left[key].astype(float) == pytest.approx(right[key].astype(float), rel=1e-6, nan_ok=True)


@pytest.mark.parametrize("resolution", [2, 5, [2, 256], [64, 64], [12, 12], [37, 11]])
def test_levels_go_from_coarse_to_fine_and_hold_every_cell_once(resolution: Any) -> None:
    ask = ask_for(experiment(), resolution=resolution)
    requests = tiles(ask)
    levels = [request["level"] for request in requests]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == 1
    cells = np.concatenate([ordered_cells(ask, r["level"])[r["first"] : r["last"]] for r in requests])
    assert sorted(cells.tolist()) == list(range(ask.cells))
    nx = len(ask.x)
    known: set[int] = set()
    for level in dict.fromkeys(levels):
        known |= set(ordered_cells(ask, level).tolist())
        assert known == {y * nx + x for y in range(0, len(ask.y), level) for x in range(0, nx, level)}


def test_the_usual_map_is_cut_into_tiles_worth_their_while() -> None:
    requests = tiles(ask_for(experiment(n_steps=300)))
    assert [request["level"] for request in requests] == [4, 2, 1, 1]


def test_every_choice_can_be_drawn_and_holds_the_present_value() -> None:
    body = experiment(n_steps=5, noise={"kind": "gaussian"}, schedule={"kind": "step"}, variants=VARIANTS)
    choices = axis_choices(read_scenario({"experiment": body}).experiment)
    assert {"variants.*.threshold", "problem.params.height", "noise.params.std", "schedule.params.every", "start.1"} < {
        choice.path for choice in choices
    }
    assert len({choice.path for choice in choices}) == len(choices)
    for choice in choices:
        assert choice.min <= choice.low < choice.high <= choice.max, choice
        assert choice.current is None or choice.low <= choice.current <= choice.high, choice
        other = "start.0" if choice.path != "start.0" else "start.1"
        ask = ask_for(body, x={"path": choice.path}, y={"path": other}, resolution=3)
        assert (ask.x.low, ask.x.high, ask.x.scale) == (choice.low, choice.high, choice.scale)
        assert len(whole_map(ask)) == 4


def test_an_axis_has_the_name_that_it_is_offered_under() -> None:
    offered = {
        choice.path: choice.label for choice in axis_choices(read_scenario({"experiment": experiment()}).experiment)
    }
    for path in ("start.1", "variants.*.threshold", "problem.params.height"):
        low, high = (0.5, 2.0) if path != "start.1" else (-1.0, 1.0)
        ask = ask_for(experiment(), x={"path": path, "low": low, "high": high, "scale": "linear"}, resolution=2)
        assert ask.x.label == offered[path]


def test_without_thresholds_another_number_is_the_default() -> None:
    ask = ask_for(experiment(variants=VARIANTS[:1]))
    assert ask.x.path not in ("variants.*.threshold", ask.y.path)
    assert ask.y.path == "variants.*.learning_rate"


@pytest.mark.parametrize(
    ("low", "high", "scale", "count"),
    [
        (0.01, 100.0, "log", 64),
        (1e-6, 1e12, "log", 256),
        (1.0, 1.0001, "log", 64),
        (-3.0, 5.0, "linear", 7),
        (0.1, 0.1001, "linear", 256),
    ],
)
def test_the_values_of_an_axis_are_evenly_spaced_but_for_rounding(
    low: float, high: float, scale: Any, count: int
) -> None:
    values = spread(low, high, scale, count, integer=False)
    assert (len(values), values[0], values[-1]) == (count, low, high)
    even = np.log(values) if scale == "log" else np.array(values)
    gaps = np.diff(even)
    assert gaps == pytest.approx(np.full(count - 1, gaps.mean()), rel=0.11)


def test_whole_numbers_stay_whole() -> None:
    assert spread(1, 5, "linear", 64, integer=True) == (1, 2, 3, 4, 5)
    assert all(value == round(value) for value in spread(1, 1000, "log", 12, integer=True))


def test_near_is_what_converged_asks_for_but_the_rest() -> None:
    """Noise of constant size never lets a run rest: at the bottom of a bowl it is near, and not converged."""
    noise = {"kind": "gaussian", "params": {"std": 0.01}}
    body = experiment(n_steps=200, problem={"kind": "quadratic"}, noise=noise)
    ask = ask_for(body, y={"path": "variants.*.learning_rate", "low": 0.01, "high": 0.1}, resolution=3)
    y, x = np.divmod(np.arange(ask.cells), len(ask.x))
    plan = make_plan(ask.experiment, [ask.x.at(x), ask.y.at(y)])
    closing = Closing(plan.problem, 200, setting_of(plan))
    chunks = list(simulate_chunks(plan.problem, plan.chain, plan.start, 200, seeds=plan.seeds, chunk_steps=200))
    closing.absorb(chunks[-1])
    told, run = closing.statuses(chunks[-1].run), chunks[-1].run
    tolerance = 1e-3 * window_diagonal(plan.problem)
    distance = np.sqrt(np.square(run.params[-11:] - np.array(plan.problem.minimizers[0])).sum(axis=-1)).max(axis=0)
    assert told.near.tolist() == (distance <= tolerance).tolist()
    assert told.near.any()
    assert not told.near.all()
    assert not (told.status == STATUSES.index("converged")).any()


@st.composite
def random_maps(draw: st.DrawFn) -> SweepAsk:
    """Small maps of random scenarios over two numbers that the scenario has."""
    document = draw(documents(max_steps=70))
    choices = axis_choices(read_scenario(document).experiment)
    x, y = draw(st.permutations(choices))[:2]
    body = {**document, "x": {"path": x.path}, "y": {"path": y.path}, "resolution": [3, 2]}
    return read_sweep_ask(body, "base64")


@given(random_maps())
@settings(max_examples=25, derandomize=True, deadline=None)
def test_any_two_numbers_of_any_scenario_make_a_map_judged_like_its_runs(ask: SweepAsk) -> None:
    maps = whole_map(ask)
    for y in range(len(ask.y)):
        for x in range(len(ask.x)):
            changed = ask.y.rebuilt(ask.x.rebuilt(ask.experiment, x), y)
            plan = make_plan(changed, [axis.at([k]) for axis, k in ((ask.x, x), (ask.y, y)) if not axis.rebuilds])
            run = simulate(plan.problem, plan.chain, plan.start, plan.experiment.n_steps, seeds=plan.seeds)
            outcomes = [verdict.outcome for verdict in explain(plan, run)]
            assert [STATUSES[numbers["status"][y, x]] for numbers in maps] == [outcome.status for outcome in outcomes]
            assert [bool(numbers["thrown"][y, x]) for numbers in maps] == [bool(outcome.thrown) for outcome in outcomes]


def test_the_maps_that_are_tried_end_in_every_way() -> None:
    codes = {int(code) for name in MAPS for numbers in whole_map(asked(name)) for code in np.unique(numbers["status"])}
    assert codes == set(range(len(STATUSES)))
