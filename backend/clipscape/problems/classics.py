"""Well-known landscapes: quadratic bowl, quartic, ravine, and the functions of Rosenbrock, Beale and Himmelblau."""

from __future__ import annotations

import math

import numpy as np

from clipscape.catalog import Entry
from clipscape.plain import landscapes as plain
from clipscape.problems.base import Array, Problem
from clipscape.problems.describing import constant, number, positive

_PLAIN = {"stochastic": False, "per_example": False}


def quadratic(curvature_x: float, curvature_y: float) -> Problem:
    """`(a x^2 + b y^2) / 2`: descent multiplies each coordinate by `1 - learning_rate * curvature` per step."""
    a, b = constant(curvature_x), constant(curvature_y)
    half_a, half_b = constant(0.5 * curvature_x), constant(0.5 * curvature_y)
    return Problem(
        kind="quadratic",
        dim=2,
        value=lambda params: np.asarray(half_a * params[0] * params[0] + half_b * params[1] * params[1]),
        grad=lambda params: (a * params[0], b * params[1]),
        axis_labels=("x", "y"),
        window=((-6.0, 6.0), (-4.5, 4.5)),
        start=(5.03, 3.57),
        minimizers=((0.0, 0.0),),
        optimal_value=0.0,
        cost=0.15,
    )


def quartic(coefficient: float) -> Problem:
    """`a x^4 + y^2 / 2`: descent from (x0, 0) diverges exactly when `2 learning_rate a x0^2 > 1`."""
    a, four_a, half = constant(coefficient), constant(4.0 * coefficient), constant(0.5)

    def value(params: Array) -> Array:
        x, y = params
        square = x * x
        return np.asarray(a * square * square + half * y * y)

    return Problem(
        kind="quartic",
        dim=2,
        value=value,
        grad=lambda params: (four_a * params[0] * params[0] * params[0], params[1].copy()),
        axis_labels=("x", "y"),
        window=((-3.0, 3.0), (-2.25, 2.25)),
        start=(2.53, 1.57),
        minimizers=((0.0, 0.0),),
        optimal_value=0.0,
        cost=0.25,
    )


def ravine(steep: float, flat: float, angle: float) -> Problem:
    """`(a u^2 + b v^2) / 2` with (u, v) the coordinates turned by `angle`: narrow, slanted, badly conditioned."""
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    xx = constant(steep * cosine * cosine + flat * sine * sine)
    yy = constant(steep * sine * sine + flat * cosine * cosine)
    xy, half = constant((steep - flat) * sine * cosine), constant(0.5)
    to_u, to_v = constant(cosine), constant(sine)
    a, b = constant(steep), constant(flat)

    def value(params: Array) -> Array:
        x, y = params
        u, v = to_u * x + to_v * y, to_u * y - to_v * x
        return np.asarray(half * (a * u * u + b * v * v))

    def grad(params: Array) -> tuple[Array, Array]:
        x, y = params
        return xx * x + xy * y, xy * x + yy * y

    return Problem(
        kind="ravine",
        dim=2,
        value=value,
        grad=grad,
        axis_labels=("x", "y"),
        window=((-4.0, 4.0), (-3.0, 3.0)),
        start=(-3.23, 2.37),
        minimizers=((0.0, 0.0),),
        optimal_value=0.0,
        cost=0.4,
    )


def rosenbrock(a: float, b: float) -> Problem:
    """Rosenbrock's curved valley `(a - x)^2 + b (y - x^2)^2` with its minimum at (a, a^2)."""
    target, twice, four_b, twice_b = constant(a), constant(2.0), constant(4.0 * b), constant(2.0 * b)
    weight = constant(b)

    def value(params: Array) -> Array:
        x, y = params
        miss, rise = target - x, y - x * x
        return np.asarray(miss * miss + weight * rise * rise)

    def grad(params: Array) -> tuple[Array, Array]:
        x, y = params
        rise = y - x * x
        return twice * (x - target) - four_b * x * rise, twice_b * rise

    return Problem(
        kind="rosenbrock",
        dim=2,
        value=value,
        grad=grad,
        axis_labels=("x", "y"),
        window=((-2.0, 2.0), (-1.0, 3.0)),
        start=(-1.23, 1.07),
        minimizers=((a, a * a),),
        optimal_value=0.0,
        cost=0.5,
    )


def beale() -> Problem:
    """Beale's function: `sum over i = 1..3 of (c_i - x + x y^i)^2`, flat in the middle, with steep corners."""
    c1, c2, c3 = constant(1.5), constant(2.25), constant(2.625)
    one, twice, thrice = constant(1.0), constant(2.0), constant(3.0)

    def residuals(params: Array) -> tuple[Array, Array, Array, Array, Array]:
        x, y = params
        square = y * y
        cube = square * y
        return c1 - x * (one - y), c2 - x * (one - square), c3 - x * (one - cube), square, cube

    def value(params: Array) -> Array:
        first, second, third, _, _ = residuals(params)
        return np.asarray(first * first + second * second + third * third)

    def grad(params: Array) -> tuple[Array, Array]:
        x, y = params
        first, second, third, square, cube = residuals(params)
        across = first * (y - one) + second * (square - one) + third * (cube - one)
        along = first + twice * y * second + thrice * square * third
        return twice * across, twice * x * along

    return Problem(
        kind="beale",
        dim=2,
        value=value,
        grad=grad,
        axis_labels=("x", "y"),
        window=((-4.5, 4.5), (-4.5, 4.5)),
        start=(1.03, 1.57),
        minimizers=((3.0, 0.5),),
        optimal_value=0.0,
        cost=1.4,
    )


HIMMELBLAU_MINIMIZERS = (
    (3.0, 2.0),
    (-2.805118086952745, 3.131312518250573),
    (-3.779310253377747, -3.283185991286170),
    (3.584428340330492, -1.848126526964404),
)


def himmelblau() -> Problem:
    """Himmelblau's function `(x^2 + y - 11)^2 + (x + y^2 - 7)^2`: four equally good minima."""
    eleven, seven, twice, four = constant(11.0), constant(7.0), constant(2.0), constant(4.0)

    def value(params: Array) -> Array:
        x, y = params
        first, second = x * x + y - eleven, x + y * y - seven
        return np.asarray(first * first + second * second)

    def grad(params: Array) -> tuple[Array, Array]:
        x, y = params
        first, second = x * x + y - eleven, x + y * y - seven
        return four * x * first + twice * second, twice * first + four * y * second

    return Problem(
        kind="himmelblau",
        dim=2,
        value=value,
        grad=grad,
        axis_labels=("x", "y"),
        window=((-5.0, 5.0), (-5.0, 5.0)),
        start=(0.55, -4.53),
        minimizers=HIMMELBLAU_MINIMIZERS,
        optimal_value=0.0,
        cost=0.75,
    )


CLASSICS = (
    Entry(
        kind="quadratic",
        label="Quadratic bowl",
        help=(
            "The plainest loss. Clipping only changes how descent comes in from far away: equal steps first, then the "
            "usual geometric decay. With too large a learning rate clipping bounds the motion but does not stop it."
        ),
        make=quadratic,
        formula=r"f(x, y) = \tfrac12 \left(a x^2 + b y^2\right)",
        source="Nesterov: Lectures on Convex Optimization (2018), section 2.1",
        parameters=(
            positive("curvature_x", "Curvature a", 1.0, (0.01, 100.0), (0.1, 30.0), "Curvature along x."),
            positive("curvature_y", "Curvature b", 0.4, (0.01, 100.0), (0.1, 30.0), "Curvature along y."),
        ),
        traits=_PLAIN,
        plain=(plain.quadratic, plain.quadratic_gradient),
    ),
    Entry(
        kind="quartic",
        label="Quartic bowl",
        help=(
            "Flat at the bottom and ever steeper outside: one learning rate converges or explodes depending only on "
            "where the descent starts. Clipping removes that dependence."
        ),
        make=quartic,
        formula=r"f(x, y) = a x^4 + \tfrac12 y^2",
        source="Zhang, He, Sra, Jadbabaie: Why gradient clipping accelerates training (ICLR 2020), section 2",
        parameters=(
            positive("coefficient", "Coefficient a", 1.0, (0.01, 100.0), (0.1, 10.0), "Scales the quartic part."),
        ),
        traits=_PLAIN,
        plain=(plain.quartic, plain.quartic_gradient),
    ),
    Entry(
        kind="ravine",
        label="Slanted ravine",
        help=(
            "A long narrow bowl that lies askew to the axes. Value clipping turns the gradient here, because it cuts "
            "the two coordinates by different amounts; norm clipping keeps the direction."
        ),
        make=ravine,
        formula=(
            r"f(x, y) = \tfrac12 \left(a u^2 + b v^2\right),"
            r" \quad u = x \cos\varphi + y \sin\varphi, \quad v = y \cos\varphi - x \sin\varphi"
        ),
        source="Goodfellow, Bengio, Courville: Deep Learning (2016), sections 4.3.1 and 8.2.1",
        parameters=(
            positive("steep", "Steep curvature a", 18.0, (0.01, 1000.0), (1.0, 100.0), "Curvature across the ravine."),
            positive("flat", "Flat curvature b", 0.3, (0.001, 100.0), (0.01, 10.0), "Curvature along the ravine."),
            number("angle", "Angle", 60.0, (-180.0, 180.0), (0.0, 90.0), "From the x axis to the steep direction."),
        ),
        traits=_PLAIN,
        plain=(plain.ravine, plain.ravine_gradient),
    ),
    Entry(
        kind="rosenbrock",
        label="Rosenbrock's valley",
        help=(
            "A curved valley with steep sides and an almost flat floor. Unclipped steps explode on the sides; clipped "
            "ones reach the floor and then bounce in a band as wide as the step."
        ),
        make=rosenbrock,
        formula=r"f(x, y) = (a - x)^2 + b \left(y - x^2\right)^2",
        source="Rosenbrock: An automatic method for finding the greatest or least value of a function (1960)",
        parameters=(
            number("a", "Minimum a", 1.0, (0.0, 1.5), (0.0, 1.5), "The minimum lies at x = a, y = a²."),
            positive("b", "Steepness b", 100.0, (0.1, 1000.0), (1.0, 300.0), "How steep the sides are."),
        ),
        traits=_PLAIN,
        plain=(plain.rosenbrock, plain.rosenbrock_gradient),
    ),
    Entry(
        kind="beale",
        label="Beale's function",
        help=(
            "Nearly flat in the middle with corners more than 100,000 high: a long plateau and explosive gradients "
            "on one map."
        ),
        make=beale,
        formula=(r"f(x, y) = (1.5 - x + x y)^2 + \left(2.25 - x + x y^2\right)^2 + \left(2.625 - x + x y^3\right)^2"),
        source="Beale: On an iterative method for finding a local minimum of a function of several variables (1958)",
        traits=_PLAIN,
        plain=(plain.beale, plain.beale_gradient),
    ),
    Entry(
        kind="himmelblau",
        label="Himmelblau's function",
        help="Four equally deep minima. Which one a descent finds depends on its steps, and so on the clipping.",
        make=himmelblau,
        formula=r"f(x, y) = \left(x^2 + y - 11\right)^2 + \left(x + y^2 - 7\right)^2",
        source="Himmelblau: Applied Nonlinear Programming (1972)",
        traits=_PLAIN,
        plain=(plain.himmelblau, plain.himmelblau_gradient),
    ),
)
