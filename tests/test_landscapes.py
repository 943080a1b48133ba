"""The landscapes against independent formulas, the facts of the literature, and what they are there to show."""

import math

import numpy as np
import pytest

from clipscape.numerics import angle_between
from clipscape.problems import LANDSCAPES
from clipscape.problems.chains import whole_power
from clipscape.problems.minimizer import minimum_near
from descent import clip_norm, clip_value, descend, make, steps_to_slope
from facts import fact


def sigma(z):
    return 1.0 / (1.0 + math.exp(-z))


def cliff(x, y, height, steepness, distance, angle, depth):
    phi = math.radians(angle)
    wall = sigma(steepness * (x * math.cos(phi) + y * math.sin(phi) - distance))
    return depth * math.log(1 + 2 * x**2 + 0.15 * y**2) + height * wall


def canyon(x, y, height, steepness, width, bend, depth):
    u = x - bend * math.sin(y)
    walls = sigma(steepness * (u - width)) + sigma(-steepness * (u + width))
    return depth * math.log(1 + u**2 + y**2 / 4) + height * walls


def recurrent_unit(w, b, sequence_length, initial_state, target):
    state = initial_state
    for _ in range(sequence_length):
        state = w * sigma(state) + b
    return (sigma(state) - target) ** 2


def deep_chain(x, y, depth, target):
    return (x ** math.ceil(depth / 2) * y ** math.floor(depth / 2) - target) ** 2 / 2


def exponential_cliff(x, y, l0, l1):
    far = abs(x) > 1 / l1
    along_x = l0 / l1**2 * math.exp(l1 * abs(x) - 1) if far else l0 * x**2 / 2 + l0 / (2 * l1**2)
    return along_x + l0 * y**2 / 2


def ravine(x, y, steep, flat, angle):
    phi = math.radians(angle)
    u, v = x * math.cos(phi) + y * math.sin(phi), y * math.cos(phi) - x * math.sin(phi)
    return (steep * u**2 + flat * v**2) / 2


FORMULAS = {
    "cliff": cliff,
    "canyon": canyon,
    "recurrent_unit": recurrent_unit,
    "deep_chain": deep_chain,
    "exponential_cliff": exponential_cliff,
    "quadratic": lambda x, y, curvature_x, curvature_y: (curvature_x * x**2 + curvature_y * y**2) / 2,
    "quartic": lambda x, y, coefficient: coefficient * x**4 + y**2 / 2,
    "ravine": ravine,
    "rosenbrock": lambda x, y, a, b: (a - x) ** 2 + b * (y - x**2) ** 2,
    "beale": lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2,
    "himmelblau": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
}


def test_every_landscape_has_a_formula_of_its_own_here():
    assert set(FORMULAS) == set(LANDSCAPES)


@pytest.mark.parametrize("kind", FORMULAS)
@pytest.mark.parametrize("factor", [1.0, 1.3])
def test_the_value_is_that_of_the_printed_formula(kind, factor):
    entry = LANDSCAPES[kind]
    params = {p.name: p.default if p.type == "int" else min(p.default * factor, p.high) for p in entry.parameters}
    problem = entry.make(**params)
    low, high = np.array(problem.window).T
    points = np.random.default_rng(1).uniform(low[:, None], high[:, None], (2, 200))
    values = problem.value(points)
    for (x, y), value in zip(points.T, values, strict=True):
        assert value == pytest.approx(FORMULAS[kind](x, y, **params), rel=1e-9, abs=1e-12)


class TestTheCliff:
    """The default comparison: learning rate 0.1, threshold 1, 300 steps."""

    problem = make("cliff")

    def test_without_clipping_one_step_throws_the_descent_off_the_map(self):
        path = descend(self.problem, self.problem.start, 0.1, 300)
        longest = np.hypot(*np.diff(path, axis=0).T).max()
        assert longest > 20
        assert np.hypot(*path[-1]) > 20

    @pytest.mark.parametrize("clip", [clip_norm(1.0), clip_value(1.0)], ids=["norm", "value"])
    def test_with_clipping_it_meets_the_wall_and_still_converges(self, clip):
        path = descend(self.problem, self.problem.start, 0.1, 300, clip)
        steepest = np.hypot(*self.problem.grad(path.T)).max()
        assert steepest > 50
        assert np.hypot(*(path[-1] - self.problem.minimizers[0])) < 1e-6

    def test_value_clipping_turns_the_gradient_and_norm_clipping_does_not(self):
        path = descend(self.problem, self.problem.start, 0.1, 60, clip_value(1.0))
        grad = np.array(self.problem.grad(path.T))
        assert np.nanmax(angle_between(grad, clip_value(1.0)(grad))) > 15
        assert np.nanmax(angle_between(grad, clip_norm(1.0)(grad))) < 1e-6

    def test_without_the_wall_the_same_descent_converges_unclipped(self):
        flat = make("cliff", height=0.0)
        assert np.hypot(*descend(flat, flat.start, 0.1, 300)[-1]) < 1e-6

    def test_the_gradient_half_way_up_the_wall_is_height_times_steepness_over_four(self):
        steep = make("cliff", angle=0.0, height=40.0, steepness=80.0, distance=1.0)
        valley = make("cliff", angle=0.0, height=0.0)
        middle = np.array([1.0, 0.0])
        assert steep.grad(middle)[0] - valley.grad(middle)[0] == pytest.approx(40 * 80 / 4, rel=1e-12)


def test_the_canyon_throws_an_unclipped_descent_over_its_wall_and_guides_a_clipped_one():
    canyon = make("canyon")
    assert np.hypot(*descend(canyon, canyon.start, 0.1, 300)[-1]) > 10
    for clip in (clip_norm(1.0), clip_value(1.0)):
        assert np.hypot(*descend(canyon, canyon.start, 0.1, 300, clip)[-1]) < 1e-4


@pytest.mark.parametrize("kind", ["deep_chain", "exponential_cliff", "quartic", "rosenbrock", "beale", "himmelblau"])
def test_steep_landscapes_blow_up_without_clipping_and_stay_on_the_map_with_it(kind):
    problem = make(kind)
    assert not np.abs(descend(problem, problem.start, 0.1, 60)[-1]).max() < 1e3
    clipped = descend(problem, problem.start, 0.1, 300, clip_norm(1.0))
    low, high = np.array(problem.window).T
    assert ((clipped > low) & (clipped < high)).all()
    assert problem.value(clipped[-1]) < 0.1 * problem.value(clipped[0]) + problem.optimal_value


class TestTheExponentialCliff:
    problem = make("exponential_cliff", l0=1.0, l1=1.0)

    def test_value_and_slope_at_ten_are_e_to_the_nine(self):
        at_ten = np.array([10.0, 0.0])
        assert self.problem.value(at_ten) == fact("F09", 0)
        assert self.problem.grad(at_ten)[0] == fact("F09", 0)

    def test_clipped_descent_needs_156_steps(self):
        assert steps_to_slope(self.problem, 10.0, 0.1, 1e-3, 1000, clip_norm(1.0)) == pytest.approx(156, abs=1)

    def test_the_largest_stable_fixed_step_is_twenty_over_the_slope(self):
        largest = 20.0 / math.exp(9)
        assert largest == pytest.approx(0.0024682, rel=1e-4)
        assert steps_to_slope(self.problem, 10.0, 0.99 * largest, 1e-3, 10_000) == pytest.approx(3231, abs=1)
        assert steps_to_slope(self.problem, 10.0, 1.01 * largest, 1e-3, 10_000) is None

    def test_the_fixed_step_of_the_theory_is_eight_hundred_times_slower(self):
        slope = math.exp(9)
        assert steps_to_slope(self.problem, 10.0, 0.5 / (slope + 1), 1e-3, 200_000) == pytest.approx(128_161, abs=1)

    @pytest.mark.parametrize(("l0", "l1"), [(1.0, 1.0), (0.3, 2.0), (5.0, 0.4)])
    def test_curvature_is_bounded_by_l0_plus_l1_times_slope_and_reaches_it(self, l0, l1):
        problem = make("exponential_cliff", l0=l0, l1=l1)
        x = np.array([np.linspace(-6, 6, 2001), np.zeros(2001)])
        step = np.array([[1e-5], [0.0]])
        curvature = (problem.grad(x + step)[0] - problem.grad(x - step)[0]) / 2e-5
        slope = np.abs(problem.grad(x)[0])
        assert (curvature <= (l0 + l1 * slope) * (1 + 1e-6)).all()
        outside = np.abs(x[0]) > 1 / l1 + 1e-4
        assert curvature[outside] == pytest.approx(l1 * slope[outside], rel=1e-6)


class TestTheQuartic:
    problem = make("quartic")

    def test_plain_descent_diverges_exactly_when_the_step_times_x_squared_exceeds_a_half(self):
        assert steps_to_slope(self.problem, 10.0, 0.004, 1e-3, 20_000) == pytest.approx(7867, abs=1)
        assert steps_to_slope(self.problem, 10.0, 0.006, 1e-3, 20_000) is None
        for learning_rate, start in ((0.1, 2.2), (0.1, 2.3), (0.01, 7.0), (0.01, 7.1)):
            diverges = steps_to_slope(self.problem, start, learning_rate, 1e-2, 50_000) is None
            assert diverges == (learning_rate * start**2 > 0.5)

    def test_clipped_descent_takes_403_steps_with_a_learning_rate_that_would_diverge(self):
        assert steps_to_slope(self.problem, 10.0, 0.1, 1e-3, 1000, clip_norm(1.0)) == pytest.approx(403, abs=1)


class TestTheQuadratic:
    problem = make("quadratic", curvature_x=1.0)

    def test_descent_matches_the_closed_form(self):
        path = descend(make("quadratic", curvature_x=3.0, curvature_y=0.5), (5.0, -2.0), 0.1, 40)
        step = np.arange(41)
        assert path[:, 0] == pytest.approx(5.0 * 0.7**step, rel=1e-12)
        assert path[:, 1] == pytest.approx(-2.0 * 0.95**step, rel=1e-12)

    def test_clipped_descent_walks_ninety_equal_steps_and_then_decays(self):
        x = descend(self.problem, (10.0, 0.0), 0.1, 150, clip_norm(1.0))[:, 0]
        assert [x[90], x[100], x[150]] == fact("F19")

    def test_clipping_bounds_an_unstable_descent_without_making_it_converge(self):
        x = descend(self.problem, (10.3, 0.0), 2.5, 200, clip_norm(1.0))[:, 0]
        assert sorted(x[-2:]) == fact("F20")


class TestTheDeepChain:
    @pytest.mark.parametrize(("weight", "name"), [(1.2, "F01a"), (0.9, "F01b")])
    def test_a_product_of_fifty_weights_explodes_or_vanishes(self, weight, name):
        target = 0.5
        chain = make("deep_chain", depth=50, target=target)
        value = float(chain.value(np.array([weight, weight])))
        sign = 1.0 if weight > 1 else -1.0
        assert target + sign * math.sqrt(2 * value) == fact(name)

    def test_its_slope_is_that_of_the_linear_recurrent_net(self):
        product = fact("F01c", 0).expected
        target = 0.2
        grad_x, grad_y = make("deep_chain", depth=50, target=target).grad(np.array([1.1, 1.1]))
        miss = 2 * product - target
        assert 0.5 * (grad_x + grad_y) / miss == fact("F01c", 1)

    @pytest.mark.parametrize("exponent", [*range(12), 37, 50, 64, 99])
    def test_whole_powers_are_powers(self, exponent):
        base = np.array([0.0, -1.3, 0.7, 1.0, 1.6])
        assert whole_power(base, exponent) == pytest.approx(base**exponent, rel=1e-13)


def test_the_ravine_has_its_curvatures_along_and_across_its_floor():
    ravine = make("ravine", steep=18.0, flat=0.3, angle=30.0)
    across = np.array([math.cos(math.radians(30)), math.sin(math.radians(30))])
    along = np.array([-across[1], across[0]])
    assert np.array(ravine.grad(across)) == pytest.approx(18.0 * across, rel=1e-12)
    assert np.array(ravine.grad(along)) == pytest.approx(0.3 * along, rel=1e-10)


def test_himmelblau_has_four_different_minima():
    minimizers = np.array(make("himmelblau").minimizers)
    assert len(np.unique(minimizers.round(3), axis=0)) == 4


@pytest.mark.parametrize("kind", ["exponential_cliff", "quartic", "quadratic", "finite_sum"])
def test_a_start_on_the_x_axis_stays_there_and_reproduces_the_one_dimensional_function(kind):
    path = descend(make(kind), (2.0, 0.0), 0.01, 50)
    assert (path[:, 1] == 0.0).all()
    assert path[-1, 0] < 2.0


@pytest.mark.parametrize("guess", [(2.8, 0.4), (3.5, 0.7), (1.0, 0.0)])
def test_minimum_near_finds_the_minimum_of_beale(guess):
    beale = make("beale")
    assert minimum_near(beale.value, beale.grad, guess) == pytest.approx((3.0, 0.5), abs=1e-12)


def test_minimum_near_stays_at_a_stationary_point():
    bowl = make("quadratic")
    assert minimum_near(bowl.value, bowl.grad, (0.0, 0.0)) == (0.0, 0.0)
