"""The lines on a map are true: near them runs do what they say, and elsewhere they are not drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clipscape.axes import effective
from clipscape.chain import Chain
from clipscape.clipping import CLIPPERS
from clipscape.explain import explain
from clipscape.optimizers import OPTIMIZERS
from clipscape.outcomes.ending import NEAR
from clipscape.plan import make_plan
from clipscape.problems import PROBLEMS
from clipscape.simulation import simulate
from clipscape.sweeps import SweepAsk
from clipscape.sweeps.overlays import (
    ENTRY_AT_MOST,
    FULL_STEP,
    PASSES_SMALL,
    WHOLE_AT_MOST,
    Overlay,
    largest_curvature,
    overlays,
)
from clipscape.transforms import RowContext
from conftest import experiment
from sweeping import ask_for


def lines(ask: SweepAsk, name: str) -> list[Overlay]:
    return [line for line in overlays(ask) if line.id == name]


def variants(*kinds: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": kind, "clip": {"kind": kind, **more}} for kind in kinds]


def test_the_curvature_of_a_bowl_is_its_larger_one() -> None:
    bowl = PROBLEMS["quadratic"].make(curvature_x=3.0, curvature_y=7.0)
    assert largest_curvature(bowl, (0.0, 0.0)) == pytest.approx(7.0, rel=1e-6)


def test_the_line_of_rosenbrock_is_where_the_textbook_says() -> None:
    """The Hessian at (1, 1) is (802, -400; -400, 200): its larger eigenvalue is 501 + sqrt(250601)."""
    ask = ask_for(experiment(problem={"kind": "rosenbrock"}), resolution=4)
    (line,) = lines(ask, "stability")
    assert line.y == pytest.approx([2.0 / (501.0 + np.sqrt(250601.0))] * 4, rel=1e-5)
    assert line.x == ask.x.values
    assert line.variants == (0, 1, 2)


OPTIMIZER_CASES = [("sgd", None), *((kind, m) for kind in ("momentum", "nesterov") for m in (0.0, 0.5, 0.9))]


@pytest.mark.parametrize(("kind", "momentum"), OPTIMIZER_CASES)
@pytest.mark.parametrize("problem", ["cliff", "quadratic", "quartic", "beale", "himmelblau", "exponential_cliff"])
def test_the_minimum_attracts_below_the_stability_line_and_repels_above(
    problem: str, kind: str, momentum: float | None
) -> None:
    optimizer = {"kind": kind, "params": {} if momentum is None else {"momentum": momentum}}
    body = experiment(problem={"kind": problem}, optimizer=optimizer)
    rates = {"path": "variants.*.learning_rate", "low": 1e-5, "high": 10.0}
    (line,) = lines(ask_for(body, y=rates, resolution=2), "stability")
    landscape = PROBLEMS[problem].make(**PROBLEMS[problem].defaults())
    flattest = min(landscape.minimizers, key=lambda minimizer: largest_curvature(landscape, minimizer))
    start = np.array(flattest) + 1e-6 * np.array([[0.6, 0.8], [0.6, 0.8]])
    given = {} if momentum is None else {"momentum": np.full(2, momentum)}
    given["learning_rate"] = np.ones(2)
    direction = OPTIMIZERS[kind].make(**given)
    chain = Chain(learning_rate=line.y[0] * np.array([0.97, 1.03]), optimizer=direction)
    run = simulate(landscape, chain, start, 3000)
    distance = np.sqrt(np.square(run.params - np.array(flattest)).sum(axis=-1))
    assert np.fmax.reduce(distance[2000:, 0]) < 1e-6
    assert np.fmax.reduce(distance[:, 1]) > 1e-3


FAST = {"kind": "sgd", "params": {"learning_rate": 0.5}}
FLOORS: list[dict[str, Any]] = [
    {"experiment": experiment(n_steps=200, variants=variants(*FULL_STEP))},
    {"experiment": experiment(n_steps=200, variants=variants(*FULL_STEP), problem={"kind": "himmelblau"})},
    {"experiment": experiment(n_steps=200, variants=variants(*FULL_STEP), noise={"kind": "student_t"})},
    {
        "experiment": experiment(
            n_steps=200, variants=variants("norm", "value", position="after"), optimizer={"kind": "momentum"}
        )
    },
    {
        "experiment": experiment(n_steps=200, variants=variants("norm", "value"), problem={"kind": "quadratic"}),
        "x": {"path": "start.0"},
    },
    {
        "experiment": experiment(
            n_steps=200, variants=variants("norm", "value"), problem={"kind": "quadratic"}, optimizer=FAST
        ),
        "x": {"path": "variants.*.threshold", "low": 0.01, "high": 100.0},
        "y": {"path": "start.1"},
    },
]
SOFT = [{"experiment": experiment(n_steps=200, variants=variants("soft"))}]


def judged(ask: SweepAsk) -> tuple[Any, list[Any]]:
    """Run every cell of a map; return the run and the verdicts, variant-major."""
    y, x = np.divmod(np.arange(ask.cells), len(ask.x))
    plan = make_plan(ask.experiment, [ask.x.at(x), ask.y.at(y)])
    run = simulate(plan.problem, plan.chain, plan.start, plan.experiment.n_steps, seeds=plan.seeds)
    return run, explain(plan, run)


def sides(ask: SweepAsk, line: Overlay) -> np.ndarray[Any, Any]:
    """Say of every cell whether it lies above the line, `(cells,)`: its value on the solved axis over the line's."""
    y, x = np.divmod(np.arange(ask.cells), len(ask.x))
    columns, rows = np.array(ask.x.values)[x], np.array(ask.y.values)[y]
    if len(set(line.x)) == len(ask.x) and line.x == ask.x.values:
        return np.asarray(rows / np.array(line.y)[x])
    assert line.y == ask.y.values
    return np.asarray(columns / np.array(line.x)[y])


@pytest.mark.parametrize("body", FLOORS)
def test_above_the_floor_line_a_run_whose_clip_fires_at_the_end_has_not_converged(body: dict[str, Any]) -> None:
    ask = ask_for(**body, resolution=16)
    run, verdicts = judged(ask)
    last = max(3, 200 // 20)
    seen = set()
    for line in lines(ask, "floor"):
        above = sides(ask, line) > 1
        for variant in line.variants:
            cells = slice(variant * ask.cells, (variant + 1) * ask.cells)
            fired = run.fired[-last:, cells].any(axis=0) & above
            ends = {verdicts[variant * ask.cells + cell].outcome.status for cell in np.flatnonzero(fired)}
            assert "converged" not in ends
            seen |= ends
    assert seen, "the line has cells above it whose clip fires at the end"


@pytest.mark.parametrize("body", FLOORS[:1] + FLOORS[3:] + SOFT)
def test_below_the_line_of_the_way_no_run_arrives(body: dict[str, Any]) -> None:
    ask = ask_for(**body, resolution=16)
    run, _verdicts = judged(ask)
    target = np.array(ask.problem.minimizers)
    below_any, arrived_above = 0, 0
    for line in lines(ask, "reach"):
        side = sides(ask, line)
        for variant in line.variants:
            cells = slice(variant * ask.cells, (variant + 1) * ask.cells)
            paths = run.params[:, cells, np.newaxis] - target
            nearest = np.fmin.reduce(np.sqrt(np.square(paths).sum(axis=-1)), axis=(0, 2))
            near = nearest <= NEAR * np.hypot(*(high - low for low, high in ask.problem.window))
            assert not near[side < 1].any()
            below_any += int((side < 1).sum())
            arrived_above += int(near[side > 1].sum())
    assert below_any > 0
    assert arrived_above > 0


def test_a_straight_descent_arrives_just_above_the_line_of_the_way() -> None:
    """On a round bowl clipped steps go straight to the minimum, so the line is sharp."""
    problem = {"kind": "quadratic", "params": {"curvature_x": 1.0, "curvature_y": 1.0}}
    body = experiment(n_steps=100, problem=problem, variants=variants("norm"), start=[5.0, 0.0])
    rates = {"path": "variants.*.learning_rate", "low": 0.01, "high": 1.0}
    ask = ask_for(body, x={"path": "variants.*.threshold", "low": 0.05, "high": 0.5}, y=rates, resolution=32)
    (line,) = lines(ask, "reach")
    run, _verdicts = judged(ask)
    distance = np.abs(run.params[:, :, 0]).min(axis=0)
    tolerance = NEAR * float(np.hypot(*(high - low for low, high in ask.problem.window)))
    side = sides(ask, line)
    assert (distance[side < 1] > tolerance).all()
    assert (distance[side > 1.2] < 0.5).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"problem": {"kind": "deep_chain"}},
        {"weight_decay": {"kind": "decoupled"}},
        {"schedule": {"kind": "cosine"}},
        {"schedule": {"kind": "constant", "params": {"warmup_steps": 5}}},
        {"optimizer": {"kind": "adam"}},
        {"variants": variants("autoclip", "normalized", "zclip")},
    ],
)
def test_where_theory_says_nothing_nothing_is_drawn(changes: dict[str, Any]) -> None:
    assert overlays(ask_for(experiment(**changes), resolution=4)) == []


def test_noise_leaves_only_what_is_true_with_it() -> None:
    names = {line.id for line in overlays(ask_for(experiment(noise={"kind": "gaussian"}), resolution=4))}
    assert names == {"floor", "reach"}


def test_an_axis_that_changes_what_the_lines_take_for_granted_has_none() -> None:
    ask = ask_for(experiment(), x={"path": "schedule.params.warmup_steps"}, resolution=4)
    assert overlays(ask) == []


def test_lines_outside_the_map_are_left_out() -> None:
    rates = {"path": "variants.*.learning_rate", "low": 1.0, "high": 3.0}
    assert lines(ask_for(experiment(), y=rates, resolution=4), "stability") == []


def test_a_parameter_of_the_problem_bends_the_line() -> None:
    """Curvature of the cliff at its minimum: 4 D."""
    ask = ask_for(experiment(), x={"path": "problem.params.depth"}, resolution=40)
    (line,) = lines(ask, "stability")
    assert len(line.x) == 17
    assert line.y == pytest.approx(2.0 / (4.0 * np.array(line.x)), rel=1e-4)


def test_momentum_as_an_axis_bends_the_line() -> None:
    body = experiment(optimizer={"kind": "momentum"}, problem={"kind": "quadratic"})
    ask = ask_for(body, x={"path": "optimizer.params.momentum", "low": 0.0, "high": 0.9}, resolution=5)
    (line,) = lines(ask, "stability")
    curvature = largest_curvature(ask.problem, (0.0, 0.0))
    assert line.y == pytest.approx(2.0 * (1.0 + np.array(ask.x.values)) / curvature, rel=1e-5)


def test_the_axes_may_be_swapped() -> None:
    usual = overlays(ask_for(experiment(), resolution=8))
    rates, thresholds = {"path": "variants.*.learning_rate"}, {"path": "variants.*.threshold"}
    swapped = overlays(ask_for(experiment(), x=rates, y=thresholds, resolution=8))
    assert [(line.id, line.x, line.y) for line in usual] == [(line.id, line.y, line.x) for line in swapped]


def clipped(kind: str, grads: Any, threshold: float) -> Any:
    entry = CLIPPERS[kind]
    rows = grads.shape[1]
    named = entry.with_role("threshold")
    params = {**entry.defaults(), **({} if named is None else {named.name: threshold})}
    rule = entry.make(**{name: np.full(rows, float(value)) for name, value in params.items()})
    out = np.empty_like(grads)
    state = rule.init(RowContext(2, rows, 10, np.zeros(rows, dtype=np.int64)))
    rule.update(grads, state, np.ones_like(grads), out)
    return out


GRADS = np.random.default_rng(1).normal(size=(2, 400)) * 10.0 ** np.random.default_rng(2).uniform(-3, 3, 400)


@pytest.mark.parametrize("kind", PASSES_SMALL)
def test_rules_that_pass_small_gradients_do(kind: str) -> None:
    small = 1e-9 * GRADS
    assert clipped(kind, small, 1.0) == pytest.approx(small, rel=1e-5)


@pytest.mark.parametrize("kind", ["normalized", "autoclip", "random_step"])
def test_rules_that_are_not_listed_do_not_pass_all_small_gradients_or_are_random(kind: str) -> None:
    assert kind not in PASSES_SMALL
    changed = clipped(kind, 1e-9 * GRADS, 1.0) != 1e-9 * GRADS
    assert changed.any() or kind in ("autoclip", "random_step")


@pytest.mark.parametrize("kind", FULL_STEP)
def test_a_full_step_has_the_size_of_the_threshold(kind: str) -> None:
    out = clipped(kind, GRADS, 0.7)
    fired = (out != GRADS).any(axis=0)
    size = np.abs(out).max(axis=0) if kind in ENTRY_AT_MOST else np.sqrt(np.square(out).sum(axis=0))
    assert fired.any()
    assert size[fired] == pytest.approx(0.7)


@pytest.mark.parametrize("kind", WHOLE_AT_MOST + ENTRY_AT_MOST)
def test_no_step_is_larger_than_the_threshold(kind: str) -> None:
    out = clipped(kind, GRADS, 0.7)
    size = np.abs(out).max(axis=0) if kind in ENTRY_AT_MOST else np.sqrt(np.square(out).sum(axis=0))
    assert size.max() <= 0.7 * (1 + 1e-12)


def test_every_variant_of_a_line_has_what_it_speaks_of() -> None:
    ask = ask_for(experiment(n_steps=300), resolution=8)
    for line in overlays(ask):
        for variant in line.variants:
            if line.id != "stability":
                assert effective(ask.experiment, variant, "clip").kind in FULL_STEP
    assert {line.id: line.variants for line in overlays(ask)} == {
        "stability": (0, 1, 2),
        "floor": (1, 2),
        "reach": (2,),
    }
