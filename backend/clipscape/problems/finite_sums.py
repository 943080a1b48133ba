"""Losses that are means over examples: the smallest problems in which clipping noisy gradients moves the answer."""

from __future__ import annotations

import numpy as np

from clipscape.catalog import Entry, Parameter
from clipscape.plain import landscapes as plain
from clipscape.problems.base import Array, Examples, Indices, Problem
from clipscape.problems.describing import constant, number, whole

_HALF = constant(0.5)


def finite_sum(example: str, p: float, a: float, batch_size: int) -> Problem:
    """`sum_i weight_i (x - a_i)^2 / 2 + y^2 / 2`, sampled `batch_size` examples at a time (0: the full sum).

    "chen": a = (-3, -3, 9), the three points of Chen, Wu, Hong (2020), Example 1. Clipped one by one at c they pull the
    answer from 1 to `-3 + c/2` (for c <= 8). "symmetric": a = (-3, 3); with c = 1 the clipped mean vanishes on all of
    [-2, 2]. "two_point": x^2/2 with gradient noise `a` of probability p and `-p a / (1 - p)` otherwise; for
    `a > c` and small x the clipped mean vanishes at `p (a - c) / (1 - p)`.
    """
    centres, weights = _points(example, p, a)
    mean = float(np.sum(weights * centres))
    floor = 0.5 * float(np.sum(weights * np.square(centres - mean)))
    middle, rest = constant(mean), constant(floor)

    def value(params: Array) -> Array:
        x, y = params
        miss = x - middle
        return np.asarray(_HALF * (miss * miss + y * y) + rest)

    def grads(params: Array, indices: Indices) -> Array:
        result = np.empty((2, *indices.shape))
        np.subtract(params[0], centres[indices], out=result[0])
        result[1] = params[1]
        return result

    return Problem(
        kind="finite_sum",
        dim=2,
        value=value,
        grad=lambda params: (params[0] - middle, params[1].copy()),
        axis_labels=("x", "y"),
        window=_window(example, centres),
        start=(_START[example], 1.57),
        minimizers=((mean, 0.0),),
        optimal_value=floor,
        examples=Examples(weights=weights, batch_size=batch_size, grads=grads),
        cost=0.5,
    )


_START = {"chen": 7.23, "symmetric": 4.23, "two_point": 2.23}


def _points(example: str, p: float, a: float) -> tuple[Array, Array]:
    """Centres and weights of the examples."""
    if example == "chen":
        return np.array([-3.0, -3.0, 9.0]), np.full(3, 1.0 / 3.0)
    if example == "symmetric":
        return np.array([-3.0, 3.0]), np.full(2, 0.5)
    return np.array([-a, p * a / (1.0 - p)]), np.array([p, 1.0 - p])


def _window(example: str, centres: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    if example == "two_point":
        return (-4.0, 4.0), (-3.0, 3.0)
    margin = 2.0
    return (float(centres.min()) - margin, float(centres.max()) + margin), (-4.0, 4.0)


FINITE_SUMS = (
    Entry(
        kind="finite_sum",
        label="Mean over examples",
        help=(
            "The loss is a mean over two or three examples, and each step sees only a few of them. Clipping "
            "the noisy gradients shifts the point where descent settles; clipping the full mean does not."
        ),
        make=finite_sum,
        formula=r"f(x, y) = \sum_i \pi_i\, \tfrac12 (x - a_i)^2 + \tfrac12 y^2",
        source=(
            "Chen, Wu, Hong: Understanding gradient clipping in private SGD (NeurIPS 2020), Examples 1 and 2; "
            "two-point noise after Koloskova, Hendrikx, Stich: Revisiting gradient clipping (ICML 2023)"
        ),
        parameters=(
            Parameter(
                "example",
                "Example",
                "chen",
                "Three points (-3, -3, 9), the symmetric pair (-3, 3), or two-point gradient noise.",
                type="choice",
                choices=("chen", "symmetric", "two_point"),
            ),
            number(
                "p",
                "Probability p",
                0.2,
                (0.01, 0.5),
                (0.05, 0.5),
                "How often the noise a strikes (two-point only).",
            ),
            number("a", "Noise a", 2.0, (0.1, 100.0), (0.5, 10.0), "The rarer noise (two-point only)."),
            whole("batch_size", "Examples per step", 1, (0, 64), (0, 16), "Drawn at random; 0 takes all of them."),
        ),
        traits={"stochastic": True, "per_example": True},
        plain=(
            plain.finite_sum,
            plain.finite_sum_examples,
            plain.finite_sum_points,
        ),
    ),
)
