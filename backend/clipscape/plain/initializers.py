"""Every kind of first weights: its parameters in, `fill(generator, name, shape)` out. weight_hh stacks its gates."""

import zlib

import numpy as np


def first_weights(shapes, fill, seed):
    """The flat vector of first weights: every tensor has random numbers of its own; gains are 1."""
    parts = []
    for name, shape in shapes.items():
        generator = np.random.default_rng([20, seed, zlib.crc32(name.encode())])
        if name.startswith("norm_"):
            parts.append(np.full(shape, float(name.startswith("norm_gain"))))
        else:
            parts.append(fill(generator, name, shape).ravel())
    return np.concatenate(parts)


def uniform(hidden_size):
    """Everything uniform within 1/sqrt(H), PyTorch's default."""

    def fill(generator, name, shape):
        bound = 1.0 / np.sqrt(hidden_size)
        return generator.uniform(-bound, bound, shape)

    return fill


def gaussian(std):
    """Weights normal, biases 0."""

    def fill(generator, name, shape):
        return std * generator.standard_normal(shape) if len(shape) == 2 else np.zeros(shape)

    return fill


def orthogonal(gain, hidden_size):
    """Recurrent matrices turn the state and multiply its length by the gain; biases 0."""

    def fill(generator, name, shape):
        if len(shape) == 1:
            return np.zeros(shape)
        if name != "weight_hh":
            bound = 1.0 / np.sqrt(hidden_size)
            return generator.uniform(-bound, bound, shape)
        gates = []
        for _ in range(shape[0] // hidden_size):
            q, r = np.linalg.qr(generator.standard_normal((hidden_size, hidden_size)))
            gates.append(gain * q * np.sign(np.diag(r)))
        return np.concatenate(gates)

    return fill


def identity(scale, hidden_size):
    """Recurrent matrices are multiples of the identity, other weights tiny, biases 0."""

    def fill(generator, name, shape):
        if len(shape) == 1:
            return np.zeros(shape)
        if name != "weight_hh":
            return 0.001 * generator.standard_normal(shape)
        return np.tile(scale * np.eye(hidden_size), (shape[0] // hidden_size, 1))

    return fill


def spectral_radius(radius, incoming, std, hidden_size):
    """Recurrent matrices normal, if wanted sparse, rescaled to a largest |eigenvalue|; biases 0."""

    def fill(generator, name, shape):
        if len(shape) == 1:
            return np.zeros(shape)
        if name != "weight_hh":
            return std * generator.standard_normal(shape)
        gates = []
        for _ in range(shape[0] // hidden_size):
            matrix = generator.standard_normal((hidden_size, hidden_size))
            if 0 < incoming < hidden_size:
                order = generator.permuted(np.tile(np.arange(hidden_size), (hidden_size, 1)), axis=1)
                matrix[order >= incoming] = 0.0
            gates.append(matrix * (radius / np.abs(np.linalg.eigvals(matrix)).max()))
        return np.concatenate(gates)

    return fill
