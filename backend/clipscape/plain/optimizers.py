"""Every optimizer: its parameters in, `direction(grad, params)` out. The step is -learning_rate times the direction."""

import numpy as np


def sgd():
    """Plain descent: the gradient is the direction."""

    def direction(grad, params):
        return grad

    return direction


def heavy_ball(momentum):
    """Momentum as in PyTorch: the trace is momentum * trace + grad."""
    trace = 0.0

    def direction(grad, params):
        nonlocal trace
        trace = momentum * trace + grad
        return trace

    return direction


def nesterov(momentum):
    """Momentum that looks one step ahead."""
    trace = 0.0

    def direction(grad, params):
        nonlocal trace
        trace = momentum * trace + grad
        return momentum * trace + grad

    return direction


def adagrad(epsilon):
    """Divide by the root of the sum of all squared gradients."""
    total = 0.0

    def direction(grad, params):
        nonlocal total
        total = total + grad * grad
        return grad / (np.sqrt(total) + epsilon)

    return direction


def rmsprop(decay, epsilon):
    """Divide by the running root mean square."""
    mean_square = 0.0

    def direction(grad, params):
        nonlocal mean_square
        mean_square = decay * mean_square + (1 - decay) * (grad * grad)
        return grad / (np.sqrt(mean_square) + epsilon)

    return direction


def adam(beta_1, beta_2, epsilon):
    """Running mean over running root mean square, both corrected for having started at 0."""
    mean, mean_square, power_1, power_2 = 0.0, 0.0, 1.0, 1.0

    def direction(grad, params):
        nonlocal mean, mean_square, power_1, power_2
        mean = beta_1 * mean + (1 - beta_1) * grad
        mean_square = beta_2 * mean_square + (1 - beta_2) * (grad * grad)
        power_1, power_2 = power_1 * beta_1, power_2 * beta_2
        return mean / (np.sqrt(mean_square / (1 - power_2)) + epsilon) / (1 - power_1)

    return direction


def adamw(beta_1, beta_2, epsilon, weight_decay):
    """Adam, plus weight_decay * params that is not divided by anything."""
    mean, mean_square, power_1, power_2 = 0.0, 0.0, 1.0, 1.0

    def direction(grad, params):
        nonlocal mean, mean_square, power_1, power_2
        mean = beta_1 * mean + (1 - beta_1) * grad
        mean_square = beta_2 * mean_square + (1 - beta_2) * (grad * grad)
        power_1, power_2 = power_1 * beta_1, power_2 * beta_2
        adam = mean / (np.sqrt(mean_square / (1 - power_2)) + epsilon) / (1 - power_1)
        return adam + weight_decay * params

    return direction
