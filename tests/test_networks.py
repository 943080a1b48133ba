"""Recurrent networks: gradients against central differences, rows alone against rows in a batch, edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clipscape.problems.networks import NETWORKS
from network_cases import TASKS, central_differences, gradient_of, small_task, trained

KINDS = tuple(NETWORKS)
OPTIONS: tuple[dict[str, Any], ...] = ({}, {"layer_norm": True}, {"dropout": 0.4}, {"layer_norm": True, "dropout": 0.3})


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_gradient_agrees_with_central_differences(kind: str, task: str, options: dict[str, Any]) -> None:
    _problem, training = trained(kind, TASKS[task], **options)
    session = training.open(np.array([3]))
    params = training.initial(np.array([3])).T.copy()
    gradient = gradient_of(session, params, step=2)[:, 0]
    expected = central_differences(session, params, step=2)
    # Differences over 1e-5 leave about 1e-11 of truncation and 1e-16 / 1e-5 of rounding.
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8 * np.abs(expected).max() + 1e-9)
    assert np.count_nonzero(gradient) > 0.5 * len(gradient)


@pytest.mark.parametrize("options", [*OPTIONS, {"truncation": 2}], ids=str)
@pytest.mark.parametrize(("hidden", "batch", "rows"), [(1, 1, 3), (5, 1, 4), (16, 16, 7), (8, 3, 50)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_row_alone_equals_the_row_among_others(
    kind: str, hidden: int, batch: int, rows: int, options: dict[str, Any]
) -> None:
    for readout, loss in (("last", "squared_error"), ("every", "cross_entropy")):
        task = small_task(steps=5, batch=batch, readout=readout, loss=loss, held_out=7)
        _problem, training = trained(kind, task, hidden_size=hidden, **options)
        seeds = np.arange(rows) % 3
        params = training.initial(np.arange(rows)).T.copy()
        together = training.open(seeds)
        gradient, evaluation = gradient_of(together, params, 1), together.evaluate(params)
        for row in (0, rows // 2, rows - 1):
            alone = training.open(seeds[row : row + 1])
            column = params[:, row : row + 1].copy()
            np.testing.assert_array_equal(gradient_of(alone, column, 1)[:, 0], gradient[:, row])
            single = alone.evaluate(column)
            for name in ("loss", "accuracy", "hidden_norms"):
                np.testing.assert_array_equal(getattr(alone, name)[..., 0], getattr(together, name)[..., row])
            for name in ("loss", "accuracy", "outputs"):
                np.testing.assert_array_equal(getattr(single, name)[0], getattr(evaluation, name)[row])


@pytest.mark.parametrize("options", [{}, {"layer_norm": True}, {"truncation": 2}, {"penalty": True}], ids=str)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_looking_at_the_gradients_of_the_states_changes_no_bit(kind: str, task: str, options: dict[str, Any]) -> None:
    """Where nobody looks, they take turns in two slots; the same session does now this, now that."""
    if "penalty" in options:
        if kind not in ("tanh_rnn", "relu_rnn"):
            return
        options = {"vanishing_penalty": 0.5}
    _problem, training = trained(kind, TASKS[task], **options)
    session = training.open(np.array([0, 1]))
    params = training.initial(np.array([0, 1])).T.copy()
    watched = gradient_of(session, params)
    norms, unwatched = session.hidden_norms.copy(), np.full(params.shape, np.nan)
    session.gradient(2.0 * params, 1, unwatched, norms=False)
    session.gradient(params, 0, unwatched, norms=False)
    np.testing.assert_array_equal(unwatched, watched)
    np.testing.assert_array_equal(session.hidden_norms, norms)
    np.testing.assert_array_equal(gradient_of(session, params), watched)
    np.testing.assert_array_equal(session.hidden_norms, norms)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_several_tiles_are_the_same_bits(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    task = small_task(held_out=11)
    _problem, training = trained(kind, task)
    seeds = np.arange(10) % 4
    params = training.initial(seeds).T.copy()
    whole = training.open(seeds)
    gradient, evaluation, losses = gradient_of(whole, params), whole.evaluate(params), training.loss_at(params, 2)
    monkeypatch.setattr("clipscape.problems.networks.session.LARGEST_TILE", 3)
    monkeypatch.setattr("clipscape.problems.networks.session.LARGEST_PIECE", 11)
    tiled = training.open(seeds)
    np.testing.assert_array_equal(gradient_of(tiled, params), gradient)
    np.testing.assert_array_equal(tiled.hidden_norms, whole.hidden_norms)
    np.testing.assert_array_equal(tiled.evaluate(params).outputs, evaluation.outputs)
    np.testing.assert_array_equal(tiled.evaluate(params).loss, evaluation.loss)
    np.testing.assert_array_equal(tiled.batch_loss(params, 0), whole.loss)
    np.testing.assert_array_equal(training.loss_at(params, 2), losses)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_held_out_sequences_in_pieces_have_the_same_mean(kind: str, task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _problem, training = trained(kind, TASKS[task])
    params = training.initial(np.array([0, 1])).T.copy()
    whole = training.open(np.array([0, 1])).evaluate(params)
    monkeypatch.setattr("clipscape.problems.networks.session.LARGEST_PIECE", 2)
    pieces = training.open(np.array([0, 1])).evaluate(params)
    # Sums in another order: a few units in the last place.
    np.testing.assert_allclose(pieces.loss, whole.loss, rtol=1e-14)
    np.testing.assert_allclose(pieces.accuracy, whole.accuracy, rtol=1e-14)
    np.testing.assert_allclose(pieces.outputs, whole.outputs, rtol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_value_and_gradient_of_the_problem_belong_together(kind: str) -> None:
    problem, training = trained(kind, small_task(held_out=4))
    params = training.initial(np.array([5])).T.copy()
    point = np.tile(params[:, :, np.newaxis], (1, 2, 3))
    assert problem.value(point).shape == (2, 3)
    slope = np.asarray(problem.grad(point))
    assert slope.shape == point.shape
    direction = np.random.default_rng(0).normal(size=(problem.dim, 1))
    ahead, behind = (problem.value(params + width * direction)[0] for width in (1e-5, -1e-5))
    assert (ahead - behind) / 2e-5 == pytest.approx(float(slope[:, 0, 0] @ direction[:, 0]), rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_first_weights_depend_on_the_seed_alone(kind: str) -> None:
    _problem, training = trained(kind, small_task(), layer_norm=True)
    first = training.initial(np.array([3, 0, 3]))
    np.testing.assert_array_equal(first[0], first[2])
    np.testing.assert_array_equal(first[1], training.initial(np.array([0]))[0])
    assert (first[0] != first[1]).any()
    for block in training.blocks:
        if block.name.startswith("norm_gain"):
            assert (first[:, block.place] == 1.0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1e200, 1e308, np.inf, np.nan])
@pytest.mark.parametrize("task", ["last_squares", "every_classes"])
def test_weights_beyond_all_bounds_are_a_result_and_no_error(kind: str, size: float, task: str) -> None:
    _problem, training = trained(kind, TASKS[task])
    session = training.open(np.array([0, 0]))
    params = training.initial(np.array([0, 0])).T.copy()
    sane = gradient_of(session, params)[:, 1]
    params[:, 0] = size
    gradient = gradient_of(session, params)
    np.testing.assert_array_equal(gradient[:, 1], sane)
    session.evaluate(params)
    if not np.isfinite(size):
        assert not np.isfinite(session.loss[0])
    assert np.isfinite(session.loss[1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_recurrent_weight_that_is_lost_is_lost_in_the_loss(kind: str) -> None:
    """No nonlinearity turns NaN into a number."""
    _problem, training = trained(kind, small_task())
    session = training.open(np.array([0]))
    params = training.initial(np.array([0])).T.copy()
    params[next(block.place for block in training.blocks if block.name == "weight_hh")] = np.nan
    gradient_of(session, params)
    assert np.isnan(session.loss[0])


@pytest.mark.parametrize("kind", KINDS)
def test_recurrent_matrices_are_the_gates_of_the_layout(kind: str) -> None:
    _problem, training = trained(kind, small_task())
    params = training.initial(np.array([0, 1])).T.copy()
    matrices = training.open(np.array([0, 1])).recurrent_matrices(params)
    place = next(block.place for block in training.blocks if block.name == "weight_hh")
    assert matrices.shape[2:] == (4, 4)
    np.testing.assert_array_equal(matrices[1].ravel(), params[place, 1])


def test_an_accuracy_exists_where_the_task_defines_one() -> None:
    task = small_task(loss="cross_entropy", outputs=2, held_out=40, batch=64)
    _problem, training = trained("tanh_rnn", task)
    session = training.open(np.array([0]))
    params = training.initial(np.array([0])).T.copy()
    place = next(block.place for block in training.blocks if block.name == "readout_weight")
    params[place] = 0.0
    params[-2:, 0] = [1.0, 0.0]
    gradient_of(session, params)
    assert session.accuracy[0] == np.mean(task.batch(0, 0).targets == 0)
    evaluation = session.evaluate(params)
    np.testing.assert_allclose(evaluation.accuracy[0], np.mean(task.held_out(0).targets == 0), rtol=1e-14)
    np.testing.assert_allclose(evaluation.outputs.sum(axis=-1), 1.0, rtol=1e-15)
    assert evaluation.outputs.shape == (1, 24, 2)


@pytest.mark.parametrize("task", TASKS)
def test_dropout_hides_from_the_readout_while_training_and_never_when_measuring(task: str) -> None:
    seeds = np.array([0, 5, 0])
    sessions = {}
    for dropout in (0.0, 0.5):
        _problem, training = trained("gru", TASKS[task], dropout=dropout)
        sessions[dropout] = training.open(seeds)
    params = np.repeat(training.initial(np.array([1])).T, 3, axis=1)
    plain, dropped = (session.evaluate(params) for session in sessions.values())
    np.testing.assert_array_equal(plain.loss, dropped.loss)
    np.testing.assert_array_equal(plain.outputs, dropped.outputs)
    losses = sessions[0.5].batch_loss(params, 3)
    assert losses[0] == losses[2], "the mask belongs to seed and step"
    assert (losses != sessions[0.0].batch_loss(params, 3)).all()
    np.testing.assert_array_equal(sessions[0.5].batch_loss(params, 3), losses)


def test_the_forget_bias_is_added_to_the_forget_gate_alone() -> None:
    starts = []
    for bias in (0.0, 2.5):
        _problem, training = trained("lstm", small_task(), forget_bias=bias)
        starts.append(training.initial(np.array([0]))[0])
    place = next(block.start for block in training.blocks if block.name == "bias_ih")
    expected = np.zeros_like(starts[0])
    expected[place + 4 : place + 8] = 2.5
    np.testing.assert_allclose(starts[1] - starts[0], expected, rtol=1e-14, atol=1e-15)
