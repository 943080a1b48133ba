"""A recurrent network on a board: forward, and backpropagation through time, one time step after the other.

States are `(T + 1, batch, H)`, the first one 0; weights and gradients are dictionaries of tensors by name, matrices
`(out, in)` as in PyTorch. A cell is two functions: `step(from_input, from_state, h, c, weights)`, which makes the next
state and memory of the two sums `W_ih x + b_ih` and `W_hh h + b_hh`, and its way back.
"""

import math

import numpy as np


def tensors_of(vector, shapes):
    """Cut a flat vector into its tensors; writing into one writes into the vector."""
    tensors, first = {}, 0
    for name, shape in shapes.items():
        last = first + math.prod(shape)
        tensors[name] = vector[first:last].reshape(shape)
        first = last
    return tensors


def forward(inputs, weights, sums, step):
    """Run over `inputs` (T, batch, I); return all states and memories, the first ones 0."""
    h = c = np.zeros((inputs.shape[1], weights["weight_hh"].shape[1]))
    states, memories = [h], [c]
    for x in inputs:
        h, c = step(*sums(x, h, weights), h, c, weights)
        states.append(h)
        memories.append(c)
    return np.stack(states), np.stack(memories)


def backward(inputs, states, memories, weights, state_grads, truncation, sums, sums_backward, step_backward):
    """Backpropagation through time: return the gradients of the cell's tensors, and of the sums at every step.

    `state_grads` (T, batch, H) holds what each output gives to its state, and on return the whole dL/dh_t. With
    `truncation` k nothing flows back over the end of a window of k steps.
    """
    grads = {name: np.zeros(tensor.shape) for name, tensor in weights.items()}
    sum_grads, dh, dc = [], 0.0, 0.0
    for t in reversed(range(len(inputs))):
        if truncation and (t + 1) % truncation == 0:
            dh = dc = 0.0
        state_grads[t] += dh
        x, h, c = inputs[t], states[t], memories[t]
        made_of = *sums(x, h, weights), h, c
        d_input, d_state, dh, dc = step_backward(state_grads[t], dc, *made_of, weights, grads)
        flow, sum_grad = sums_backward(d_input, d_state, x, h, weights, grads)
        dh = dh + flow
        sum_grads.append(sum_grad)
    return grads, np.stack(sum_grads[::-1])


def linear_sums(x, h, weights):
    """W_ih x + b_ih and W_hh h + b_hh."""
    from_input = x @ weights["weight_ih"].T + weights["bias_ih"]
    return from_input, h @ weights["weight_hh"].T + weights["bias_hh"]


def linear_sums_backward(d_input, d_state, x, h, weights, grads):
    """Add to the gradients of the weights; return what flows to h, and the gradient of the sum."""
    for side, seen, grad in (("ih", x, d_input), ("hh", h, d_state)):
        grads["weight_" + side] += grad.T @ seen
        grads["bias_" + side] += grad.sum(axis=0)
    return d_state @ weights["weight_hh"], d_state


def squared_error(outputs, targets):
    """Mean of (output - target)², and its gradient."""
    miss = outputs - targets
    return np.mean(miss * miss), 2.0 / miss.size * miss


def cross_entropy(outputs, targets):
    """Mean of -ln softmax(outputs)[target], and its gradient; targets are the numbers of the classes."""
    shifted = outputs - outputs.max(axis=-1, keepdims=True)
    powers = np.exp(shifted)
    totals = powers.sum(axis=-1, keepdims=True)
    wanted = targets[..., np.newaxis] == np.arange(outputs.shape[-1])
    value = np.mean(np.log(totals)[..., 0] - shifted[wanted].reshape(targets.shape))
    return value, (powers / totals - wanted) / targets.size


def drop_states(dropout, shape, seed):
    """Dropout on the way to the readout: `mask(step)` is 0 for a share of the states, larger than 1 for the others."""

    def mask(step):
        drawn = np.random.default_rng([21, seed, step]).random(shape)
        return (drawn >= dropout) / (1.0 - dropout)

    return mask


def penalty_gradient(state_grads, sum_grads, matrix):
    """Gradient of Pascanu's penalty for vanishing gradients: mean of (|z W_hh|² / |dL/dh|² - 1)², z and dL/dh held."""
    leaving = sum_grads @ matrix
    before, after = (state_grads * state_grads).sum(axis=-1), (leaving * leaving).sum(axis=-1)
    alive = before >= 1e-20
    before = np.where(alive, before, 1.0)
    slope = np.where(alive, after / before - 1.0, 0.0) * (4.0 / before / max(alive.sum(), 1))
    units = len(matrix)
    return sum_grads.reshape(-1, units).T @ (leaving * slope[..., np.newaxis]).reshape(-1, units)
