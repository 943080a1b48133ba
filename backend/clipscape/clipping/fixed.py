"""Clipping rules with a fixed threshold."""

from __future__ import annotations

from typing import Any

import numpy as np

from clipscape.numerics import clip_between, row_norm, weighted_mean
from clipscape.row_norms import ONE, Array, RowNorm
from clipscape.transforms import (
    IDENTITY,
    Cap,
    RowContext,
    Transform,
    capped,
    no_state,
    scaled_by,
    seeded_blocks,
    stateless,
)

_DIRECTION_TAG, _PRIVACY_TAG = 101, 102
"""Streams of random numbers, kept apart from those of the noise."""


def no_clipping() -> Transform:
    """Pass the gradient on as it is."""
    return IDENTITY


def clip_by_norm(max_norm: Array, epsilon: Array) -> Transform:
    """Scale each row to an L2 norm of at most `max_norm[row]`: g min(1, c / (|g| + epsilon)).

    epsilon 0 is the paper, TensorFlow and Optax; 1e-6 is PyTorch's `clip_grad_norm_`, which thereby also shrinks
    gradients a little below the threshold. Pascanu, Mikolov and Bengio 2013, Algorithm 1.
    """
    return capped(Cap(max_norm, epsilon if epsilon.any() else None))


def clip_per_tensor(max_norm: Array) -> Transform:
    """Clip the norm of every tensor on its own: g_b min(1, c / |g_b|), as Keras' `clipnorm` does.

    A landscape's point is one tensor, so there this is norm clipping.
    """

    def coefficient(norm: Array, _state: None, _params: Array, out: Array) -> None:
        np.divide(max_norm, norm, out)
        np.fmin(out, ONE, out)

    return scaled_by(coefficient, no_state, parts="tensors")


def clip_by_value(clip_value: Array) -> Transform:
    """Cut every entry off at +-`clip_value[row]`. NaN stays NaN. Goodfellow et al. 2016, section 10.11.1."""
    lowest = -clip_value

    def update(updates: Array, _params: Array, out: Array) -> None:
        clip_between(updates, lowest, clip_value, out)

    return stateless(update)._replace(limit=clip_value)


def clip_by_block_norm(max_norm: Array) -> Transform:
    """Clip the norm of each block on its own (Keras `clipnorm`).

    On a landscape every coordinate is a block of its own, so this changes the direction exactly as value clipping does.
    The blocks of a network are its tensors: there it is `clip_per_tensor`.
    """
    tensors = clip_per_tensor(max_norm)

    def init(context: RowContext) -> Any:
        return tensors.init(context) if context.blocks else None

    def update(updates: Array, state: Any, params: Array, out: Array) -> None:
        if state is not None:
            tensors.update(updates, state, params, out)
            return
        np.abs(updates, out)
        np.divide(max_norm, out, out)
        np.fmin(out, ONE, out)
        np.multiply(updates, out, out)

    return Transform(init, update)


def clip_by_infinity_norm(max_norm: Array) -> Transform:
    """Scale each row so that its largest entry is at most `max_norm[row]` (PyTorch: `norm_type=inf`)."""

    def update(updates: Array, norm_of: RowNorm, _params: Array, out: Array) -> None:
        largest = norm_of.largest(updates)
        np.divide(max_norm, largest, largest)
        np.fmin(largest, ONE, largest)
        np.multiply(updates, largest, out)

    return Transform(_row_norm, update)


def _row_norm(context: RowContext) -> RowNorm:
    return RowNorm(context.dim, context.rows)


def normalized(beta: Array) -> Transform:
    """g / (|g| + beta): every step has (nearly) the same length. A zero gradient stays zero. Zhang et al. 2020."""

    smallest, work = np.array(1e-300), np.empty_like(beta)

    def coefficient(norm: Array, _state: None, _params: Array, out: Array) -> None:
        np.add(norm, beta, out)
        np.fmax(out, smallest, work)
        np.divide(ONE, work, out)

    return scaled_by(coefficient, no_state)


def soft_clip(max_norm: Array) -> Transform:
    """g / (1 + |g| / c): smooth; tends to the threshold c for large gradients. Zhang, Jin, Fang and Wang 2020, code."""
    work = np.empty_like(max_norm)

    def coefficient(norm: Array, _state: None, _params: Array, out: Array) -> None:
        np.divide(norm, max_norm, out)
        np.add(out, ONE, work)
        np.divide(ONE, work, out)

    return scaled_by(coefficient, no_state)


def random_step(max_norm: Array) -> Transform:
    """Replace a gradient whose norm exceeds c by a random one of norm c. Goodfellow et al. 2016, section 10.11.1.

    The direction depends on (seed, step) only, so every variant would take the same random step.
    """

    def init(context: RowContext) -> dict[str, Any]:
        directions = seeded_blocks(context, _DIRECTION_TAG, lambda rng: rng.standard_normal((64, context.dim)))
        return {"step": 0, "directions": directions, "norm": _row_norm(context), "length": _row_norm(context)}

    def update(updates: Array, state: dict[str, Any], _params: Array, out: Array) -> None:
        direction = state["directions"](state["step"])
        state["step"] += 1
        replaced = state["norm"](updates) > max_norm
        np.multiply(direction, max_norm / state["length"](direction), out)
        np.copyto(out, updates, where=~replaced)

    return Transform(init, update)


def clip_per_example(max_norm: Array, noise_multiplier: Array) -> Transform:
    """Clip the gradient of every example, then average, then add noise: DP-SGD, Abadi et al. 2016, Algorithm 1.

    sum_i w_i g_i min(1, C / |g_i|) + N(0, (sigma C / L)^2) with L examples in the batch and weights w_i = 1 / L, or the
    weights of the finite sum when the batch is the whole sum. What earlier links added to the mean gradient (noise,
    decay) is added to every example's. Raises ValueError where the problem has no examples.
    """

    def init(context: RowContext) -> dict[str, Any]:
        if context.example_grads is None:
            raise ValueError("per-example clipping needs a problem that is a sum over examples")
        noise = seeded_blocks(context, _PRIVACY_TAG, lambda rng: rng.standard_normal((64, context.dim)))
        return {"step": 0, "noise": noise, "grads": context.example_grads, "weights": context.example_weights}

    def update(updates: Array, state: dict[str, Any], _params: Array, out: Array) -> None:
        weights, examples = state["weights"], state["grads"]()
        examples = examples + (updates - weighted_mean(examples, weights))[:, np.newaxis]
        coefficient = np.fmin(max_norm / row_norm(examples), ONE)
        noise = state["noise"](state["step"]) * (noise_multiplier * max_norm / len(weights))
        state["step"] += 1
        np.add(weighted_mean(examples * coefficient, weights), noise, out)

    return Transform(init, update)
