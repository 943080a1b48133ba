"""The cells: the next state and memory of the sums `W_ih x + b_ih` and `W_hh h + b_hh`, and the way back.

Steps use only functions that PyTorch has under the same name. A way back receives dL/dh and dL/dc of what the step made
and returns the gradients of both sums, of h and of c.
"""

import numpy as np

from clipscape.plain.layer_norm import layer_norm, layer_norm_backward


def sigmoid(z):
    """1 / (1 + exp(-z))."""
    return 1.0 / (1.0 + np.exp(-z))


def tanh_step(from_input, from_state, h, c, weights):
    """h = tanh(sum)."""
    return np.tanh(from_input + from_state), c


def tanh_step_backward(dh, dc, from_input, from_state, h, c, weights, grads):
    """Its way back; h and c play no part but in the sums."""
    new = np.tanh(from_input + from_state)
    grad = dh * (1.0 - new * new)
    return grad, grad, 0.0, 0.0


def relu_step(from_input, from_state, h, c, weights):
    """h = max(0, sum)."""
    return np.clip(from_input + from_state, 0.0, None), c


def relu_step_backward(dh, dc, from_input, from_state, h, c, weights, grads):
    """Its way back."""
    grad = dh * (from_input + from_state > 0.0)
    return grad, grad, 0.0, 0.0


def lstm_step(from_input, from_state, h, c, weights):
    """c = s(f) c + s(i) tanh(g), h = s(o) tanh(c)."""
    i, f, g, o = np.hsplit(from_input + from_state, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_step_backward(dh, dc, from_input, from_state, h, c, weights, grads):
    """Its way back: the memory's gradient is multiplied by the forget gate, not by a matrix."""
    i, f, g, o = np.hsplit(from_input + from_state, 4)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    squashed = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1.0 - squashed * squashed)
    by_i, by_f = dc * g * i * (1.0 - i), dc * c * f * (1.0 - f)
    by_g, by_o = dc * i * (1.0 - g * g), dh * squashed * o * (1.0 - o)
    grad = np.concatenate([by_i, by_f, by_g, by_o], axis=1)
    return grad, grad, 0.0, dc * f


def normalised_lstm_step(from_input, from_state, h, c, weights):
    """c = s(f) c + s(i) tanh(g), h = s(o) tanh(LN(c))."""
    i, f, g, o = np.hsplit(from_input + from_state, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(layer_norm(c, weights["norm_gain_cell"]) + weights["norm_bias_cell"]), c


def normalised_lstm_step_backward(dh, dc, from_input, from_state, h, c, weights, grads):
    """Its way back, through the normalisation of the memory."""
    i, f, g, o = np.hsplit(from_input + from_state, 4)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    memory, gain = f * c + i * g, weights["norm_gain_cell"]
    squashed = np.tanh(layer_norm(memory, gain) + weights["norm_bias_cell"])
    by_normal = dh * o * (1.0 - squashed * squashed)
    by_memory, by_gain = layer_norm_backward(by_normal, memory, gain)
    grads["norm_gain_cell"] += by_gain
    grads["norm_bias_cell"] += by_normal.sum(axis=0)
    dc = dc + by_memory
    by_i, by_f = dc * g * i * (1.0 - i), dc * c * f * (1.0 - f)
    by_g, by_o = dc * i * (1.0 - g * g), dh * squashed * o * (1.0 - o)
    grad = np.concatenate([by_i, by_f, by_g, by_o], axis=1)
    return grad, grad, 0.0, dc * f


def gru_step(from_input, from_state, h, c, weights):
    """n = tanh(in + s(r) hn), h = (1 - s(z)) n + s(z) h."""
    (input_r, input_z, input_n), (r, z, n) = np.hsplit(from_input, 3), np.hsplit(from_state, 3)
    r, z = sigmoid(input_r + r), sigmoid(input_z + z)
    return (1.0 - z) * np.tanh(input_n + r * n) + z * h, c


def gru_step_backward(dh, dc, from_input, from_state, h, c, weights, grads):
    """Its way back: a part of dL/dh goes straight on to the state before."""
    (input_r, input_z, input_n), (r, z, n) = np.hsplit(from_input, 3), np.hsplit(from_state, 3)
    r, z = sigmoid(input_r + r), sigmoid(input_z + z)
    new = np.tanh(input_n + r * n)
    by_n = dh * (1.0 - z) * (1.0 - new * new)
    by_r, by_z = by_n * n * r * (1.0 - r), dh * (h - new) * z * (1.0 - z)
    by_input = np.concatenate([by_r, by_z, by_n], axis=1)
    return by_input, np.concatenate([by_r, by_z, by_n * r], axis=1), dh * z, 0.0
