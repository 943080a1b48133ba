"""Pascanu's regulariser against a straightforward implementation, and against finite differences of its definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clipscape.problems.networks.penalty import BOUND
from clipscape.problems.training import Array
from network_cases import gradient_of, small_task, trained

WEIGHT = 3.0


def backpropagated(kind: str, weights: dict[str, Array], inputs: Array, targets: Array) -> tuple[Any, Any]:
    """dL/dh_t and the gradient of the sums of every step and sequence, by the textbook: one sequence at a time."""
    steps, batch, _inputs = inputs.shape
    arriving, sums = np.zeros((2, steps, batch, len(weights["weight_hh"])))
    for sequence in range(batch):
        states = [np.zeros(len(weights["weight_hh"]))]
        for x in inputs[:, sequence]:
            total = weights["weight_ih"] @ x + weights["bias_ih"] + weights["weight_hh"] @ states[-1]
            total += weights["bias_hh"]
            states.append(np.tanh(total) if kind == "tanh_rnn" else np.maximum(total, 0.0))
        miss = weights["readout_weight"] @ states[-1] + weights["readout_bias"] - targets[sequence]
        delta = 2.0 * miss / targets.size @ weights["readout_weight"]
        for step in reversed(range(steps)):
            state = states[step + 1]
            slope = 1.0 - state**2 if kind == "tanh_rnn" else (state > 0.0).astype(float)
            arriving[step, sequence], sums[step, sequence] = delta, delta * slope
            delta = weights["weight_hh"].T @ (delta * slope)
    return arriving, sums


def omega(matrix: Array, arriving: Array, sums: Array) -> float:
    """The definition, term by term."""
    terms = []
    for delta, inner in zip(arriving.reshape(-1, len(matrix)), sums.reshape(-1, len(matrix)), strict=True):
        if delta @ delta >= BOUND:
            back = inner @ matrix
            terms.append((back @ back / (delta @ delta) - 1.0) ** 2)
    return float(np.mean(terms)) if terms else 0.0


@pytest.mark.parametrize("steps", [4, 60])
@pytest.mark.parametrize("kind", ["tanh_rnn", "relu_rnn"])
def test_the_penalty_adds_its_immediate_slope_to_the_recurrent_matrix_alone(kind: str, steps: int) -> None:
    task = small_task(steps=steps)
    gradients = {}
    for weight in (0.0, WEIGHT):
        _problem, training = trained(kind, task, vanishing_penalty=weight)
        params = training.initial(np.array([6])).T.copy()
        session = training.open(np.array([0]))
        gradients[weight] = gradient_of(session, params)[:, 0]
        loss = session.loss[0]
    blocks = {block.name: block for block in training.blocks}
    weights = {name: params[block.place, 0].reshape(block.shape) for name, block in blocks.items()}
    batch = task.batch(0, 0)
    arriving, sums = backpropagated(kind, weights, batch.inputs, batch.targets)
    assert (np.square(arriving).sum(axis=-1) < BOUND).any() == (steps == 60), "the bound matters in the long case"
    added = (gradients[WEIGHT] - gradients[0.0])[blocks["weight_hh"].place].reshape(4, 4)
    expected = np.zeros((4, 4))
    for place in np.ndindex(4, 4):
        ahead, behind = weights["weight_hh"].copy(), weights["weight_hh"].copy()
        ahead[place] += 1e-5
        behind[place] -= 1e-5
        expected[place] = (omega(ahead, arriving, sums) - omega(behind, arriving, sums)) / 2e-5
    # Central differences of a quartic in W: an error of the order of (1e-5)^2 times its third derivative.
    np.testing.assert_allclose(added, WEIGHT * expected, rtol=1e-6, atol=1e-8)
    assert np.abs(expected).max() > 0.01
    others = np.ones(len(gradients[0.0]), dtype=bool)
    others[blocks["weight_hh"].place] = False
    np.testing.assert_array_equal(gradients[WEIGHT][others], gradients[0.0][others])
    assert loss == trained_loss(kind, task, params)


def trained_loss(kind: str, task: Any, params: Array) -> float:
    """The loss without any penalty."""
    _problem, training = trained(kind, task)
    return float(training.open(np.array([0])).batch_loss(params, 0)[0])


def test_rows_with_a_penalty_are_their_own() -> None:
    _problem, training = trained("tanh_rnn", small_task(), vanishing_penalty=WEIGHT)
    seeds = np.array([0, 1, 0])
    params = training.initial(np.array([3, 4, 5])).T.copy()
    together = gradient_of(training.open(seeds), params)
    for row in range(3):
        alone = gradient_of(training.open(seeds[row : row + 1]), params[:, row : row + 1].copy())
        np.testing.assert_array_equal(alone[:, 0], together[:, row])


def test_without_any_gradient_there_is_no_penalty() -> None:
    _problem, training = trained("tanh_rnn", small_task(), vanishing_penalty=WEIGHT)
    params = np.zeros((training.blocks[-1].place.stop, 1))
    gradient = gradient_of(training.open(np.array([0])), params)
    place = next(block.place for block in training.blocks if block.name == "weight_hh")
    assert (gradient[place] == 0.0).all()
