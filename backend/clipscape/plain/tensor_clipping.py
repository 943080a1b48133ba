"""Clipping rules that take a network apart: as in `clipping`, and `shapes` tells the tensors."""

import numpy as np

from clipscape.plain.networks import tensors_of
from clipscape.plain.vectors import norm


def clip_each_tensor(max_norm, shapes):
    """Clip the norm of each tensor on its own."""

    def clip(grad, params, step):
        clipped = grad.copy()
        for tensor in tensors_of(clipped, shapes).values():
            tensor *= min(1.0, max_norm / norm(tensor))
        return clipped

    return clip


def adaptive_grad_clip_by_unit(clipping, eps, shapes):
    """Allow each unit's gradient a fixed fraction of the size of its weights; the readout is left alone."""

    def clip(grad, params, step):
        clipped, weights = grad.copy(), tensors_of(params, shapes)
        for name, tensor in tensors_of(clipped, shapes).items():
            if not name.startswith("readout"):
                for unit, weight in zip(np.atleast_2d(tensor), np.atleast_2d(weights[name]), strict=True):
                    unit *= min(1.0, max(norm(weight), eps) * clipping / norm(unit))
        return clipped

    return clip


def adagc_by_tensor(relative_threshold, beta, absolute_threshold, warmup_steps, shapes):
    """Clip each tensor at a little more than the running mean of its clipped norms; the warm-up clips the whole."""
    means = dict.fromkeys(shapes, np.inf)

    def clip(grad, params, step):
        clipped = grad.copy()
        for name, tensor in tensors_of(clipped, shapes).items():
            length, mean = norm(tensor), means[name]
            if step < warmup_steps:
                kept = min(length, absolute_threshold * (length / norm(grad)))
                means[name] = min(mean, kept)
            else:
                kept = min(length, relative_threshold * mean)
                means[name] = kept if np.isinf(mean) else beta * mean + (1 - beta) * kept
            tensor *= kept / max(length, 5e-324)
        return clipped

    return clip
