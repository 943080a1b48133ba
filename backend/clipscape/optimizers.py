"""Optimizers: how the (clipped) gradient becomes a direction.

The loop then takes `params -= learning_rate * factor * direction`. Conventions are PyTorch's: the momentum trace is
`momentum * trace + grad` (no damping), and epsilon is added outside the square root. Keras puts the learning rate
inside its velocity, which is the same while the learning rate is constant. Arrays are `(dim, rows)`, hyperparameters
`(rows,)`; every update works in place because a fresh array costs as much as the arithmetic at these sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from clipscape.catalog import Catalog, Entry, Line, Lines, Parameter, catalog
from clipscape.plain import optimizers as plain
from clipscape.transforms import IDENTITY, Array, RowContext, Transform, scratch

_ONE = np.array(1.0)
"""As an array, because numpy converts a Python number at every call."""


def sgd() -> Transform:
    """Use the gradient itself as the direction."""
    return IDENTITY


def heavy_ball(momentum: Array) -> Transform:
    """`trace = momentum * trace + grad` (Polyak, 1964).

    Under a constant gradient the direction grows towards grad / (1 - momentum).
    """

    def init(context: RowContext) -> Array:
        return np.zeros((context.dim, context.rows))

    def update(grad: Array, trace: Array, _params: Array, out: Array) -> None:
        np.multiply(trace, momentum, trace)
        np.add(trace, grad, trace)
        np.copyto(out, trace)

    return Transform(init, update, memory=lambda trace: {"m": trace})


def nesterov(momentum: Array) -> Transform:
    """`direction = grad + momentum * trace`, the heavy-ball trace already holding `grad` (Sutskever et al., 2013)."""

    def init(context: RowContext) -> Array:
        return np.zeros((context.dim, context.rows))

    def update(grad: Array, trace: Array, _params: Array, out: Array) -> None:
        np.multiply(trace, momentum, trace)
        np.add(trace, grad, trace)
        np.multiply(trace, momentum, out)
        np.add(out, grad, out)

    return Transform(init, update, memory=lambda trace: {"m": trace})


def adagrad(epsilon: Array) -> Transform:
    """`direction = grad / (sqrt(sum of grad^2 so far) + epsilon)` (Duchi, Hazan, Singer, 2011). The sum starts at 0."""

    def init(context: RowContext) -> list[Array]:
        return scratch(context, vectors=2)

    def update(grad: Array, state: list[Array], _params: Array, out: Array) -> None:
        total, work = state
        np.multiply(grad, grad, work)
        np.add(total, work, total)
        np.sqrt(total, work)
        np.add(work, epsilon, work)
        np.divide(grad, work, out)

    return Transform(init, update, memory=lambda state: {"s": state[0]})


def rmsprop(decay: Array, epsilon: Array) -> Transform:
    """`direction = grad / (sqrt(mean) + epsilon)` with `mean = decay * mean + (1 - decay) * grad^2`.

    Tieleman and Hinton (2012). The mean starts at 0 and is not corrected for that.
    """
    fresh = 1.0 - decay

    def init(context: RowContext) -> list[Array]:
        return scratch(context, vectors=2)

    def update(grad: Array, state: list[Array], _params: Array, out: Array) -> None:
        mean_square, work = state
        np.multiply(grad, grad, work)
        np.multiply(work, fresh, work)
        np.multiply(mean_square, decay, mean_square)
        np.add(mean_square, work, mean_square)
        np.sqrt(mean_square, work)
        np.add(work, epsilon, work)
        np.divide(grad, work, out)

    return Transform(init, update, memory=lambda state: {"v": state[0]})


class _Moments(NamedTuple):
    """State of Adam: running means `(dim, rows)`, the powers beta^t `(rows,)` of their bias corrections, work space."""

    mean: Array
    mean_square: Array
    work: Array
    power_1: Array
    power_2: Array
    correction: Array


def _moments(context: RowContext) -> _Moments:
    mean, mean_square, work, correction = scratch(context, vectors=3, numbers=1)
    return _Moments(mean, mean_square, work, np.ones(context.rows), np.ones(context.rows), correction)


def _moments_shown(state: _Moments) -> dict[str, Array]:
    corrections = {"c1": _ONE - state.power_1, "c2": _ONE - state.power_2}
    return {"m": state.mean, "v": state.mean_square, **corrections}


def adam(beta_1: Array, beta_2: Array, epsilon: Array) -> Transform:
    """Bias-corrected mean of the gradient over the root of the bias-corrected mean square (Kingma & Ba, 2015).

    The powers beta^t are kept as running products: two multiplications a step instead of two calls of `power`.
    """
    fresh_1, fresh_2 = 1.0 - beta_1, 1.0 - beta_2

    def update(grad: Array, state: _Moments, _params: Array, out: Array) -> None:
        mean, mean_square, work, power_1, power_2, correction = state
        np.multiply(grad, fresh_1, work)
        np.multiply(mean, beta_1, mean)
        np.add(mean, work, mean)
        np.multiply(grad, grad, work)
        np.multiply(work, fresh_2, work)
        np.multiply(mean_square, beta_2, mean_square)
        np.add(mean_square, work, mean_square)
        np.multiply(power_2, beta_2, power_2)
        np.subtract(_ONE, power_2, correction)
        np.divide(mean_square, correction, work)
        np.sqrt(work, work)
        np.add(work, epsilon, work)
        np.divide(mean, work, out)
        np.multiply(power_1, beta_1, power_1)
        np.subtract(_ONE, power_1, correction)
        np.divide(out, correction, out)

    return Transform(_moments, update, memory=_moments_shown)


def adamw(beta_1: Array, beta_2: Array, epsilon: Array, weight_decay: Array) -> Transform:
    """Adam's direction plus `weight_decay * params`, which is not divided by the root mean square.

    Loshchilov and Hutter (2019).
    """
    inner = adam(beta_1, beta_2, epsilon)

    def update(grad: Array, state: _Moments, params: Array, out: Array) -> None:
        inner.update(grad, state, params, out)
        np.multiply(params, weight_decay, state.work)
        np.add(out, state.work, out)

    return Transform(inner.init, update, memory=inner.memory)


def _direction(make: Callable[..., Transform]) -> Callable[..., Transform]:
    """Accept all parameters of an entry: the learning rate belongs to the loop, not to the direction."""

    def made(learning_rate: Array | None = None, **params: Array) -> Transform:
        return make(**params)

    return made


def _spelled(torch: str, keras: str, optax: str, note: str = "") -> Lines:
    """Write out what all optimizers have in common."""
    for short, whole in _COMMON.items():
        torch, keras, optax = (text.replace(short, whole) for text in (torch, keras, optax))
    return Lines(f"torch.optim.{torch}", f"keras.optimizers.{keras}", f"optax.{optax}", note, torch_when={})


_COMMON = {
    "{model}": "model.parameters(), lr={learning_rate}",
    "{rate}": "learning_rate={learning_rate}",
    "{eta}": "{learning_rate}",
    "{betas}": "betas=({beta_1}, {beta_2}), eps={epsilon}",
    "{moments}": "beta_1={beta_1}, beta_2={beta_2}, epsilon={epsilon}",
    "{short}": "b1={beta_1}, b2={beta_2}, eps={epsilon}",
}
_KERAS_ADAM = "Keras adds epsilon before it corrects the mean square."


def _learning_rate(default: float = 0.1) -> Parameter:
    return Parameter(
        name="learning_rate",
        label="Learning rate",
        default=default,
        help="How far a step goes: the step is this number times the direction. For plain descent the direction is the "
        "gradient that the clip lets through.",
        low=1e-6,
        high=100.0,
        scale="log",
        slider_low=1e-3,
        slider_high=3.0,
        role="learning_rate",
        symbol="η",
    )


def _share(name: str, label: str, symbol: str, default: float, help_text: str) -> Parameter:
    return Parameter(
        name=name,
        label=label,
        symbol=symbol,
        default=default,
        help=help_text,
        low=0.0,
        high=0.99999,
        slider_low=0.0,
        slider_high=0.999,
    )


def _epsilon(default: float) -> Parameter:
    return Parameter(
        name="epsilon",
        label="Epsilon",
        default=default,
        help="Added to the root, so that a vanishing gradient is not divided by zero.",
        low=1e-15,
        high=1.0,
        scale="log",
        slider_low=1e-10,
        slider_high=1.0,
        symbol="ε",
    )


_OF_SQUARES = "Share of the running mean of the squared gradient kept from step to step."
_MOMENTUM = _share(
    "momentum", "Momentum", "μ", 0.9, "Share of the trace kept from step to step. At 0.9 steps grow tenfold."
)
_BETA_1 = _share("beta_1", "Beta 1", "β₁", 0.9, "Share of the running mean of the gradient kept from step to step.")
_BETA_2 = _share("beta_2", "Beta 2", "β₂", 0.999, _OF_SQUARES)
_DECAY = _share("decay", "Decay", "ρ", 0.9, _OF_SQUARES)
_WEIGHT_DECAY = Parameter(
    name="weight_decay",
    label="Weight decay",
    default=0.01,
    help="Share of the parameters removed per unit of learning rate.",
    low=0.0,
    high=100.0,
    slider_low=0.0,
    slider_high=1.0,
    symbol="λ",
)
_ADAM_FORMULA = r"d = \frac{m_t / (1 - \beta_1^t)}{\sqrt{v_t / (1 - \beta_2^t)} + \varepsilon}"
_TRACE = Line("m", "Momentum", "momentum * m + g")
_MOMENTS = (
    Line("m", "Mean", "beta_1 * m + (1 - beta_1) * g"),
    Line("v", "Mean square", "beta_2 * v + (1 - beta_2) * g^2"),
    Line("c1", "Correction of m", "1 - beta_1^t"),
    Line("c2", "Correction of v", "1 - beta_2^t"),
)
_ADAM_DIRECTION = "(m / c1) / (sqrt(v / c2) + epsilon)"


def _direction_line(formula: str) -> Line:
    return Line("d", "Direction", formula)


OPTIMIZERS: Catalog = catalog(
    Entry(
        kind="sgd",
        label="Gradient descent",
        help="Step straight down the gradient. With a norm clip no step is longer than learning rate × threshold.",
        make=_direction(sgd),
        formula=r"d = g",
        source="Robbins, Monro (1951), A stochastic approximation method.",
        parameters=(_learning_rate(),),
        lines=(_direction_line("g"),),
        plain=(plain.sgd,),
        spelled=_spelled("SGD({model})", "SGD({rate})", "sgd({eta})"),
    ),
    Entry(
        kind="momentum",
        label="Momentum",
        help=(
            "A heavy ball: past gradients keep pushing. Even clipped gradients add up to a step of "
            "learning rate × threshold / (1 - momentum)."
        ),
        make=_direction(heavy_ball),
        formula=r"m \leftarrow \mu m + g, \quad d = m",
        source="Polyak (1964), Some methods of speeding up the convergence of iteration methods; PyTorch SGD.",
        parameters=(_learning_rate(), _MOMENTUM),
        lines=(_TRACE, _direction_line("m")),
        plain=(plain.heavy_ball,),
        spelled=_spelled(
            "SGD({model}, momentum={momentum})", "SGD({rate}, momentum={momentum})", "sgd({eta}, momentum={momentum})"
        ),
    ),
    Entry(
        kind="nesterov",
        label="Nesterov momentum",
        help="Momentum that looks one step ahead, which damps the swinging of the heavy ball.",
        make=_direction(nesterov),
        formula=r"m \leftarrow \mu m + g, \quad d = g + \mu m",
        source=(
            "Nesterov (1983); Sutskever, Martens, Dahl, Hinton (2013), On the importance of initialization and "
            "momentum; PyTorch SGD with nesterov=True."
        ),
        parameters=(_learning_rate(), _MOMENTUM),
        lines=(_TRACE, _direction_line("g + momentum * m")),
        plain=(plain.nesterov,),
        spelled=_spelled(
            "SGD({model}, momentum={momentum}, nesterov=True)",
            "SGD({rate}, momentum={momentum}, nesterov=True)",
            "sgd({eta}, momentum={momentum}, nesterov=True)",
        ),
    ),
    Entry(
        kind="adagrad",
        label="Adagrad",
        help="Divides by the root of the sum of all squared gradients: one huge gradient shortens all later steps.",
        make=_direction(adagrad),
        formula=r"s \leftarrow s + g^2, \quad d = \frac{g}{\sqrt{s} + \varepsilon}",
        source="Duchi, Hazan, Singer (2011), Adaptive subgradient methods; the sum starts at 0 (Keras: 0.1).",
        parameters=(_learning_rate(), _epsilon(1e-10)),
        lines=(Line("s", "Sum of squares", "s + g^2"), _direction_line("g / (sqrt(s) + epsilon)")),
        plain=(plain.adagrad,),
        spelled=_spelled(
            "Adagrad({model}, eps={epsilon})",
            "Adagrad({rate}, initial_accumulator_value=0.0, epsilon={epsilon})",
            "adagrad({eta}, initial_accumulator_value=0.0, eps={epsilon})",
            "Keras and Optax add epsilon inside the root.",
        ),
    ),
    Entry(
        kind="rmsprop",
        label="RMSProp",
        help="Divides by the running root mean square: steep and flat coordinates move at a similar pace.",
        make=_direction(rmsprop),
        formula=r"v \leftarrow \rho v + (1 - \rho) g^2, \quad d = \frac{g}{\sqrt{v} + \varepsilon}",
        source="Tieleman, Hinton (2012), Coursera lecture 6.5; epsilon outside the root as in PyTorch (Keras: inside).",
        parameters=(_learning_rate(0.05), _DECAY, _epsilon(1e-8)),
        lines=(
            Line("v", "Mean square", "decay * v + (1 - decay) * g^2"),
            _direction_line("g / (sqrt(v) + epsilon)"),
        ),
        plain=(plain.rmsprop,),
        spelled=_spelled(
            "RMSprop({model}, alpha={decay}, eps={epsilon})",
            "RMSprop({rate}, rho={decay}, epsilon={epsilon})",
            "rmsprop({eta}, decay={decay}, eps={epsilon}, eps_in_sqrt=False)",
            "Keras adds epsilon inside the root.",
        ),
    ),
    Entry(
        kind="adam",
        label="Adam",
        help=(
            "Momentum divided by the root mean square of the gradient. The scale of a steady gradient cancels, "
            "so clipping only matters for spikes."
        ),
        make=_direction(adam),
        formula=_ADAM_FORMULA,
        source="Kingma, Ba (2015), Adam: a method for stochastic optimization; epsilon outside the root as in PyTorch.",
        parameters=(_learning_rate(0.05), _BETA_1, _BETA_2, _epsilon(1e-8)),
        lines=(*_MOMENTS, _direction_line(_ADAM_DIRECTION)),
        plain=(plain.adam,),
        spelled=_spelled("Adam({model}, {betas})", "Adam({rate}, {moments})", "adam({eta}, {short})", _KERAS_ADAM),
    ),
    Entry(
        kind="adamw",
        label="AdamW",
        help="Adam, and each step also shrinks the parameters by the share learning rate × weight decay.",
        make=_direction(adamw),
        formula=_ADAM_FORMULA + r" + \lambda w",
        source="Loshchilov, Hutter (2019), Decoupled weight decay regularization; PyTorch AdamW.",
        parameters=(_learning_rate(0.05), _BETA_1, _BETA_2, _epsilon(1e-8), _WEIGHT_DECAY),
        lines=(*_MOMENTS, _direction_line(f"{_ADAM_DIRECTION} + weight_decay * w")),
        plain=(plain.adamw,),
        spelled=_spelled(
            "AdamW({model}, {betas}, weight_decay={weight_decay})",
            "AdamW({rate}, {moments}, weight_decay={weight_decay})",
            "adamw({eta}, {short}, weight_decay={weight_decay})",
            _KERAS_ADAM,
        ),
    ),
)
