"""Learning-rate schedules: a factor for every step and row, multiplied with the learning rate.

A schedule is made from arrays `(rows,)` and answers `factor(steps, n_steps)` with shape `(len(steps), rows)`. Step 0 is
the first update. Every schedule may start with a linear warm-up; the decay then counts from the end of the warm-up.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from clipscape.catalog import Catalog, Entry, Parameter, catalog
from clipscape.plain import schedules as plain

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]
Schedule = Callable[[Steps, int], Array]


def _warmed_up(warmup_steps: Array, decay: Callable[[Array, Array], Array]) -> Schedule:
    """Join a linear warm-up, factor (step + 1) / warmup_steps, and `decay(elapsed, length)` after it.

    `elapsed` `(n, rows)` counts the steps since the warm-up ended (0 while it lasts), `length` `(rows,)` is how many
    steps follow the warm-up (at least 1).
    """

    def factor(steps: Steps, n_steps: int) -> Array:
        column = np.asarray(steps, dtype=np.float64)[:, None]
        ramp = np.minimum(1.0, (column + 1.0) / np.maximum(warmup_steps, 1.0))
        elapsed = np.maximum(0.0, column - warmup_steps)
        return ramp * decay(elapsed, np.maximum(1.0, n_steps - warmup_steps))

    return factor


def constant(warmup_steps: Array) -> Schedule:
    """Factor 1 after the warm-up."""
    return _warmed_up(warmup_steps, lambda elapsed, _length: np.ones_like(elapsed))


def step_decay(drop: Array, every: Array, warmup_steps: Array) -> Schedule:
    """`drop ** floor(elapsed / every)`."""
    return _warmed_up(warmup_steps, lambda elapsed, _length: drop ** np.floor(elapsed / every))


def exponential_decay(decay: Array, warmup_steps: Array) -> Schedule:
    """`decay ** elapsed`."""
    return _warmed_up(warmup_steps, lambda elapsed, _length: decay**elapsed)


def inverse_time_decay(decay: Array, warmup_steps: Array) -> Schedule:
    """`1 / (1 + decay * elapsed)`: the sum of the steps is infinite, the sum of their squares is not."""
    return _warmed_up(warmup_steps, lambda elapsed, _length: 1.0 / (1.0 + decay * elapsed))


def cosine_decay(final_factor: Array, warmup_steps: Array) -> Schedule:
    """Half a cosine from 1 down to `final_factor`, which is reached when the last step has been taken."""

    def decay(elapsed: Array, length: Array) -> Array:
        progress = np.minimum(1.0, elapsed / length)
        return final_factor + (1.0 - final_factor) * 0.5 * (1.0 + np.cos(np.pi * progress))

    return _warmed_up(warmup_steps, decay)


_WARMUP = Parameter(
    name="warmup_steps",
    label="Warm-up steps",
    default=0,
    help="The learning rate grows linearly over this many steps, then the schedule begins. 0: no warm-up.",
    type="int",
    low=0,
    high=5000,
    slider_low=0,
    slider_high=200,
)

SCHEDULES: Catalog = catalog(
    Entry(
        kind="constant",
        label="Constant",
        help="The learning rate stays as it is.",
        make=constant,
        formula=r"\eta_t = \eta",
        source="Definition; warm-up as in Goyal et al. (2017), Accurate, large minibatch SGD.",
        parameters=(_WARMUP,),
        plain=(plain.constant,),
    ),
    Entry(
        kind="step",
        label="Step decay",
        help="The learning rate is multiplied by the drop once every so many steps.",
        make=step_decay,
        formula=r"\eta_t = \eta \, d^{\lfloor t / k \rfloor}",
        source="PyTorch StepLR.",
        parameters=(
            Parameter(name="drop", label="Drop", default=0.5, help="Factor at every drop.", low=0.0, high=1.0),
            Parameter(
                name="every",
                label="Every",
                default=100,
                help="Steps from one drop to the next.",
                type="int",
                low=1,
                high=5000,
                scale="log",
                slider_low=1,
                slider_high=1000,
            ),
            _WARMUP,
        ),
        plain=(plain.step_decay,),
    ),
    Entry(
        kind="exponential",
        label="Exponential decay",
        help="The learning rate shrinks by the same share at every step.",
        make=exponential_decay,
        formula=r"\eta_t = \eta \, \gamma^t",
        source="PyTorch ExponentialLR.",
        parameters=(
            Parameter(
                name="decay",
                label="Decay",
                default=0.99,
                help="Factor from one step to the next.",
                low=0.0,
                high=1.0,
                slider_low=0.9,
                slider_high=1.0,
            ),
            _WARMUP,
        ),
        plain=(plain.exponential_decay,),
    ),
    Entry(
        kind="inverse_time",
        label="Inverse time decay",
        help=(
            "The learning rate falls like one over the number of steps: slowly enough to get anywhere, "
            "fast enough to average noise out."
        ),
        make=inverse_time_decay,
        formula=r"\eta_t = \frac{\eta}{1 + k t}",
        source="Robbins, Monro (1951), A stochastic approximation method; Keras InverseTimeDecay with decay_steps 1.",
        parameters=(
            Parameter(
                name="decay",
                label="Decay",
                default=0.01,
                help="How fast it falls: the learning rate is halved after 1 / decay steps.",
                low=0.0,
                high=100.0,
                slider_low=0.0,
                slider_high=1.0,
            ),
            _WARMUP,
        ),
        plain=(plain.inverse_time_decay,),
    ),
    Entry(
        kind="cosine",
        label="Cosine decay",
        help="Half a cosine from the full learning rate down to the final factor at the end of the run.",
        make=cosine_decay,
        formula=r"\eta_t = \eta \left(f + (1 - f) \frac{1 + \cos(\pi t / T)}{2}\right)",
        source="Loshchilov, Hutter (2017), SGDR: stochastic gradient descent with warm restarts (one period).",
        parameters=(
            Parameter(
                name="final_factor",
                label="Final factor",
                default=0.0,
                help="Share of the learning rate that is left at the end.",
                low=0.0,
                high=1.0,
            ),
            _WARMUP,
        ),
        plain=(plain.cosine_decay,),
    ),
)
