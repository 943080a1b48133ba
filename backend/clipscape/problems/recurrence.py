"""Where steep walls come from: the one-unit recurrent net of Pascanu et al. and a deep chain of tied weights."""

from __future__ import annotations

import numpy as np

from clipscape.catalog import Entry
from clipscape.problems.base import Array, Problem
from clipscape.problems.describing import constant, number, positive, whole

_HALF = constant(0.5)
_ONE = constant(1.0)
_FEW_ROWS = 100
"""Below this many columns one `accumulate` call is faster than one multiplication per step; the bits are the same."""


def recurrent_unit(sequence_length: int, initial_state: float, target: float) -> Problem:
    """The error of one logistic unit after T steps: `x_t = w sigma(x_{t-1}) + b`, `E = (sigma(x_T) - target)^2`.

    Exact, as in Pascanu, Mikolov, Bengio (2013), eq. 8 and Fig. 6; parameters are (w, b). With u = x/2 the step is
    `u_t = (w/4) tanh(u_{t-1}) + (w/4 + b/2)`, three numpy calls. The wall is the line b = x_0 - w sigma(x_0): there
    the state stays at x_0, an unstable fixed point once `w sigma'(x_0) > 1`.
    """
    aim = constant(target)
    first_state = 0.5 * initial_state

    def value(params: Array) -> Array:
        weight, bias = params
        gain = constant(0.25) * weight
        drift = gain + _HALF * bias
        state = np.full(np.shape(gain), first_state)
        for _ in range(sequence_length):
            state = np.tanh(state, out=state)
            state *= gain
            state += drift
        miss = _HALF + _HALF * np.tanh(state) - aim
        return np.asarray(miss * miss)

    def grad(params: Array) -> tuple[Array, Array]:
        shape = params.shape[1:]
        weight, bias = _two_columns(params.reshape(2, -1))
        gain = constant(0.25) * weight
        drift = gain + _HALF * bias
        activations = _unroll(gain, drift, first_state, sequence_length)
        output = activations[-1]
        slope = (_HALF + _HALF * output - aim) * (_HALF * (_ONE - output * output))
        by_weight, by_bias = _accumulate(activations[:-1], gain)
        columns = int(np.prod(shape))
        grad_weight, grad_bias = slope * by_weight, slope * by_bias
        return grad_weight[:columns].reshape(shape), grad_bias[:columns].reshape(shape)

    return Problem(
        kind="recurrent_unit",
        dim=2,
        value=value,
        grad=grad,
        axis_labels=("recurrent weight w", "bias b"),
        window=((4.5, 6.5), (-3.4, -1.6)),
        start=(5.53, -2.57),
        minimizers=(),
        optimal_value=0.0,
        cost=20.0,
    )


def _two_columns(params: Array) -> Array:
    """Repeat a single column: numpy sums one column pairwise but several in order, and the last bits would differ."""
    return np.repeat(params, 2, axis=1) if params.shape[1] == 1 else params


def _unroll(gain: Array, drift: Array, first_state: float, steps: int) -> Array:
    """tanh of the half states `u_0 .. u_steps`, shape `(steps + 1, columns)`."""
    activations = np.empty((steps + 1, gain.shape[0]))
    state = np.full_like(gain, first_state)
    for activation in activations[:-1]:
        np.tanh(state, activation)
        np.multiply(activation, gain, state)
        np.add(state, drift, state)
    np.tanh(state, activations[-1])
    return activations


def _accumulate(activations: Array, gain: Array) -> tuple[Array, Array]:
    """`dx_T/dw` and `dx_T/db` from tanh(u_0 .. u_{T-1}), shape `(T, columns)`.

    `dx_T/db = sum_t P_t` and `dx_T/dw = sum_t P_t sigma(x_{t-1})`, where `P_t` is the product of the factors
    `w sigma'(x_{i-1}) = gain (1 - tanh(u_{i-1})^2)` over i = t+1 .. T.
    """
    factors = np.square(activations[:0:-1])
    np.subtract(_ONE, factors, factors)
    factors *= gain
    products = np.empty_like(activations)
    products[0] = 1.0
    if activations.shape[1] < _FEW_ROWS:
        np.multiply.accumulate(factors, axis=0, out=products[1:])
    else:
        for index, factor in enumerate(factors):
            np.multiply(products[index], factor, products[index + 1])
    by_bias = np.add.reduce(products, axis=0)
    products *= activations[::-1]
    by_weight = _HALF * (by_bias + np.add.reduce(products, axis=0))
    return by_weight, by_bias


def deep_chain(depth: int, target: float) -> Problem:
    """`(x^m y^n - target)^2 / 2` with m + n = `depth`: two weights, each shared by half the layers of a linear chain.

    A product of many equal weights is 9100 for weights of 1.2 and depth 50, and 0.005 for weights of 0.9. The minima
    form the curve `x^m y^n = target`.
    """
    upper, lower = (depth + 1) // 2, depth // 2
    aim, by_x, by_y = constant(target), constant(float(upper)), constant(float(lower))

    def value(params: Array) -> Array:
        x, y = params
        miss = whole_power(x, upper) * whole_power(y, lower) - aim
        return np.asarray(_HALF * miss * miss)

    def grad(params: Array) -> tuple[Array, Array]:
        x, y = params
        below_x, below_y = whole_power(x, upper - 1), whole_power(y, lower - 1)
        power_x, power_y = below_x * x, below_y * y
        miss = power_x * power_y - aim
        return by_x * miss * below_x * power_y, by_y * miss * power_x * below_y

    return Problem(
        kind="deep_chain",
        dim=2,
        value=value,
        grad=grad,
        axis_labels=("weight x", "weight y"),
        window=((0.0, 1.6), (0.0, 1.6)),
        start=(1.33, 1.17),
        minimizers=(),
        optimal_value=0.0,
        cost=2.0,
    )


def whole_power(base: Array, exponent: int) -> Array:
    """`base ** exponent` for a whole exponent >= 0 by repeated squaring: the same bits for every shape and machine."""
    result: Array | None = None
    square = base
    while exponent:
        if exponent & 1:
            result = square if result is None else result * square
        exponent >>= 1
        if exponent:
            square = square * square
    return np.ones_like(base) if result is None else result


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
    ),
    Entry(
        kind="deep_chain",
        label="Deep chain of tied weights",
        help=(
            "A linear chain of many layers that share two weights. Below one the product vanishes and leaves "
            "a plateau, above one it explodes: the deeper the chain, the sharper the border."
        ),
        make=deep_chain,
        formula=(
            r"f(x, y) = \tfrac12 \left(x^m y^n - t\right)^2,"
            r" \quad m = \lceil L/2 \rceil, \quad n = \lfloor L/2 \rfloor"
        ),
        source="Goodfellow, Bengio, Courville: Deep Learning (2016), sections 8.2.4 and 8.2.5",
        parameters=(
            whole("depth", "Depth L", 12, (2, 100), (2, 50), "Number of layers."),
            positive("target", "Target t", 1.0, (0.01, 100.0), (0.1, 10.0), "The output asked for with input 1."),
        ),
        traits={"stochastic": False, "per_example": False},
    ),
)
