"""Gradient noise: what a mini-batch does to a gradient, reduced to one adjustable effect at a time.

The noise of a step depends on (seed, step) alone, so every variant of a comparison has the same luck. It is added
before anything is clipped.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from clipscape.catalog import Catalog, Entry, Parameter, catalog
from clipscape.plain import noises as plain
from clipscape.transforms import IDENTITY, SEED_BLOCK, Array, RowContext, Transform, scratch, seeded_blocks

_GAUSSIAN_TAG, _STUDENT_TAG = 11, 12
"""Streams of random numbers, kept apart from those of the sampling and of the clipping rules."""


def exact() -> Transform:
    """Leave the gradient as it is."""
    return IDENTITY


class _Stream(NamedTuple):
    """State of a noise: the numbers of each step, the next step `(1,)`, and work space `(dim, rows)`."""

    numbers: Any
    step: list[int]
    work: Array


def gaussian(std: Array) -> Transform:
    """Add independent normal noise of standard deviation `std` to every coordinate."""

    def init(context: RowContext) -> _Stream:
        shape = (SEED_BLOCK, context.dim)
        numbers = seeded_blocks(context, _GAUSSIAN_TAG, lambda generator: generator.standard_normal(shape))
        return _Stream(numbers, [0], *scratch(context, vectors=1))

    def update(grad: Array, state: _Stream, _params: Array, out: Array) -> None:
        np.multiply(state.numbers(state.step[0]), std, state.work)
        np.add(grad, state.work, out)
        state.step[0] += 1

    return Transform(init, update)


def _polar_draw(generator: np.random.Generator, dim: int) -> Array:
    """Draw what `student_t` needs for one block: `(SEED_BLOCK, 2, dim)`, -2 log(u) and cos(2 pi v) for uniform u, v."""
    uniform = generator.random((SEED_BLOCK, 2, dim))
    return np.stack([-2.0 * np.log1p(-uniform[:, 0]), np.cos(2.0 * np.pi * uniform[:, 1])], axis=1)


def student_t(dof: Array, scale: Array) -> Transform:
    """Add `scale` times Student t noise with `dof` degrees of freedom to every coordinate.

    Bailey (1994), Polar generation of random variates with the t-distribution: sqrt(dof (u^(-2/dof) - 1)) cos(2 pi v).
    The same uniforms serve every dof, so rows that differ in dof still share their luck.
    """

    def init(context: RowContext) -> _Stream:
        numbers = seeded_blocks(context, _STUDENT_TAG, lambda generator: _polar_draw(generator, context.dim))
        return _Stream(numbers, [0], *scratch(context, vectors=1))

    def update(grad: Array, state: _Stream, _params: Array, out: Array) -> None:
        exponent, direction = state.numbers(state.step[0])
        work = state.work
        np.divide(exponent, dof, work)
        np.expm1(work, work)
        np.multiply(work, dof, work)
        np.sqrt(work, work)
        np.multiply(work, direction, work)
        np.multiply(work, scale, work)
        np.add(grad, work, out)
        state.step[0] += 1

    return Transform(init, update)


def bad_batch(step: Array, factor: Array) -> Transform:
    """Multiply the gradient of the one update that leaves step `step` by `factor`; all others are exact."""

    bad_steps = frozenset(step.astype(int).tolist())

    def init(_context: RowContext) -> list[int]:
        return [0]

    def update(grad: Array, state: list[int], _params: Array, out: Array) -> None:
        if state[0] in bad_steps:
            np.multiply(grad, np.where(step == state[0], factor, 1.0), out)
        else:
            np.copyto(out, grad)
        state[0] += 1

    return Transform(init, update)


def _size(name: str, label: str, help_text: str) -> Parameter:
    return Parameter(
        name=name, label=label, default=0.5, help=help_text, low=0.0, high=1e6, slider_low=0.0, slider_high=5.0
    )


NOISES: Catalog = catalog(
    Entry(
        kind="none",
        label="No noise",
        help="Exact gradients.",
        make=exact,
        formula=r"\hat{g} = g",
        source="Definition.",
        traits={"random": False},
        plain=(plain.exact,),
    ),
    Entry(
        kind="gaussian",
        label="Gaussian noise",
        help="Adds normal noise to every coordinate: many small independent errors, as in a large mini-batch.",
        make=gaussian,
        formula=r"\hat{g} = g + \sigma \xi, \quad \xi_i \sim \mathcal{N}(0, 1)",
        source="Mandt, Hoffman, Blei (2017), Stochastic gradient descent as approximate Bayesian inference.",
        parameters=(_size("std", "Standard deviation", "Of the noise in each coordinate of the gradient."),),
        traits={"random": True},
        plain=(plain.gaussian,),
    ),
    Entry(
        kind="student_t",
        label="Heavy-tailed noise",
        help=(
            "Adds Student t noise: mostly small, now and then enormous. With 2 degrees of freedom or fewer its "
            "variance is infinite, and so is the mean squared error of unclipped descent."
        ),
        make=student_t,
        formula=r"\hat{g} = g + s \xi, \quad \xi_i \sim t_\nu",
        source="Zhang, Karimireddy, Veit et al. (2020), Why are adaptive methods good for attention models?",
        parameters=(
            Parameter(
                name="dof",
                label="Degrees of freedom",
                default=1.5,
                help="The smaller, the heavier the tails: 1 is Cauchy noise, 30 is nearly normal.",
                low=0.5,
                high=1000.0,
                scale="log",
                slider_low=1.0,
                slider_high=30.0,
            ),
            _size("scale", "Scale", "Size of a typical disturbance in each coordinate of the gradient."),
        ),
        traits={"random": True},
        plain=(plain.student_t,),
    ),
    Entry(
        kind="bad_batch",
        label="One bad batch",
        help=(
            "At one step the gradient is multiplied by the factor, as when a corrupted example or a wrong loss scale "
            "blows a batch up; a negative factor points uphill, as wrong labels do. A real bad batch also turns the "
            "gradient; here only its size and sign change, and where the gradient is zero nothing happens."
        ),
        make=bad_batch,
        formula=r"\hat{g}_t = \begin{cases} f g_t & t = k \\ g_t & t \ne k \end{cases}",
        source="A model of a loss spike; see Goodfellow, Bengio, Courville (2016), Deep Learning, section 10.11.1.",
        parameters=(
            Parameter(
                name="step",
                label="Step",
                default=20,
                help="The update that leaves this step is the bad one; 0 is the first.",
                type="int",
                low=0,
                high=5000,
                slider_low=0,
                slider_high=300,
            ),
            Parameter(
                name="factor",
                label="Factor",
                default=100.0,
                help="What the gradient is multiplied by at that step.",
                low=-1e9,
                high=1e9,
                slider_low=-200.0,
                slider_high=200.0,
            ),
        ),
        traits={"random": False},
        plain=(plain.bad_batch,),
    ),
)
