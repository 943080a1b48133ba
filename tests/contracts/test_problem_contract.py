"""What every problem of the catalogue promises, tried on all of them."""

import numpy as np
import pytest

from clipscape.numerics import central_difference
from clipscape.problems import LANDSCAPES, PROBLEMS

everything = pytest.mark.parametrize("entry", PROBLEMS.values(), ids=lambda entry: entry.kind)


def value_of(problem, params):
    with np.errstate(all="ignore"):
        return np.array(problem.value(params))


def grad_of(problem, params):
    with np.errstate(all="ignore"):
        return np.array(problem.grad(params))


def points(problem, count, seed=0):
    """Random points of the window, shape (2, count)."""
    low, high = np.array(problem.window).T
    return np.random.default_rng(seed).uniform(low[:, None], high[:, None], (2, count))


def random_params(entry, seed):
    """Random parameters from the slider ranges, spaced as the slider is."""
    rng, params = np.random.default_rng(seed), {}
    for p in entry.parameters:
        low, high = p.slider_low or p.low, p.slider_high or p.high
        if p.type == "choice":
            params[p.name] = p.choices[rng.integers(len(p.choices))]
        elif p.type == "int":
            params[p.name] = int(rng.integers(low, high + 1))
        else:
            log = p.scale == "log"
            params[p.name] = float(np.exp(rng.uniform(np.log(low), np.log(high))) if log else rng.uniform(low, high))
    return params


def extreme_params(entry):
    """The defaults, some random settings, and the defaults with one parameter at one of its bounds at a time."""
    yield entry.defaults()
    if entry.parameters:
        yield from (random_params(entry, seed) for seed in range(20, 26))
    for p in entry.parameters:
        for bound in p.choices or (p.low, p.high):
            yield {**entry.defaults(), p.name: int(bound) if p.type == "int" else bound}


@everything
@pytest.mark.parametrize("shape", [(), (1,), (7,), (5, 3), (2, 3, 4), (0,)], ids=str)
def test_values_and_gradients_have_the_shape_of_the_coordinates(entry, shape):
    problem = entry.make(**entry.defaults())
    params = points(problem, int(np.prod(shape))).reshape(2, *shape)
    assert value_of(problem, params).shape == shape
    assert grad_of(problem, params).shape == (2, *shape)


@everything
def test_the_coordinates_are_not_modified_and_not_shared(entry):
    problem = entry.make(**entry.defaults())
    params = points(problem, 9)
    before = params.copy()
    value_of(problem, params)
    with np.errstate(all="ignore"):
        gradient = problem.grad(params)
    assert np.array_equal(params, before)
    assert not any(np.shares_memory(component, params) for component in gradient)


@everything
@pytest.mark.parametrize("seed", range(8))
def test_the_gradient_matches_central_differences(entry, seed):
    problem = entry.make(**(random_params(entry, seed) if seed else entry.defaults()))
    params = points(problem, 300, seed)
    grad = grad_of(problem, params)
    with np.errstate(all="ignore"):
        coarse = central_difference(problem.value, params, 2e-6)
        fine = central_difference(problem.value, params, 1e-6)
    rounding = 1e-9 * (1.0 + np.abs(value_of(problem, params)))
    doubt = np.abs(coarse - fine)
    assert (np.abs(grad - fine) <= 2.0 * doubt + 1e-5 * np.abs(grad) + rounding).all()
    settled = doubt <= 1e-4 * np.abs(grad) + rounding
    assert settled.mean() > 0.9, "the differences must be able to tell"


@everything
@pytest.mark.parametrize("seed", range(3))
def test_a_row_alone_equals_the_row_in_the_batch_bit_for_bit(entry, seed):
    problem = entry.make(**(random_params(entry, seed) if seed else entry.defaults()))
    together = np.concatenate([points(problem, 130, seed), 40.0 * points(problem, 7, seed)], axis=1)
    value, grad = value_of(problem, together), grad_of(problem, together)
    for row in range(together.shape[1]):
        for alone in (together[:, row], together[:, row : row + 1].copy(), together[:, row : row + 2].copy()):
            assert np.array_equal(value_of(problem, alone).ravel()[:1], value[row : row + 1], equal_nan=True)
            assert np.array_equal(grad_of(problem, alone).reshape(2, -1)[:, 0], grad[:, row], equal_nan=True)


@everything
def test_a_strided_view_and_a_large_batch_give_the_same_bits(entry):
    problem = entry.make(**entry.defaults())
    many = points(problem, 5000)
    value, grad = value_of(problem, many), grad_of(problem, many)
    record = np.ascontiguousarray(many.T)
    assert np.array_equal(value_of(problem, record.T), value)
    assert np.array_equal(grad_of(problem, record.T), grad)
    assert np.array_equal(grad_of(problem, many[:, :90]), grad[:, :90])
    grid = many.reshape(2, 50, 100)
    assert np.array_equal(value_of(problem, grid).ravel(), value)
    assert np.array_equal(grad_of(problem, grid).reshape(2, -1), grad)


@everything
def test_parameters_at_their_bounds_give_finite_numbers_in_the_window(entry):
    for params in extreme_params(entry):
        problem = entry.make(**params)
        inside = points(problem, 2000)
        assert np.isfinite(value_of(problem, inside)).all(), params
        assert np.isfinite(grad_of(problem, inside)).all(), params


@everything
def test_the_minimisers_are_stationary_and_nothing_in_the_window_is_lower(entry):
    for params in extreme_params(entry):
        problem = entry.make(**params)
        inside = points(problem, 4000)
        steepest = np.abs(grad_of(problem, inside)).max()
        assert value_of(problem, inside).min() >= problem.optimal_value * (1 - 1e-12) - 1e-300
        for minimizer in problem.minimizers:
            at = np.array(minimizer)
            assert float(value_of(problem, at)) == pytest.approx(problem.optimal_value, rel=1e-12, abs=1e-25), params
            assert np.abs(grad_of(problem, at)).max() <= 1e-12 * max(1.0, steepest), params


@everything
def test_window_start_and_minimisers_fit_together(entry):
    for params in extreme_params(entry):
        problem = entry.make(**params)
        low, high = np.array(problem.window).T
        assert problem.kind == entry.kind
        assert problem.dim == len(problem.start) == len(problem.axis_labels) == len(problem.window) == 2
        assert (low < high).all()
        assert (np.array(problem.start) > low).all()
        assert (np.array(problem.start) < high).all()
        assert all((np.array(m) > low).all() and (np.array(m) < high).all() for m in problem.minimizers), params


@everything
def test_the_start_is_no_whole_number_of_clipped_steps_from_a_minimiser(entry):
    problem = entry.make(**entry.defaults())
    for minimizer in problem.minimizers:
        steps = np.abs(np.array(problem.start) - minimizer) / 0.1
        assert (np.abs(steps - np.round(steps)) > 0.1).all()


@everything
def test_huge_and_non_finite_coordinates_never_raise(entry):
    problem = entry.make(**entry.defaults())
    wild = np.array([1e200, -1e200, 1e308, -1e-310, np.inf, -np.inf, np.nan, 0.0])
    params = np.array(np.meshgrid(wild, wild)).reshape(2, -1)
    value, grad = value_of(problem, params), grad_of(problem, params)
    assert value.shape == params.shape[1:]
    assert grad.shape == params.shape
    unknown = np.isnan(params).any(axis=0)
    assert np.isnan(value[unknown]).all(), "a loss must not be invented where a coordinate is NaN"


@everything
def test_the_entry_describes_itself(entry):
    assert entry.label
    assert entry.formula
    assert entry.source
    assert entry.help.rstrip().endswith(".")
    assert entry.traits["stochastic"] == (entry.kind not in LANDSCAPES)
    assert entry.traits["per_example"] == (entry.make(**entry.defaults()).examples is not None)
    for p in entry.parameters:
        assert p.problem_with(p.default) is None
        if p.type != "choice":
            assert p.low <= p.slider_low <= p.default <= p.slider_high <= p.high, p.name


@everything
def test_the_cost_is_a_positive_factor(entry):
    assert 0.0 < entry.make(**entry.defaults()).cost < 200.0


def test_a_longer_unrolling_costs_more():
    unit = PROBLEMS["recurrent_unit"]
    assert unit.make(**{**unit.defaults(), "sequence_length": 200}).cost > unit.make(**unit.defaults()).cost
