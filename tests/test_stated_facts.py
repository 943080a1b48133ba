"""Facts of the literature about matrices, gates, scales and baselines; and the comparison with stated numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import facts
from clipscape.clipping import CLIPPERS
from clipscape.families import FAMILIES
from clipscape.problems.training import Task
from clipscape.training.probing import recurrent_sizes
from clipscape.transforms import RowContext
from facts import Stated, fact, stated
from network_cases import gradient_of, small_task, trained


def test_a_matrix_of_spectral_radius_below_one_lets_vectors_grow_nineteenfold_first() -> None:
    matrix = np.array([[0.9, 5.0], [0.0, 0.9]])
    radius, largest = recurrent_sizes(matrix[np.newaxis, np.newaxis], np.ones(1, dtype=bool))
    powers = [np.linalg.norm(np.linalg.matrix_power(matrix, exponent), 2) for exponent in (9, 50, 100)]
    assert [radius[0], largest[0], *powers] == fact("F07")


def test_a_forget_gate_of_bias_one_passes_ten_to_the_minus_seven_on_over_fifty_steps() -> None:
    _problem, training = trained("lstm", small_task(steps=51, outputs=1), hidden_size=1)
    params = np.zeros((sum(block.size for block in training.blocks), 1))
    place = {block.name: block.place for block in training.blocks}
    params[place["bias_ih"]] = [[0.0], [1.0], [0.0], [0.0]]
    params[place["readout_weight"]] = 1.0
    session = training.open(np.array([0]))
    gradient_of(session, params)
    assert session.cell_norms is not None
    assert session.cell_norms[0, 0] / session.cell_norms[-1, 0] == fact("F08")


def test_a_gradient_clipped_before_its_loss_scale_is_taken_out_is_tiny() -> None:
    rule = CLIPPERS["norm"].make(max_norm=np.ones(1), epsilon=np.zeros(1))
    state, scaled = rule.init(RowContext(2, 1, 1, np.zeros(1, dtype=np.int64))), np.array([[3e5], [4e5]])
    out = np.zeros_like(scaled)
    rule.update(scaled, state, scaled, out)
    assert np.linalg.norm(out) / 65536 == fact("F16")


def test_what_guessing_costs() -> None:
    def loss(kind: str, **params: Any) -> float:
        entry = FAMILIES["task"].catalog[kind]
        task = entry.make(**{**entry.defaults(), **params})
        assert isinstance(task, Task)
        return task.baseline.loss

    costs = {0: loss("adding"), 2: loss("temporal_order")}
    costs |= {3: loss("copying", sequence_length=10), 4: loss("copying", sequence_length=100)}
    for part, cost in costs.items():
        assert cost == fact("F18", part)


def test_a_stated_number_holds_as_far_as_its_tolerance_and_records_how_close_it_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(facts, "RECORDED", {})
    assert np.array([1.0, 2.0 + 1e-9]) == stated("two", [1.0, 2.0], rel=1e-9)
    assert stated("two", [1.0, 2.0], rel=1e-9) == [1.0 + 4e-10, 2.0]
    for wrong in ([1.0, 2.1], [1.0], 1.0, [np.nan, 2.0], [1.0, np.inf]):
        assert stated("wrong", [1.0, 2.0], rel=1e-9, abs=1e-3) != wrong
    assert stated("count", 419, abs=5) == 424
    assert stated("count", 419, abs=5) != 425
    two, count = facts.RECORDED["two"], facts.RECORDED["count"]
    assert (two.comparisons, two.error) == (4, pytest.approx(5e-10, rel=1e-6))
    assert count.error == 6
    assert "off by 6" in repr(_compared(stated("count", 419, abs=5), 425))


def _compared(number: Stated, found: float) -> Stated:
    assert number != found
    return number
