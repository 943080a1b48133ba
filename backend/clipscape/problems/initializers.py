"""How a network begins: every kind of initial weights is one function and one catalogue entry.

A fill is asked for the tensors of a network one after the other, by the layout's names: `weight_hh` holds the recurrent
matrices, one `(hidden, hidden)` block per gate, stacked; tensors of one dimension are biases. What a kind says of "the
recurrent matrix" holds for the matrix of every gate. Gains of layer normalisation and the forget bias are not asked
for: they are set by the network.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from clipscape.catalog import Catalog, Entry, Parameter, catalog
from clipscape.plain import initializers as plain
from clipscape.problems.describing import number, positive, whole
from clipscape.problems.training import Array, Block, Fill

_RECURRENT = "weight_hh"


def uniform() -> Fill:
    """All weights and biases U(-1/sqrt(H), 1/sqrt(H)): PyTorch's default, for its linear readout as well.

    Their standard deviation is 1/sqrt(3 H), so by the circular law the recurrent spectral radius is near 0.577.
    """

    def fill(generator: np.random.Generator, block: Block, hidden_size: int) -> Array:
        bound = 1.0 / math.sqrt(hidden_size)
        return generator.uniform(-bound, bound, block.shape)

    return fill


def gaussian(std: float) -> Fill:
    """All weights N(0, std^2), biases 0. Pascanu et al. (2013) call std = 0.1 "basic tanh".

    By the circular law the spectral radius is near `std sqrt(H)`, the largest singular value near `2 std sqrt(H)`.
    """
    return _filling(_normal(std), _normal(std))


def orthogonal(gain: float) -> Fill:
    """Recurrent matrix `gain * Q` with Q uniform among orthogonal matrices; other weights as PyTorch's, biases 0.

    Saxe, McClelland, Ganguli (2014). Q is that of a QR decomposition of a Gaussian matrix, with its columns multiplied
    by the signs of R's diagonal; without them Q is not uniform (Mezzadri 2007).
    """

    def recurrent(generator: np.random.Generator, shape: tuple[int, ...], _hidden_size: int) -> Array:
        q, r = np.linalg.qr(generator.standard_normal(shape))
        return np.asarray(gain * q * np.sign(np.diag(r)))

    def other(generator: np.random.Generator, shape: tuple[int, ...], hidden_size: int) -> Array:
        bound = 1.0 / math.sqrt(hidden_size)
        return generator.uniform(-bound, bound, shape)

    return _filling(recurrent, other)


def identity(scale: float) -> Fill:
    """Recurrent matrix `scale * I`, other weights N(0, 0.001^2), biases 0: the IRNN of Le, Jaitly, Hinton (2015)."""
    return _filling(lambda _generator, shape, _hidden_size: scale * np.eye(shape[0]), _normal(0.001))


def spectral_radius(radius: float, incoming: int, std: float) -> Fill:
    """Gaussian recurrent matrix, rescaled so that its largest |eigenvalue| is `radius`; other weights N(0, std^2).

    Only `incoming` weights of every unit are not zero (0, or more than there are units: all). Biases are 0. 15 incoming
    weights, radius 0.95 and std 0.01 are "smart tanh" of Pascanu et al. (2013), whose code thins out the outgoing
    weights instead. Some eigenvalue always differs from 0: where every unit hears another, following the weights back
    must lead round a cycle.
    """

    def recurrent(generator: np.random.Generator, shape: tuple[int, ...], hidden_size: int) -> Array:
        matrix = generator.standard_normal(shape)
        if 0 < incoming < hidden_size:
            order = generator.permuted(np.tile(np.arange(hidden_size), (hidden_size, 1)), axis=1)
            matrix[order >= incoming] = 0.0
        return np.asarray(matrix * (radius / np.abs(np.linalg.eigvals(matrix)).max()))

    return _filling(recurrent, _normal(std))


_Fill = Callable[[np.random.Generator, tuple[int, ...], int], Array]


def _normal(std: float) -> _Fill:
    return lambda generator, shape, _hidden_size: std * generator.standard_normal(shape)


def _filling(recurrent: _Fill, other: _Fill) -> Fill:
    """Fill each gate's recurrent matrix with `recurrent`, biases with 0, and everything else with `other`."""

    def fill(generator: np.random.Generator, block: Block, hidden_size: int) -> Array:
        if len(block.shape) == 1:
            return np.zeros(block.shape)
        if block.name != _RECURRENT:
            return other(generator, block.shape, hidden_size)
        gates = range(block.shape[0] // hidden_size)
        return np.concatenate([recurrent(generator, (hidden_size, hidden_size), hidden_size) for _ in gates])

    return fill


def _std(default: float, text: str) -> Parameter:
    return positive("std", "Standard deviation", default, (1e-4, 10.0), (0.001, 1.0), text)


_PASCANU = "Pascanu, Mikolov, Bengio: On the difficulty of training recurrent neural networks (ICML 2013)"

INITS: Catalog = catalog(
    Entry(
        kind="uniform",
        label="Uniform",
        help="All weights and biases uniform within one over the root of the number of units, as PyTorch does.",
        make=uniform,
        formula=r"W, b \sim U\!\left(-\tfrac{1}{\sqrt{H}}, \tfrac{1}{\sqrt{H}}\right)",
        source="PyTorch: torch.nn.RNN, LSTM, GRU and Linear, reset_parameters",
        plain=(plain.uniform,),
    ),
    Entry(
        kind="gaussian",
        label="Gaussian",
        help="All weights normal with the same standard deviation, biases 0.",
        make=gaussian,
        formula=r"W \sim \mathcal{N}(0, s^2), \; b = 0, \quad \rho \approx s \sqrt{H}",
        source=f"{_PASCANU}, section 4.1.1: basic tanh",
        parameters=(_std(0.1, "Of every weight. The spectral radius is about this times the root of the units."),),
        plain=(plain.gaussian,),
    ),
    Entry(
        kind="orthogonal",
        label="Orthogonal",
        help="The recurrent matrix turns the state and multiplies its length by the gain, whatever the state.",
        make=orthogonal,
        formula=r"W_{hh} = g\, Q, \; Q^\top Q = I, \; b = 0",
        source="Saxe, McClelland, Ganguli: Exact solutions to the nonlinear dynamics of learning (ICLR 2014)",
        parameters=(number("gain", "Gain", 1.0, (0.0, 10.0), (0.5, 2.0), "All singular values of the matrix."),),
        plain=(plain.orthogonal,),
    ),
    Entry(
        kind="identity",
        label="Identity",
        help="The recurrent matrix is a multiple of the identity, other weights are tiny: the IRNN, with ReLU units.",
        make=identity,
        formula=r"W_{hh} = s I, \; W \sim \mathcal{N}(0, 0.001^2), \; b = 0",
        source="Le, Jaitly, Hinton: A simple way to initialize recurrent networks of rectified linear units (2015)",
        parameters=(number("scale", "Scale", 1.0, (0.0, 10.0), (0.0, 1.5), "The diagonal of the recurrent matrix."),),
        plain=(plain.identity,),
    ),
    Entry(
        kind="spectral_radius",
        label="Spectral radius",
        help="A normal, if wanted sparse, recurrent matrix, rescaled to a given largest eigenvalue.",
        make=spectral_radius,
        formula=r"W_{hh} = \frac{\rho}{\max_i |\lambda_i(A)|} A, \; W \sim \mathcal{N}(0, s^2), \; b = 0",
        source=f"{_PASCANU}, section 4.1.1: smart tanh",
        parameters=(
            number("radius", "Spectral radius", 0.95, (0.0, 10.0), (0.5, 2.0), "Of the recurrent matrix, exactly."),
            whole("incoming", "Incoming weights", 15, (0, 64), (0, 64), "Recurrent weights of a unit; 0 means all."),
            _std(0.01, "Of all weights that are not recurrent."),
        ),
        plain=(plain.spectral_radius,),
    ),
)
