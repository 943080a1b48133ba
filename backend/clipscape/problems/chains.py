"""A deep chain of tied weights: what happens when one number is multiplied by itself many times."""

from __future__ import annotations

import numpy as np

from clipscape.catalog import Entry
from clipscape.plain import landscapes as plain
from clipscape.problems.base import Array, Problem
from clipscape.problems.describing import constant, positive, whole

_HALF = constant(0.5)


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
        cost=1.0,
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


CHAINS = (
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
            positive("target", "Target t", 0.2, (0.01, 100.0), (0.1, 10.0), "The output asked for with input 1."),
        ),
        traits={"stochastic": False, "per_example": False},
        plain=(plain.deep_chain, plain.deep_chain_gradient),
    ),
)
