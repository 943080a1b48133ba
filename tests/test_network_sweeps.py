"""Maps of networks: every cell is the training that it stands for, and what it will cost is known beforehand."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from typing import Any

import numpy as np
import pytest

from clipscape.axes import Axis, Target
from clipscape.explain_training import explain_training
from clipscape.outcomes import STATUSES
from clipscape.plan import make_plan
from clipscape.sweeps import SweepAsk, compute_tile, tiles
from clipscape.training import train, train_chunks
from clipscape.understanding import read_scenario
from sweeping import FIELDS, Maps, ask_for, whole_map
from training_cases import network_document, plan_of, same, train_plan

RATES = {"path": "variants.*.learning_rate", "low": 0.03, "high": 100.0}
CLIPS = ({"kind": "none"}, {"kind": "norm"}, {"kind": "value"})


def body(kind: str = "tanh_rnn", **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = network_document(*CLIPS, kind=kind, **changes)["experiment"]
    return found


MAPS: dict[str, dict[str, Any]] = {
    "tanh": body(init={"kind": "gaussian", "params": {"std": 1.5}}),
    "relu": body("relu_rnn", n_steps=25),
    "lstm": body("lstm"),
    "gru, early stopping": body("gru", n_steps=40, params={"early_stopping": 3}),
    "classes": body(task={"kind": "copying", "params": {"batch_size": 2, "sequence_length": 22}}, n_steps=10),
    "noise and decay": body(noise={"kind": "gaussian"}, weight_decay={"kind": "decoupled"}, n_steps=20),
}


def verdicts_of(ask: SweepAsk) -> list[Any]:
    """All cells as rows of one plan, trained and judged as a single run is."""
    y, x = np.divmod(np.arange(ask.cells), len(ask.x))
    plan = make_plan(ask.experiment, [ask.x.at(x), ask.y.at(y)])
    return list(explain_training(plan, train_plan(plan)))


def check(ask: SweepAsk, maps: Maps, verdicts: list[Any]) -> set[str]:
    """Every number of every cell is that of its verdict; return the statuses that occur."""
    seen = set()
    for variant, numbers in enumerate(maps):
        for cell in range(ask.cells):
            verdict = verdicts[variant * ask.cells + cell]
            status = verdict.outcome.status
            told = {key: values.reshape(-1)[cell] for key, values in numbers.items()}
            assert STATUSES[told["status"]] == status
            assert told["steps"] == (verdict.outcome.step if status == "converged" else -1)
            loss = float("nan") if status == "diverged" else verdict.summary.held_out_loss
            assert told["final_loss"] == pytest.approx(loss, rel=1e-6, nan_ok=True)
            assert told["max_grad_norm"] == pytest.approx(verdict.summary.max_grad_norm, rel=1e-6)
            assert told["clip_fraction"] == pytest.approx(verdict.summary.clip_fraction, rel=1e-6)
            assert not told["thrown"]
            seen.add(status)
    return seen


@pytest.mark.parametrize("name", MAPS)
def test_every_cell_is_judged_as_a_training_of_its_own(name: str) -> None:
    ask = ask_for(MAPS[name], y=RATES, resolution=4)
    assert len(check(ask, whole_map(ask), verdicts_of(ask))) > 1


def test_a_solved_task_says_after_how_many_updates() -> None:
    document = body(task={"kind": "sine", "params": {"sequence_length": 8, "batch_size": 8}}, n_steps=700)
    ask = ask_for(document, y={**RATES, "low": 0.5, "high": 2.0}, resolution=2)
    maps = whole_map(ask)
    assert "converged" in check(ask, maps, verdicts_of(ask))
    assert max(numbers["steps"].max() for numbers in maps) > 0


def test_a_cell_does_not_depend_on_tiles_and_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """In single precision, to the bit: a tile travels in double precision where one of its numbers needs that."""
    ask = ask_for(MAPS["lstm"], y={**RATES, "high": 1.0}, resolution=4, seeds=2)
    whole, first = whole_map(ask), tiles(ask)
    assert [compute_tile(request) for request in first] == [compute_tile(request) for request in first]
    monkeypatch.setattr("clipscape.sweeps.network_price._TILE_SECONDS", 0.005)
    monkeypatch.setattr("clipscape.sweeps.training.MOST_ROWS", 7)
    assert len(tiles(ask)) > len(first)
    for left, right in zip(whole, whole_map(ask), strict=True):
        assert all(same(left[key].astype("f4"), right[key].astype("f4")) for key in left)


def test_size_and_task_can_be_the_axes() -> None:
    sizes = {"path": "problem.params.hidden_size", "low": 2, "high": 5}
    lengths = {"path": "task.params.sequence_length", "low": 3, "high": 6}
    ask = ask_for(body(n_steps=12), x=sizes, y=lengths, resolution=2)
    maps = whole_map(ask)
    for x, size in enumerate(ask.x.values):
        for y, length in enumerate(ask.y.values):
            task = {"kind": "adding", "params": {"sequence_length": int(length), "batch_size": 3}}
            plan = plan_of({"experiment": body(n_steps=12, task=task, params={"hidden_size": int(size)})})
            verdicts = explain_training(plan, train_plan(plan))
            for numbers, verdict in zip(maps, verdicts, strict=True):
                assert STATUSES[numbers["status"][y, x]] == verdict.outcome.status
                assert numbers["final_loss"][y, x] == pytest.approx(verdict.summary.held_out_loss, rel=1e-6)


def test_seeds_of_networks_draw_other_data_and_weights() -> None:
    document = {**MAPS["tanh"], "seed": 3}
    ask = ask_for(document, y=RATES, resolution=3, seeds=3)
    assert ask.seeds_note is None
    single = [whole_map(ask_for({**document, "seed": 3 + seed}, y=RATES, resolution=3)) for seed in range(3)]
    for variant, numbers in enumerate(whole_map(ask)):
        status = np.stack([maps[variant]["status"] for maps in single])
        assert numbers["shares.diverged"] == pytest.approx((status == STATUSES.index("diverged")).mean(axis=0))
        loss = np.stack([maps[variant]["final_loss"] for maps in single])
        middle = np.sort(np.where(np.isnan(loss), np.inf, loss), axis=0)[1]
        finite = np.isfinite(middle)
        assert numbers["final_loss"][finite] == pytest.approx(middle[finite], rel=1e-6)
        assert np.isnan(numbers["final_loss"][~finite]).all()


@pytest.mark.parametrize("kind", ["tanh_rnn", "lstm"])
def test_a_training_for_its_verdict_alone_has_the_verdict_of_the_whole(kind: str) -> None:
    plan = plan_of(network_document(*CLIPS, kind=kind, noise={"kind": "gaussian"}))
    whole = train(plan.problem, plan.chain, plan.start, 30, seeds=plan.seeds)
    *_, last = train_chunks(plan.problem, plan.chain, plan.start, 30, seeds=plan.seeds, verdict_only=True)
    lean = last.run
    for name in ("status", "stop_reason", "n_steps", "clip_fraction", "max_grad_norm", "final_params"):
        assert same(getattr(lean, name), getattr(whole, name)), name
    assert same(lean.probes.held_out_loss, whole.probes.held_out_loss)
    assert same(lean.probes.held_out_accuracy, whole.probes.held_out_accuracy)
    assert lean.probes.params.size == lean.probes.outputs.size == lean.heat.hidden.size == 0


def test_the_usual_map_of_networks_is_small() -> None:
    ask = ask_for(body())
    assert (len(ask.x), len(ask.y)) == (12, 12)
    assert (ask.x.path, ask.y.path) == ("variants.*.threshold", "variants.*.learning_rate")


def test_more_of_anything_costs_more_and_larger_cells_are_priced_as_such() -> None:
    base = ask_for(body()).estimate().seconds
    dearer = [
        ask_for(body(), seeds=2),
        ask_for(body(), resolution=14),
        ask_for(body(n_steps=40)),
        ask_for(body("lstm")),
        ask_for(body(params={"hidden_size": 12})),
        ask_for(body(), x={"path": "problem.params.hidden_size", "low": 4, "high": 60}),
        ask_for(body(), x={"path": "task.params.sequence_length", "low": 6, "high": 60}),
    ]
    assert all(ask.estimate().seconds > base for ask in dearer)


def test_a_map_of_two_sizes_is_priced_in_no_time() -> None:
    """Not every one of 65,536 networks is made for it."""
    sides = {
        "x": {"path": "task.params.sequence_length", "low": 2, "high": 200},
        "y": {"path": "problem.params.dropout", "low": 0.0, "high": 0.5},
    }
    made = 0
    original = SweepAsk.experiment_at

    def counted(self: SweepAsk, x: int, y: int) -> Any:
        nonlocal made
        made += 1
        return original(self, x, y)

    ask = ask_for(body(), **sides, resolution=256)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SweepAsk, "experiment_at", counted)
        assert ask.estimate().seconds > 10
    assert made < 300


_TIMED = """
import sys
from time import process_time
from sweeping import ask_for
from clipscape.sweeps import compute_tile, tiles
for kind, hidden in (("tanh_rnn", 16), ("tanh_rnn", 32), ("lstm", 8), ("gru", 8)):
    task = {"kind": "adding", "params": {"sequence_length": 20, "batch_size": 16}}
    variants = [{"name": rule, "clip": {"kind": rule}} for rule in ("norm", "value")]
    problem = {"kind": kind, "params": {"hidden_size": hidden}}
    ask = ask_for({"problem": problem, "task": task, "n_steps": 10, "variants": variants}, resolution=2)
    times = []
    for _ in range(2):
        started = process_time()
        for request in tiles(ask):
            compute_tile(request)
        times.append(process_time() - started)
    print(ask.estimate().seconds / min(times))
"""


def test_the_estimate_is_as_good_for_one_network_as_for_another() -> None:
    """Estimated by measured CPU time, in a process like a worker: whatever the machine, they agree within a factor 2.5.

    How fast a machine is does not count, only that no kind or size is taken for a much faster one.
    """
    alone = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", _TIMED], env={**os.environ, **alone}, capture_output=True, text=True, check=True
    )
    ratios = [float(line) for line in done.stdout.split()]
    assert len(ratios) == 4
    assert max(ratios) / min(ratios) < 2.5, ratios


def test_a_tile_takes_little_memory() -> None:
    """Traced: a worker grows by less than 50 MB for a tile of two dozen LSTMs of the usual size."""
    task = {"kind": "adding", "params": {"sequence_length": 50, "batch_size": 16}}
    ask = ask_for(body("lstm", params={"hidden_size": 16}, task=task, n_steps=2), resolution=4)
    (request, *_more) = sorted(tiles(ask), key=lambda request: request["first"] - request["last"])
    tracemalloc.start()
    compute_tile(request)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 5e6 < peak < 50e6


def test_one_cell_is_the_document_with_its_numbers() -> None:
    ask = ask_for(body("gru"), y=RATES, resolution=3)
    maps = whole_map(ask)
    threshold, rate = ask.x.values[1], ask.y.values[2]
    axes = [
        Axis("", (threshold,), frozenset({Target(1, "clip", "max_norm"), Target(2, "clip", "clip_value")})),
        Axis("", (rate,), frozenset(Target(v, "optimizer", "learning_rate") for v in range(3))),
    ]
    plan = make_plan(read_scenario({"experiment": body("gru")}).experiment, axes)
    for numbers, verdict in zip(maps, explain_training(plan, train_plan(plan)), strict=True):
        assert STATUSES[numbers["status"][2, 1]] == verdict.outcome.status
        assert numbers["final_loss"][2, 1] == pytest.approx(verdict.summary.held_out_loss, rel=1e-6, nan_ok=True)
    assert set(maps[0]) == set(FIELDS)
