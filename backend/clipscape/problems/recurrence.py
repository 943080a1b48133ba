"""Where steep walls come from: the error surface of the one-unit recurrent net of Pascanu et al."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np

from clipscape.catalog import Entry
from clipscape.plain import landscapes as plain
from clipscape.problems.base import Array, Problem
from clipscape.problems.describing import constant, number, whole

_HALF = constant(0.5)
_ONE = constant(1.0)
_QUARTER = constant(0.25)
_FEW_ROWS = 100
"""Below this many columns one `accumulate` call is faster than one multiplication per step; the bits are the same."""
_GRAD_BLOCK, _VALUE_BLOCK = 2048, 8192
"""Columns worked on at a time: where all states are kept, and where only the last one is."""


def recurrent_unit(sequence_length: int, initial_state: float, target: float) -> Problem:
    """The error of one logistic unit after T steps: `x_t = w sigma(x_{t-1}) + b`, `E = (sigma(x_T) - target)^2`.

    Exact, as in Pascanu, Mikolov, Bengio (2013), eq. 8 and Fig. 6; parameters are (w, b). With u = x/2 the step is
    `u_t = (w/4) tanh(u_{t-1}) + (w/4 + b/2)`, three numpy calls. The wall is the line b = x_0 - w sigma(x_0): there
    the state stays at x_0, an unstable fixed point once `w sigma'(x_0) > 1`.
    """
    aim = constant(target)
    first_state = 0.5 * initial_state
    workspace = _Workspace()

    def value(params: Array) -> Array:
        losses = np.empty(params[0].size)
        for columns, weight, bias in _blocks(params, _VALUE_BLOCK):
            output = _last_activation(weight, bias, first_state, sequence_length)
            losses[columns] = np.square(_HALF + _HALF * output - aim)
        return losses.reshape(params.shape[1:])

    def grad(params: Array) -> Array:
        grads = np.empty((2, params[0].size))
        for columns, weight, bias in _blocks(params, _GRAD_BLOCK):
            gain = _QUARTER * weight
            activations, factors, products = workspace.arrays(sequence_length, len(gain))
            output = _unroll(gain, gain + _HALF * bias, first_state, activations)
            slope = (_HALF + _HALF * output - aim) * (_HALF * (_ONE - output * output))
            by_weight, by_bias = _state_derivatives(activations, gain, factors, products)
            grads[0, columns] = slope * by_weight
            grads[1, columns] = slope * by_bias
        return grads.reshape(params.shape)

    return Problem(
        kind="recurrent_unit",
        dim=2,
        value=value,
        grad=grad,
        axis_labels=("recurrent weight w", "bias b"),
        window=((4.5, 6.5), (-3.4, -1.6)),
        start=(5.13, -2.77),
        minimizers=(),
        optimal_value=0.0,
        cost=1.0 + 0.5 * sequence_length,
    )


def _blocks(params: Array, width: int) -> Iterator[tuple[slice, Array, Array]]:
    """Cut `(2, ...)` into equal pieces of at most `width` columns."""
    weights, biases = params.reshape(2, -1)
    pieces = max(1, -(-len(weights) // width))
    width = max(1, -(-len(weights) // pieces))
    for first in range(0, len(weights), width):
        columns = slice(first, first + width)
        yield columns, weights[columns], biases[columns]


def _last_activation(weight: Array, bias: Array, first_state: float, steps: int) -> Array:
    """tanh of the last half state, shape `(columns,)`."""
    gain = _QUARTER * weight
    drift = gain + _HALF * bias
    state = np.full_like(gain, first_state)
    for _ in range(steps):
        np.tanh(state, state)
        np.multiply(state, gain, state)
        np.add(state, drift, state)
    return np.tanh(state, state)


class _Workspace(threading.local):
    """Three arrays that each thread keeps between calls: fresh ones cost more page faults than all the arithmetic."""

    def __init__(self) -> None:
        self._flat = np.empty((3, 0))

    def arrays(self, steps: int, columns: int) -> tuple[Array, Array, Array]:
        """Return three contiguous arrays `(steps, columns)` with whatever they last held."""
        size = steps * columns
        if self._flat.shape[1] < size:
            self._flat = np.empty((3, size))
        first, second, third = self._flat[:, :size]
        return first.reshape(steps, columns), second.reshape(steps, columns), third.reshape(steps, columns)


def _unroll(gain: Array, drift: Array, first_state: float, activations: Array) -> Array:
    """Write tanh of the half states `u_0 .. u_{T-1}` to `activations` `(T, columns)` and return tanh of `u_T`."""
    state = np.full_like(gain, first_state)
    for activation in activations:
        np.tanh(state, activation)
        np.multiply(activation, gain, state)
        np.add(state, drift, state)
    return np.tanh(state, state)


def _state_derivatives(activations: Array, gain: Array, factors: Array, products: Array) -> tuple[Array, Array]:
    """`dx_T/dw` and `dx_T/db` from tanh(u_0 .. u_{T-1}), shape `(T, columns)`; the last two are work space.

    `dx_T/db = sum_t P_t` and `dx_T/dw = sum_t P_t sigma(x_{t-1})`, where `P_t` is the product of the factors
    `w sigma'(x_{i-1}) = gain (1 - tanh(u_{i-1})^2)` over i = t+1 .. T.
    """
    factors = np.square(activations[:0:-1], out=factors[1:])
    np.subtract(_ONE, factors, factors)
    factors *= gain
    products[0] = 1.0
    if activations.shape[1] < _FEW_ROWS:
        np.multiply.accumulate(factors, axis=0, out=products[1:])
    else:
        for index, factor in enumerate(factors):
            np.multiply(products[index], factor, products[index + 1])
    by_bias = _sum_in_order(products)
    products *= activations[::-1]
    by_weight = _HALF * (by_bias + _sum_in_order(products))
    return by_weight, by_bias


def _sum_in_order(terms: Array) -> Array:
    """Sum over the first axis. numpy adds a lone column pairwise but several in order, hence the doubled column."""
    if terms.shape[1] == 1:
        return np.asarray(np.add.reduce(np.repeat(terms, 2, axis=1), axis=0)[:1])
    return np.asarray(np.add.reduce(terms, axis=0))


RECURRENCES = (
    Entry(
        kind="recurrent_unit",
        label="One-unit recurrent net",
        help=(
            "The error of a recurrent net with a single unit, as a function of its weight and bias. "
            "The same weight acts at all 50 time steps, and that alone builds the wall."
        ),
        make=recurrent_unit,
        formula=(
            r"E(w, b) = \left(\sigma(x_T) - y\right)^2, \quad x_t = w\, \sigma(x_{t-1}) + b,"
            r" \quad \sigma(z) = \frac{1}{1 + e^{-z}}"
        ),
        source=(
            "Pascanu, Mikolov, Bengio: On the difficulty of training recurrent neural networks (ICML 2013), "
            "equation 8 and Fig. 6"
        ),
        parameters=(
            whole("sequence_length", "Time steps T", 50, (1, 200), (1, 100), "How often the unit feeds itself."),
            number("initial_state", "Initial state x₀", 0.5, (-5.0, 5.0), (-1.0, 2.0), "State before the first step."),
            number("target", "Target y", 0.7, (0.01, 0.99), (0.05, 0.95), "The output asked for after the last step."),
        ),
        traits={"stochastic": False, "per_example": False},
        plain=(plain.recurrent_unit, plain.recurrent_unit_gradient),
    ),
)
