"""Several seeds in a cell: shares that can be counted again, medians that one blow-up does not hide."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clipscape.library.sweeps import sweep
from clipscape.outcomes import STATUSES
from clipscape.sweeps.seeds import over_seeds
from conftest import experiment
from sweeping import Maps, ask_for, whole_map

NOISY = experiment(
    n_steps=100,
    problem={"kind": "himmelblau"},
    noise={"kind": "gaussian", "params": {"std": 2.0}},
    schedule={"kind": "cosine"},
    seed=4,
)
RATES = {"path": "variants.*.learning_rate", "low": 0.01, "high": 0.3}


def alone(body: dict[str, Any], count: int, **asked: Any) -> list[Maps]:
    """The maps of single seeds."""
    return [whole_map(ask_for({**body, "seed": body["seed"] + seed}, **asked)) for seed in range(count)]


@pytest.mark.parametrize("count", [3, 4])
def test_shares_and_medians_are_those_of_the_maps_of_single_seeds(count: int) -> None:
    single = alone(NOISY, count, y=RATES, resolution=4)
    seen = set()
    for variant, numbers in enumerate(whole_map(ask_for(NOISY, seeds=count, y=RATES, resolution=4))):
        status = np.stack([maps[variant]["status"] for maps in single])
        for code, name in enumerate(STATUSES):
            assert numbers[f"shares.{name}"] == pytest.approx((status == code).mean(axis=0))
            seen |= {*numbers[f"shares.{name}"].ravel().tolist()}
        most = [np.bincount(cell, minlength=5).argmax() for cell in status.reshape(count, -1).T]
        assert numbers["status"].ravel().tolist() == most
        loss = np.stack([maps[variant]["final_loss"] for maps in single])
        whole = np.isfinite(loss).all(axis=0)
        assert numbers["final_loss"][whole] == pytest.approx(np.median(loss, axis=0)[whole], rel=1e-6)
        assert (numbers["steps"] >= 0).tolist() == (status == 0).any(axis=0).tolist()
    assert len(seen) > 3


def test_with_constant_noise_nothing_rests_but_much_stays_near() -> None:
    body = experiment(n_steps=200, problem={"kind": "himmelblau"}, noise={"kind": "gaussian", "params": {"std": 0.05}})
    _none, norm, _value = whole_map(ask_for(body, seeds=4, y=RATES, resolution=4))
    assert norm["shares.converged"].max() == 0
    assert norm["near"].max() == 1
    assert norm["near"].min() == 0
    resting = whole_map(ask_for({**body, "schedule": {"kind": "cosine"}}, seeds=4, y=RATES, resolution=4))[1]
    assert resting["shares.converged"].max() == 1
    assert (resting["near"] >= resting["shares.converged"]).all()


def numbers_of(status: list[int], loss: list[float], steps: list[int]) -> dict[str, Any]:
    count = len(status)
    return {
        "status": np.array(status, dtype=np.uint8),
        "final_loss": np.array(loss),
        "steps": np.array(steps, dtype=np.int32),
        "clip_fraction": np.zeros(count),
        "max_grad_norm": np.full(count, np.inf),
        "thrown": np.zeros(count, dtype=bool),
        "near": np.array(status) == 0,
    }


def test_a_diverged_seed_counts_as_worst_and_not_as_no_number() -> None:
    """Two cells of three seeds, seed after seed: one of three, then two of three diverge."""
    numbers = numbers_of([0, 0, 0, 4, 4, 4], [1.0, 2.0, 3.0, np.nan, np.inf, np.nan], [7, 9, 5, -1, -1, -1])
    told = over_seeds(numbers, 3)
    assert told["status"].tolist() == [0, 4]
    assert told["final_loss"].tolist()[0] == 3.0
    assert np.isnan(told["final_loss"][1])
    assert told["max_grad_norm"].tolist() == [np.inf, np.inf]
    assert told["steps"].tolist() == [5, 9]
    assert told["near"].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_seeds_of_what_is_not_random_are_one_and_the_reason_is_said() -> None:
    ask = ask_for(experiment(), seeds=8)
    assert (ask.seeds, ask.runs) == (1, 64 * 64 * 3)
    assert ask.seeds_note is not None
    assert ask_for(NOISY, seeds=8).seeds_note is None


def test_seeds_matter_where_only_an_axis_makes_the_run_random() -> None:
    """A batch of 0 is the whole sum of examples: nothing is drawn; the axis goes on to batches that are drawn."""
    body = experiment(n_steps=20, problem={"kind": "finite_sum", "params": {"batch_size": 0}}, seed=1)
    assert ask_for(body, seeds=2).seeds == 1
    sizes = {"path": "problem.params.batch_size", "low": 0, "high": 3}
    ask = ask_for(body, seeds=2, x=sizes, y=RATES, resolution=[4, 2])
    assert ask.seeds == 2
    single = alone(body, 2, x=sizes, y=RATES, resolution=[4, 2])
    whole, one, other = whole_map(ask)[1], single[0][1], single[1][1]
    assert not np.array_equal(one["final_loss"], other["final_loss"])
    assert whole["final_loss"] == pytest.approx((one["final_loss"] + other["final_loss"]) / 2, rel=1e-6)


def test_the_library_names_the_shares_one_by_one() -> None:
    found = sweep({"experiment": NOISY}, y=("learning_rate", 0.01, 0.3), resolution=3, seeds=2)["Norm"]
    whole = whole_map(ask_for(NOISY, seeds=2, y=RATES, resolution=3))[1]
    for status in STATUSES:
        assert np.array_equal(found[f"share_{status}"], whole[f"shares.{status}"])
    assert np.array_equal(found["near"], whole["near"])
