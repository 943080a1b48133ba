"""Loss and gradient of every landscape. Losses use only functions that PyTorch has under the same name."""

import math

import numpy as np


def cliff(x, y, height, steepness, distance, angle, depth):
    """A valley that runs into a wall: D ln(1 + 2 x² + 0.15 y²) + h σ(k (x cos φ + y sin φ - d))."""
    normal_x, normal_y = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    k = 0.5 * steepness  # σ(z) = (1 + tanh(z / 2)) / 2
    wall = np.tanh(k * normal_x * x + k * normal_y * y - k * distance)
    return np.log1p(2 * x * x + 0.15 * y * y) * depth + (wall + 1) * (0.5 * height)


def cliff_gradient(x, y, height, steepness, distance, angle, depth):
    """Its gradient."""
    normal_x, normal_y = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    k = 0.5 * steepness
    wall = np.tanh(k * normal_x * x + k * normal_y * y - k * distance)
    slope = 1 - wall * wall
    peak = 0.25 * height * steepness
    ry = 0.075 * y
    valley = 2 * depth / (x * x + ry * y + 0.5)
    return np.array([x * valley + peak * normal_x * slope, ry * valley + peak * normal_y * slope])


def canyon(x, y, height, steepness, width, bend, depth):
    """A winding canyon: D ln(1 + u² + y²/4) + h [σ(k (u - w)) + σ(-k (u + w))] with u = x - c sin y."""
    k = 0.5 * steepness  # σ(z) = (1 + tanh(z / 2)) / 2
    u = x - bend * np.sin(y)
    walls = (1 + np.tanh(k * u - k * width)) + (1 + np.tanh(-(k * u) - k * width))
    return depth * np.log1p(u * u + 0.25 * y * y) + 0.5 * height * walls


def canyon_gradient(x, y, height, steepness, width, bend, depth):
    """Its gradient."""
    k = 0.5 * steepness
    u = x - bend * np.sin(y)
    left, right = np.tanh(-(k * u) - k * width), np.tanh(k * u - k * width)
    valley = 2 * depth / (u * u + 0.25 * y * y + 1)
    du = u * valley + 0.25 * height * steepness * (left * left - right * right)
    return np.array([du, 0.25 * y * valley - du * (bend * np.cos(y))])


def exponential_cliff(x, y, l0, l1):
    """L0/L1² exp(L1 |x| - 1) outside |x| = 1/L1, a parabola inside, plus L0 y²/2."""
    reach = l1 * np.abs(x)
    level = 0.5 * l0 / l1 / l1
    steep = 2 * level * np.exp(reach - 1)
    return np.where(reach > 1, steep, level * (reach * reach + 1)) + 0.5 * l0 * y * y


def exponential_cliff_gradient(x, y, l0, l1):
    """Its gradient."""
    reach = l1 * np.abs(x)
    slope = l0 / l1 * (np.exp(reach - 1) if reach > 1 else reach)
    return np.array([np.sign(x) * slope, l0 * y])


def recurrent_unit(w, b, sequence_length, initial_state, target):
    """(σ(x_T) - y)² after T steps of x_t = w σ(x_{t-1}) + b (Pascanu, Mikolov, Bengio 2013)."""
    gain = 0.25 * w  # with u = x / 2 a step is u_t = (w/4) tanh(u_{t-1}) + (w/4 + b/2)
    half_state = 0.0 * w + 0.5 * initial_state
    for _ in range(sequence_length):
        half_state = np.tanh(half_state) * gain + (gain + 0.5 * b)
    output = 0.5 + 0.5 * np.tanh(half_state)
    return (output - target) * (output - target)


def recurrent_unit_gradient(w, b, sequence_length, initial_state, target):
    """Backpropagation through time: dx_T/db = Σ P_t and dx_T/dw = Σ P_t σ(x_{t-1}), P_t = Π w σ'(x_i)."""
    gain, half_state, activations = 0.25 * w, 0.5 * initial_state, []
    for _ in range(sequence_length):
        activations.append(np.tanh(half_state))
        half_state = activations[-1] * gain + (gain + 0.5 * b)
    output = np.tanh(half_state)
    error = (0.5 + 0.5 * output - target) * (0.5 * (1 - output * output))
    product, by_b, by_w = 1.0, 0.0, 0.0
    for activation in reversed(activations):
        by_b += product
        by_w += product * activation
        product = product * ((1 - activation * activation) * gain)
    return np.array([error * (0.5 * (by_b + by_w)), error * by_b])


def deep_chain(x, y, depth, target):
    """(x^m y^n - t)² / 2: a linear chain of `depth` layers that share two weights."""
    m, n = (depth + 1) // 2, depth // 2
    miss = x**m * y**n - target
    return 0.5 * miss * miss


def deep_chain_gradient(x, y, depth, target):
    """Its gradient."""
    m, n = (depth + 1) // 2, depth // 2
    miss = x**m * y**n - target
    return np.array([m * miss * x ** (m - 1) * y**n, n * miss * x**m * y ** (n - 1)])


def quadratic(x, y, curvature_x, curvature_y):
    """(a x² + b y²) / 2."""
    return 0.5 * curvature_x * x * x + 0.5 * curvature_y * y * y


def quadratic_gradient(x, y, curvature_x, curvature_y):
    """Its gradient."""
    return np.array([curvature_x * x, curvature_y * y])


def quartic(x, y, coefficient):
    """a x⁴ + y²/2."""
    return coefficient * (x * x) * (x * x) + 0.5 * y * y


def quartic_gradient(x, y, coefficient):
    """Its gradient."""
    return np.array([4 * coefficient * x * x * x, y])


def ravine(x, y, steep, flat, angle):
    """(a u² + b v²) / 2, where u and v are x and y turned by the angle."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    u, v = cos * x + sin * y, cos * y - sin * x
    return 0.5 * (steep * u * u + flat * v * v)


def ravine_gradient(x, y, steep, flat, angle):
    """Its gradient."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    xx, yy = steep * cos * cos + flat * sin * sin, steep * sin * sin + flat * cos * cos
    xy = (steep - flat) * sin * cos
    return np.array([xx * x + xy * y, xy * x + yy * y])


def rosenbrock(x, y, a, b):
    """(a - x)² + b (y - x²)²."""
    miss, rise = a - x, y - x * x
    return miss * miss + b * rise * rise


def rosenbrock_gradient(x, y, a, b):
    """Its gradient."""
    rise = y - x * x
    return np.array([2 * (x - a) - 4 * b * x * rise, 2 * b * rise])


def beale(x, y):
    """(1.5 - x + x y)² + (2.25 - x + x y²)² + (2.625 - x + x y³)²."""
    first, second, third = 1.5 - x * (1 - y), 2.25 - x * (1 - y * y), 2.625 - x * (1 - y * y * y)
    return first * first + second * second + third * third


def beale_gradient(x, y):
    """Its gradient."""
    first, second, third = 1.5 - x * (1 - y), 2.25 - x * (1 - y * y), 2.625 - x * (1 - y * y * y)
    across = first * (y - 1) + second * (y * y - 1) + third * (y * y * y - 1)
    return np.array([2 * across, 2 * x * (first + 2 * y * second + 3 * (y * y) * third)])


def himmelblau(x, y):
    """(x² + y - 11)² + (x + y² - 7)²."""
    first, second = x * x + y - 11, x + y * y - 7
    return first * first + second * second


def himmelblau_gradient(x, y):
    """Its gradient."""
    first, second = x * x + y - 11, x + y * y - 7
    return np.array([4 * x * first + 2 * second, 2 * first + 4 * y * second])


def finite_sum_points(example, p, a):
    """The points a_i of the examples, and their weights."""
    if example == "chen":
        return np.array([-3.0, -3.0, 9.0]), np.full(3, 1 / 3)
    if example == "symmetric":
        return np.array([-3.0, 3.0]), np.full(2, 0.5)
    return np.array([-a, p * a / (1 - p)]), np.array([p, 1 - p])


def finite_sum(x, y, points, weights):
    """A mean over examples: Σ weight_i (x - a_i)²/2 + y²/2, written as (x - mean)²/2 + y²/2 + the rest."""
    mean = (weights * points).sum()
    rest = 0.5 * (weights * (points - mean) ** 2).sum()
    return 0.5 * ((x - mean) * (x - mean) + y * y) + rest


def finite_sum_examples(x, y, step, points, weights, batch_size, seed):
    """The gradients `(batch, 2)` of the examples that this step draws, and their weights in the mean."""
    drawn = np.arange(len(points))  # batch_size 0: all of them
    if batch_size:
        block, place = divmod(step, 64)
        chance = np.random.default_rng([1, seed, block]).random((64, batch_size))[place]
        limits = np.cumsum(weights)
        limits[-1] = 1.0
        drawn = np.searchsorted(limits, chance, side="right")
        weights = np.full(batch_size, 1 / batch_size)
    return np.stack([x - points[drawn], np.full(len(drawn), y)], axis=1), weights
