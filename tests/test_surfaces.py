"""Loss on a grid: where it is evaluated, and what happens to heights that no picture can show."""

from dataclasses import replace

import numpy as np
import pytest

from clipscape.problems import PROBLEMS
from clipscape.surfaces import CLIP_RATIO, surface
from descent import make


@pytest.mark.parametrize("kind", PROBLEMS)
def test_every_default_surface_is_finite_and_lies_in_the_window(kind):
    problem = make(kind)
    grid = surface(problem)
    assert grid.z.shape == (121, 121)
    assert np.isfinite(grid.z).all()
    assert (grid.x[0], grid.x[-1]) == problem.window[0]
    assert (grid.y[0], grid.y[-1]) == problem.window[1]


def test_the_landscapes_of_the_first_view_are_shown_without_a_cut():
    for kind in ("cliff", "canyon", "recurrent_unit", "quadratic", "rosenbrock", "himmelblau"):
        assert surface(make(kind)).clipped_above is None


def test_rows_are_y_and_columns_are_x():
    problem = make("ravine")
    grid = surface(problem, ((0.0, 1.0), (10.0, 20.0)), resolution=5, rows=3)
    assert grid.x.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert grid.y.tolist() == [10.0, 15.0, 20.0]
    for j, y in enumerate(grid.y):
        for i, x in enumerate(grid.x):
            assert grid.z[j, i] == problem.value(np.array([x, y]))


def test_heights_above_the_limit_are_cut_and_the_limit_is_told():
    chain = make("deep_chain", depth=100)
    grid = surface(chain)
    with np.errstate(all="ignore"):
        exact = chain.value(np.array(np.meshgrid(grid.x, grid.y)))
    limit = exact.min() + CLIP_RATIO * (np.median(exact) - exact.min())
    assert grid.clipped_above == pytest.approx(limit, rel=1e-12)
    assert exact.max() > grid.clipped_above == grid.z.max()
    assert np.array_equal(grid.z, np.minimum(exact, limit))


def test_overflow_and_missing_numbers_are_drawn_at_the_limit():
    broken = replace(make("quadratic"), value=lambda params: np.log(params[0]) + np.exp(400 * params[1]))
    grid = surface(broken, ((-1.0, 1.0), (-2.0, 2.0)), resolution=21)
    with np.errstate(all="ignore"):
        exact = broken.value(np.array(np.meshgrid(grid.x, grid.y)))
    assert np.isnan(exact).any()
    assert np.isposinf(exact).any()
    assert np.isfinite(grid.z).all()
    unknown = np.isnan(exact) | np.isposinf(exact)
    assert (grid.z[unknown] == grid.clipped_above).all()
    assert (grid.z[np.isneginf(exact)] == exact[np.isfinite(exact)].min()).all()
    assert grid.z.max() == grid.clipped_above


@pytest.mark.parametrize("height", [0.0, -3.5, 1e300])
def test_a_flat_surface_is_left_alone(height):
    flat = replace(make("quadratic"), value=lambda params: np.full(params.shape[1:], height))
    grid = surface(flat)
    assert (grid.z == height).all()
    assert grid.clipped_above is None


def test_a_mostly_flat_surface_keeps_its_hills():
    hill = replace(make("quadratic"), value=lambda params: np.where(np.hypot(*params) < 1, 7.0, 0.0))
    grid = surface(hill)
    assert grid.z.max() == 7.0
    assert grid.clipped_above is None


def test_a_surface_without_any_number_is_flat():
    nowhere = replace(make("quadratic"), value=lambda params: np.full(params.shape[1:], np.nan))
    grid = surface(nowhere)
    assert (grid.z == 0.0).all()
    assert grid.clipped_above == 0.0


def test_numbers_near_the_largest_double_do_not_overflow_the_limit():
    huge = replace(make("quadratic"), value=lambda params: 1e307 * np.abs(params[0]))
    grid = surface(huge)
    assert np.isfinite(grid.z).all()
    assert grid.clipped_above is None
