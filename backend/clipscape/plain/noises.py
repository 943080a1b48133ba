"""Every noise: its parameters in, `noise(grad, step)` out. What is drawn depends on seed and step only."""

import numpy as np


def exact():
    """No noise."""

    def noise(grad, step):
        return grad

    return noise


def gaussian(std, seed):
    """Normal noise on every coordinate."""

    def noise(grad, step):
        block, place = divmod(step, 64)  # Clipscape draws for 64 steps at a time
        drawn = np.random.default_rng([11, seed, block]).standard_normal((64, len(grad)))
        return grad + drawn[place] * std

    return noise


def student_t(dof, scale, seed):
    """Student t noise on every coordinate, by Bailey's polar method: sqrt(dof (u^(-2/dof) - 1)) cos(2 pi v)."""

    def noise(grad, step):
        block, place = divmod(step, 64)  # Clipscape draws for 64 steps at a time
        u, v = np.random.default_rng([12, seed, block]).random((64, 2, len(grad)))[place]
        radius = np.sqrt(np.expm1(-2.0 * np.log1p(-u) / dof) * dof)
        return grad + radius * np.cos(2.0 * np.pi * v) * scale

    return noise


def bad_batch(step, factor):
    """Multiply the gradient of one step."""
    bad_step = step

    def noise(grad, step):
        return grad * factor if step == bad_step else grad

    return noise
