"""Initial weights: the statistics and the matrices that each kind promises."""

import math

import numpy as np
import pytest

from clipscape.problems.initializers import INITS
from clipscape.problems.training import Block

HIDDEN = 50
SHAPES = {
    "weight_ih": (HIDDEN, 6),
    "weight_hh": (HIDDEN, HIDDEN),
    "bias_ih": (HIDDEN,),
    "bias_hh": (HIDDEN,),
    "readout_weight": (4, HIDDEN),
    "readout_bias": (4,),
}
everything = pytest.mark.parametrize("kind", INITS)


def fill(kind, name="weight_hh", seed=0, shape=None, hidden=HIDDEN, **params):
    made = INITS[kind].make(**{**INITS[kind].defaults(), **params})
    return made(np.random.default_rng(seed), Block(name, shape or SHAPES[name], 0), hidden)


def radius(matrix):
    return np.abs(np.linalg.eigvals(matrix)).max()


@everything
@pytest.mark.parametrize("name", SHAPES)
def test_every_tensor_is_filled_in_its_shape_and_the_same_seed_gives_the_same_numbers(kind, name):
    drawn = fill(kind, name)
    assert drawn.shape == SHAPES[name]
    assert drawn.dtype == np.float64
    assert np.isfinite(drawn).all()
    assert np.array_equal(drawn, fill(kind, name))
    random = drawn.any() and not (kind == "identity" and name == "weight_hh")
    assert np.array_equal(drawn, fill(kind, name, seed=1)) == (not random)


@everything
def test_biases_are_zero_except_in_pytorch(kind):
    for name in ("bias_ih", "bias_hh", "readout_bias"):
        assert fill(kind, name).any() == (kind == "uniform")


@everything
@pytest.mark.parametrize("gates", [3, 4])
def test_each_gate_is_a_matrix_of_its_own_kind(kind, gates):
    stacked = fill(kind, shape=(gates * 8, 8), hidden=8).reshape(gates, 8, 8)
    for matrix in stacked:
        if kind == "orthogonal":
            assert matrix @ matrix.T == pytest.approx(np.eye(8), abs=1e-14)
        elif kind == "identity":
            assert np.array_equal(matrix, np.eye(8))
        elif kind == "spectral_radius":
            assert radius(matrix) == pytest.approx(0.95, rel=1e-12)
    assert kind == "identity" or not np.array_equal(stacked[0], stacked[1])


def test_uniform_is_pytorchs_default():
    bound = 1 / math.sqrt(HIDDEN)
    for name in SHAPES:
        drawn = np.concatenate([fill("uniform", name, seed).ravel() for seed in range(50)])
        assert np.abs(drawn).max() <= bound
        assert np.abs(drawn).max() > 0.95 * bound
        # Of the square of a uniform number; at least 200 numbers: three standard errors are 19 %.
        assert np.square(drawn).mean() == pytest.approx(bound**2 / 3, rel=0.19)
    radii = [radius(fill("uniform", seed=seed)) for seed in range(40)]
    # The circular law's limit 0.577 is exceeded a little at 50 units, as for Gaussian weights (0.747 for 0.707).
    assert np.mean(radii) == pytest.approx(1 / math.sqrt(3), rel=0.08)


def test_gaussian_weights_follow_the_circular_law():
    """N(0, 0.1^2), 50 units: radius 0.75 +- 0.14 and largest singular value 1.36 +- 0.14, three standard deviations."""
    draws = [fill("gaussian", seed=seed, std=0.1) for seed in range(100)]
    radii = np.array([radius(draw) for draw in draws])
    singular = np.array([np.linalg.norm(draw, 2) for draw in draws])
    # Of 100 draws beyond three standard deviations (radii are skewed to the right), at most three.
    assert (np.abs(radii - 0.75) > 0.14).sum() <= 3
    assert (np.abs(singular - 1.36) > 0.14).sum() <= 3
    # The means of 200 draws were 0.747 (standard deviation 0.045) and 1.364 (0.044): four standard errors of 100.
    assert radii.mean() == pytest.approx(0.747, abs=4 * 0.0055)
    assert singular.mean() == pytest.approx(1.364, abs=4 * 0.0055)


def test_gaussian_weights_have_the_standard_deviation_everywhere():
    for name in ("weight_ih", "weight_hh", "readout_weight"):
        drawn = np.concatenate([fill("gaussian", name, seed, std=0.3).ravel() for seed in range(20)])
        # The sample deviation of n numbers has a standard error of 1/sqrt(2 n); four of them.
        assert drawn.std() == pytest.approx(0.3, rel=4 / math.sqrt(2 * drawn.size))
        assert abs(drawn.mean()) < 4 * 0.3 / math.sqrt(drawn.size)


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.7])
def test_orthogonal_multiplies_every_length_by_the_gain(gain):
    matrix = fill("orthogonal", gain=gain)
    # Fifty products of rounded numbers of size at most 1.
    assert np.linalg.svd(matrix, compute_uv=False) == pytest.approx(np.full(HIDDEN, gain), rel=1e-13)
    power = np.linalg.matrix_power(matrix, 20)
    assert np.linalg.norm(power, 2) == pytest.approx(gain**20, rel=1e-11)


def test_orthogonal_matrices_are_uniform_thanks_to_the_signs():
    """The trace of a uniform orthogonal matrix has mean 0 and variance 1; without the signs its mean is far from 0."""
    traces = np.array([np.trace(fill("orthogonal", seed=seed, shape=(6, 6), hidden=6)) for seed in range(600)])
    assert abs(traces.mean()) < 4 / math.sqrt(600)
    assert traces.var() == pytest.approx(1.0, rel=4 * math.sqrt(2 / 600))


@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_the_irnn_starts_as_the_identity_with_tiny_inputs(scale):
    assert np.array_equal(fill("identity", scale=scale), scale * np.eye(HIDDEN))
    for name in ("weight_ih", "readout_weight"):
        drawn = np.concatenate([fill("identity", name, seed).ravel() for seed in range(20)])
        assert drawn.std() == pytest.approx(0.001, rel=4 / math.sqrt(2 * drawn.size))


@pytest.mark.parametrize(("incoming", "hidden"), [(0, 50), (15, 50), (1, 20), (15, 10), (64, 64), (3, 1)])
def test_the_spectral_radius_is_exact_and_every_unit_hears_so_many(incoming, hidden):
    for seed in range(10):
        matrix = fill(
            "spectral_radius", seed=seed, shape=(hidden, hidden), hidden=hidden, radius=1.2, incoming=incoming
        )
        assert radius(matrix) == pytest.approx(1.2, rel=1e-10)
        expected = incoming if 0 < incoming < hidden else hidden
        assert ((matrix != 0).sum(axis=1) == expected).all()


def test_which_weights_are_left_is_drawn_for_each_unit():
    patterns = np.unique(fill("spectral_radius") != 0, axis=0)
    assert len(patterns) == HIDDEN, "every unit hears others"
    present = sum(fill("spectral_radius", seed=seed) != 0 for seed in range(200)) / 200
    # A share of 0.3 of 200 draws has a standard error of 0.032; the largest of 2500 deviates by less than five.
    assert np.abs(present - 15 / HIDDEN).max() < 5 * 0.0324


def test_parameters_accept_their_defaults_and_say_what_they_are():
    for entry in INITS.values():
        assert entry.help.endswith(".")
        assert entry.formula
        assert entry.source
        for parameter in entry.parameters:
            assert parameter.problem_with(parameter.default) is None
            assert parameter.help.endswith(".")
