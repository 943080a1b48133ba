"""Layer normalisation of the sums inside a cell (Ba, Kiros, Hinton 2016)."""

import numpy as np


def layer_norm(sums, gain):
    """gain * (a - mean) / sqrt(variance + 1e-5) over the units."""
    centred = sums - sums.mean(axis=-1, keepdims=True)
    return gain * centred / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + 1e-5)


def layer_norm_backward(grad, sums, gain):
    """Gradients of the sums and of the gain."""
    centred = sums - sums.mean(axis=-1, keepdims=True)
    scale = 1.0 / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + 1e-5)
    normal, inner = centred * scale, grad * gain
    inner = inner - inner.mean(axis=-1, keepdims=True) - normal * (inner * normal).mean(axis=-1, keepdims=True)
    return inner * scale, (grad * normal).sum(axis=0)


def joint_sums(x, h, weights):
    """LN(W_ih x + W_hh h) + b_ih, and b_hh: the simple net normalises both products together."""
    sums = x @ weights["weight_ih"].T + h @ weights["weight_hh"].T
    return layer_norm(sums, weights["norm_gain"]) + weights["bias_ih"], weights["bias_hh"]


def joint_sums_backward(d_input, d_state, x, h, weights, grads):
    """Add to the gradients of the weights; return what flows to h, and the gradient of the sum."""
    grads["bias_ih"] += d_input.sum(axis=0)
    grads["bias_hh"] += d_state.sum(axis=0)
    sums = x @ weights["weight_ih"].T + h @ weights["weight_hh"].T
    grad, by_gain = layer_norm_backward(d_input, sums, weights["norm_gain"])
    grads["norm_gain"] += by_gain
    grads["weight_ih"] += grad.T @ x
    grads["weight_hh"] += grad.T @ h
    return grad @ weights["weight_hh"], grad


def groups_of(sums, h):
    """Which sums are normalised together: all gates of an LSTM; r and z of a GRU, and its n alone."""
    width, units = sums.shape[1], h.shape[1]
    return [slice(0, width)] if width == 4 * units else [slice(0, 2 * units), slice(2 * units, width)]


def normalised_sums(x, h, weights):
    """LN(W_ih x) + b_ih and LN(W_hh h) + b_hh."""
    both = []
    for side, seen in (("ih", x), ("hh", h)):
        sums = seen @ weights["weight_" + side].T
        gain = weights["norm_gain_" + side]
        normal = [layer_norm(sums[:, group], gain[group]) for group in groups_of(sums, h)]
        both.append(np.concatenate(normal, axis=1) + weights["bias_" + side])
    return both


def normalised_sums_backward(d_input, d_state, x, h, weights, grads):
    """Add to the gradients of the weights; return what flows to h, and the gradient of the sum."""
    for side, seen, received in (("ih", x, d_input), ("hh", h, d_state)):
        grads["bias_" + side] += received.sum(axis=0)
        sums = seen @ weights["weight_" + side].T
        grad = np.zeros_like(sums)
        for group in groups_of(sums, h):
            gain = weights["norm_gain_" + side][group]
            grad[:, group], by_gain = layer_norm_backward(received[:, group], sums[:, group], gain)
            grads["norm_gain_" + side][group] += by_gain
        grads["weight_" + side] += grad.T @ seen
    return grad @ weights["weight_hh"], grad
