"""Landscapes with walls: the cliff, the canyon, and the exponential cliff of the (L0, L1)-smoothness papers."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from clipscape.catalog import Entry
from clipscape.plain import landscapes as plain
from clipscape.problems.base import Array, InPlaceGradient, Problem, gradient_of
from clipscape.problems.describing import constant, number, pair, positive
from clipscape.problems.minimizer import minimum_near

_ONE = constant(1.0)
_HALF = constant(0.5)

CLIFF_ACROSS, CLIFF_ALONG = 2.0, 0.15
"""How fast the valley of the cliff rises across (x) and along (y) its floor."""


@lru_cache(maxsize=256)
def cliff(height: float, steepness: float, distance: float, angle: float, depth: float) -> Problem:
    """A valley that runs into a wall: `D ln(1 + 2 x^2 + 0.15 y^2) + h sigma(k (x cos phi + y sin phi - d))`.

    The wall stands `distance` behind the minimum and crosses the valley higher up, so descent along the floor meets
    it from below, as in Fig. 8.3 of the book. Half way up the gradient is about `height * steepness / 4`. The far
    slopes grow only like a logarithm: whoever is thrown out there has hardly any gradient left to come back with.

    Of the gradient, the valley's part is computed as `2 D (x, r y) / (x^2 + r y^2 + 1/2)` with `r = 0.15 / 2`.
    """
    normal = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    scale = 0.5 * steepness
    tilt, shift = (scale * normal[0], scale * normal[1]), constant(scale * distance)
    value = _cliff_value(tilt, shift, 0.5 * height, depth)
    prepared = _cliff_gradient(tilt, shift, 0.25 * height * steepness, normal, depth)
    grad = gradient_of(prepared)
    minimizer = minimum_near(value, grad, (0.0, 0.0))
    return Problem(
        kind="cliff",
        dim=2,
        value=value,
        grad=grad,
        axis_labels=("x", "y"),
        window=((-2.6, 1.9), (-1.4, 3.1)),
        start=(-1.29, 1.95),
        minimizers=(minimizer,),
        optimal_value=float(value(np.array(minimizer))),
        prepared=prepared,
        cost=1.0,
    )


def _cliff_value(tilt: tuple[float, float], shift: Array, half_height: float, depth: float) -> Callable[[Array], Array]:
    """The height; the wall is `tanh(tilt . (x, y) - shift)`: -1 before it, 1 behind it."""
    across, along, up, deep = (constant(factor) for factor in (CLIFF_ACROSS, CLIFF_ALONG, half_height, depth))
    tilt_x, tilt_y = (constant(factor) for factor in tilt)

    def value(params: Array) -> Array:
        x, y = params
        valley = across * x
        valley *= x
        valley += along * y * y
        valley = np.log1p(valley)
        valley *= deep
        wall = tilt_x * x
        wall += tilt_y * y
        wall -= shift
        wall = np.tanh(wall)
        wall += _ONE
        wall *= up
        valley += wall
        return np.asarray(valley)

    return value


def _cliff_gradient(
    tilt: tuple[float, float], shift: Array, peak: float, normal: tuple[float, float], depth: float
) -> Callable[[tuple[int, ...]], InPlaceGradient]:
    """The gradient, prepared for a shape: constants as large as the params, both coordinates in one call.

    Most comparisons have a handful of rows, where a call of numpy costs the same for two coordinates as for one, and
    where combining arrays of different shapes costs four times as much.
    """
    inverse, twice_depth = constant(1.0 / CLIFF_ACROSS), constant(2.0 * depth)

    def prepare(shape: tuple[int, ...]) -> InPlaceGradient:
        ratios = pair((1.0, CLIFF_ALONG / CLIFF_ACROSS), shape)
        tilts, pushes = pair(tilt, shape), pair((peak * normal[0], peak * normal[1]), shape)
        work, factors = np.empty(shape), np.empty(shape)
        work_x, work_y, factor_x, factor_y = work[0, ...], work[1, ...], factors[0, ...], factors[1, ...]
        multiply, add, subtract, divide, tanh = np.multiply, np.add, np.subtract, np.divide, np.tanh

        def write(params: Array, out: Array) -> None:
            multiply(ratios, params, out)
            multiply(out, params, work)
            add(work_x, work_y, work_x)
            add(work_x, inverse, work_x)
            divide(twice_depth, work_x, factor_x)
            factor_y[...] = factor_x
            multiply(out, factors, out)
            multiply(tilts, params, work)
            add(work_x, work_y, work_x)
            subtract(work_x, shift, work_x)
            tanh(work_x, work_x)
            multiply(work_x, work_x, work_x)
            subtract(_ONE, work_x, factor_x)
            factor_y[...] = factor_x
            multiply(pushes, factors, factors)
            add(out, factors, out)

        return write

    return prepare


def canyon(height: float, steepness: float, width: float, bend: float, depth: float) -> Problem:
    """A winding canyon: `D ln(1 + u^2 + y^2/4) + h [sigma(k (u - w)) + sigma(-k (u + w))]` with `u = x - c sin y`.

    Two walls stand `2 width` apart and follow the bends of the floor; the minimum is the origin by symmetry.
    """
    amplitude, quarter, twice_depth = constant(bend), constant(0.25), constant(2.0 * depth)
    scale, gap = constant(0.5 * steepness), constant(0.5 * steepness * width)
    peak, half_height, valley_depth = constant(0.25 * height * steepness), constant(0.5 * height), constant(depth)

    def value(params: Array) -> Array:
        x, y = params
        across = x - amplitude * np.sin(y)
        steep = scale * across
        walls = (_ONE + np.tanh(steep - gap)) + (_ONE + np.tanh(-steep - gap))
        return np.asarray(valley_depth * np.log1p(across * across + quarter * y * y) + half_height * walls)

    def grad(params: Array) -> tuple[Array, Array]:
        x, y = params
        across = x - amplitude * np.sin(y)
        grad_y = quarter * y
        valley = across * across
        valley += grad_y * y
        valley += _ONE
        valley = twice_depth / valley
        steep = scale * across
        left, right = np.tanh(-steep - gap), np.tanh(steep - gap)
        grad_x = across * valley
        grad_x += peak * (left * left - right * right)
        grad_y *= valley
        grad_y -= grad_x * (amplitude * np.cos(y))
        return grad_x, grad_y

    return Problem(
        kind="canyon",
        dim=2,
        value=value,
        grad=grad,
        axis_labels=("x", "y"),
        window=((-2.6, 2.6), (-0.8, 4.4)),
        start=(-0.83, 3.93),
        minimizers=((0.0, 0.0),),
        optimal_value=float(value(np.zeros(2))),
        cost=2.5,
    )


def exponential_cliff(l0: float, l1: float) -> Problem:
    """Curvature that grows with the slope: `f'' = L1 |f'|` outside `|x| <= 1/L1`, a parabola inside, plus `L0 y^2 / 2`.

    It satisfies `|f''| <= L0 + L1 |f'|`, and no plain smoothness bound: a fixed step must be tiny here, a clipped one
    need not be (Zhang et al., 2020). On the line y = 0 it is their one-dimensional function.
    """
    rate, curvature = constant(l1), constant(l0)
    slope, level = constant(l0 / l1), constant(0.5 * l0 / l1 / l1)

    def value(params: Array) -> Array:
        x, y = params
        reach = rate * np.abs(x)
        inside = np.fmin(reach, 1.0)
        steep = np.exp(np.maximum(reach - _ONE, 0.0))
        return np.asarray(level * (inside * inside + _ONE) * steep + _HALF * curvature * y * y)

    def grad(params: Array) -> tuple[Array, Array]:
        x, y = params
        reach = rate * np.abs(x)
        inside = np.fmin(reach, 1.0)
        steep = np.exp(np.maximum(reach - _ONE, 0.0))
        return np.copysign(slope * inside * steep, x), curvature * y

    return Problem(
        kind="exponential_cliff",
        dim=2,
        value=value,
        grad=grad,
        axis_labels=("x", "y"),
        window=((-8.0, 8.0), (-4.0, 4.0)),
        start=(7.03, 2.57),
        minimizers=((0.0, 0.0),),
        optimal_value=0.5 * l0 / l1 / l1,
        cost=0.7,
    )


_BOOK = "Goodfellow, Bengio, Courville: Deep Learning (2016), section 8.2.4 and Fig. 8.3"

CLIFFS = (
    Entry(
        kind="cliff",
        label="The cliff",
        help=(
            "A gentle valley whose floor runs into a wall. The gradient on the wall is hundreds of times larger "
            "than in the valley, so a single unclipped step throws the descent off the map."
        ),
        make=cliff,
        formula=(
            r"f(x, y) = D \ln\left(1 + 2 x^2 + 0.15\, y^2\right)"
            r" + h\, \sigma\!\left(k\, (x \cos\varphi + y \sin\varphi - d)\right),"
            r" \quad \sigma(z) = \frac{1}{1 + e^{-z}}"
        ),
        source=_BOOK,
        parameters=(
            number("height", "Wall height h", 40.0, (0.0, 200.0), (0.0, 80.0), "How high the wall rises."),
            positive("steepness", "Steepness k", 80.0, (5.0, 400.0), (10.0, 200.0), "The wall is about 4/k wide."),
            number("distance", "Distance d", 0.3, (0.2, 2.0), (0.2, 1.0), "From the origin to the middle of the wall."),
            number("angle", "Angle of the wall", 20.0, (0.0, 90.0), (0.0, 60.0), "In degrees; 0 faces the x axis."),
            positive("depth", "Valley depth D", 3.0, (0.1, 20.0), (0.5, 10.0), "Scales the slopes of the valley."),
        ),
        traits={"stochastic": False, "per_example": False},
        plain=(plain.cliff, plain.cliff_gradient),
    ),
    Entry(
        kind="canyon",
        label="Winding canyon",
        help=(
            "A floor that winds between two walls. An unclipped step off one wall flies over the other; "
            "clipped steps touch the walls and follow the bends down to the minimum."
        ),
        make=canyon,
        formula=(
            r"f(x, y) = D \ln\left(1 + u^2 + \tfrac14 y^2\right)"
            r" + h \left[\sigma\!\left(k\,(u - w)\right) + \sigma\!\left(-k\,(u + w)\right)\right],"
            r" \quad u = x - c \sin y"
        ),
        source=_BOOK,
        parameters=(
            number("height", "Wall height h", 20.0, (0.0, 200.0), (0.0, 80.0), "How high both walls rise."),
            positive("steepness", "Steepness k", 80.0, (5.0, 400.0), (10.0, 200.0), "Each wall is about 4/k wide."),
            number("width", "Half width w", 0.3, (0.2, 1.5), (0.2, 1.0), "From the floor to the middle of a wall."),
            number("bend", "Bend c", 1.2, (-2.0, 2.0), (0.0, 1.5), "How far the canyon swings to either side."),
            positive("depth", "Valley depth D", 3.0, (0.1, 20.0), (0.5, 10.0), "Scales the slope of the floor."),
        ),
        traits={"stochastic": False, "per_example": False},
        plain=(plain.canyon, plain.canyon_gradient),
    ),
    Entry(
        kind="exponential_cliff",
        label="Exponential cliff",
        help=(
            "The slope grows exponentially with the distance, so no fixed learning rate suits both the far field and "
            "the bottom. The theory of why clipping helps is built on functions like this one."
        ),
        make=exponential_cliff,
        formula=(
            r"f(x, y) = \tfrac12 L_0 y^2 + \begin{cases}"
            r"\frac{L_0}{L_1^2}\, e^{L_1 |x| - 1} & |x| > \frac{1}{L_1} \\"
            r"\frac12 L_0 x^2 + \frac{L_0}{2 L_1^2} & \text{otherwise}\end{cases}"
        ),
        source="Zhang, He, Sra, Jadbabaie: Why gradient clipping accelerates training (ICLR 2020), Definition 1",
        parameters=(
            positive("l0", "Curvature L₀", 1.0, (0.01, 10.0), (0.1, 10.0), "Curvature at the bottom."),
            positive("l1", "Growth L₁", 1.0, (0.1, 5.0), (0.25, 2.0), "How fast curvature grows with the slope."),
        ),
        traits={"stochastic": False, "per_example": False},
        plain=(plain.exponential_cliff, plain.exponential_cliff_gradient),
    ),
)
