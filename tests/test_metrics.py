"""Summaries and reductions of a run."""

from __future__ import annotations

import numpy as np
import pytest

from clipscape.metrics import (
    largest_from,
    nearest_minimizer,
    outside_window,
    summarize,
    total_from,
    typical_gap,
    window_diagonal,
)
from clipscape.problems import PROBLEMS
from scenarios import clip, document, run_document


def test_a_summary_holds_the_numbers_of_its_own_row() -> None:
    rules = [clip("norm", max_norm=1.0), clip("none")]
    bowl = {"curvature_x": 1.0, "curvature_y": 1.0}
    scenario = document("quadratic", *rules, learning_rate=0.1, params=bowl, start=[4.0, 3.0], n_steps=45)
    _plan, run, _verdicts = run_document(scenario)
    clipped, plain = summarize(run)
    assert (clipped.n_steps, clipped.clip_fraction, plain.clip_fraction) == (45, pytest.approx(40 / 45), 0.0)
    assert clipped.max_grad_norm == plain.max_grad_norm == pytest.approx(5.0)
    assert plain.final_loss == plain.best_loss == pytest.approx(12.5 * 0.9**90)
    assert clipped.final_params == pytest.approx((0.8 * 0.9**5, 0.6 * 0.9**5))
    assert clipped.max_angle == pytest.approx(0.0, abs=1e-6)


def test_distances_use_the_nearest_minimizer() -> None:
    problem = PROBLEMS["himmelblau"].make(**PROBLEMS["himmelblau"].defaults())
    minimizers = np.array(problem.minimizers)
    distance, index = nearest_minimizer(problem, minimizers + np.array([0.3, 0.4]))
    assert distance == pytest.approx(0.5)
    assert index.tolist() == list(range(len(minimizers)))


def test_the_window_has_a_diagonal_an_inside_and_an_outside() -> None:
    problem = PROBLEMS["quadratic"].make(**PROBLEMS["quadratic"].defaults())
    (left, right), (bottom, top) = problem.window
    assert window_diagonal(problem) == pytest.approx(np.hypot(right - left, top - bottom))
    points = np.array([[0.0, 0.0], [right, top], [right + 1e-9, 0.0], [0.0, bottom - 1.0], [np.nan, 0.0]])
    assert outside_window(problem, points).tolist() == [False, False, True, True, False]


def test_the_typical_gap_is_the_median_over_the_window() -> None:
    """The two plateaus of the recurrent unit are 0.09 and 0.49 high; its median lies between 0 and the higher one."""
    problem = PROBLEMS["recurrent_unit"].make(**PROBLEMS["recurrent_unit"].defaults())
    assert 0.0 < typical_gap(problem) < 0.49


def test_reductions_run_from_each_step_to_the_end() -> None:
    series = np.array([[1.0, 5.0], [4.0, 2.0], [2.0, 3.0]])
    assert largest_from(series).tolist() == [[4.0, 5.0], [4.0, 3.0], [2.0, 3.0]]
    assert total_from(series).tolist() == [[7.0, 10.0], [6.0, 5.0], [2.0, 3.0]]
