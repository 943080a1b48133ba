"""Every clipping rule: its parameters in, `clip(grad, params, step)` out."""

import numpy as np

from clipscape.plain.vectors import norm


def no_clipping():
    """Leave the gradient as it is."""

    def clip(grad, params, step):
        return grad

    return clip


def clip_by_norm(max_norm, epsilon):
    """Scale the gradient to a length of at most `max_norm`; its direction stays. PyTorch's epsilon is 1e-6."""

    def clip(grad, params, step):
        return grad * min(1.0, max_norm / (norm(grad) + epsilon))

    return clip


def clip_by_value(clip_value):
    """Cut every entry off at plus or minus `clip_value`."""

    def clip(grad, params, step):
        return np.clip(grad, -clip_value, clip_value)

    return clip


def clip_by_block_norm(max_norm):
    """Clip each block on its own; here each coordinate is one."""

    def clip(grad, params, step):
        return grad * np.fmin(1.0, max_norm / np.abs(grad))

    return clip


def clip_per_tensor(max_norm):
    """Clip the norm of each tensor on its own; here there is one."""

    def clip(grad, params, step):
        return grad * min(1.0, max_norm / norm(grad))

    return clip


def clip_by_infinity_norm(max_norm):
    """Scale the gradient until its largest entry is at most `max_norm`; its direction stays."""

    def clip(grad, params, step):
        return grad * min(1.0, max_norm / max(np.max(np.abs(grad)), 5e-324))

    return clip


def autoclip(percentile):
    """Clip at a percentile of all norms seen so far, this one included."""
    seen = []

    def clip(grad, params, step):
        seen.append(norm(grad))
        return grad * min(1.0, np.percentile(seen, percentile) / norm(grad))

    return clip


def zclip(alpha, z_threshold, warmup_steps, max_norm):
    """Pull norms that stand out from their running mean by more than z0 standard deviations back towards it."""
    seen = []
    mean, variance = 0.0, 0.0

    def clip(grad, params, step):
        nonlocal mean, variance
        kept = norm(grad)
        deviation = np.sqrt(variance)
        z = (kept - mean) / (deviation + 1e-6)
        if len(seen) >= warmup_steps and z > z_threshold:
            kept = mean + z_threshold**2 * deviation / z
        if max_norm > 0:
            kept = min(kept, max_norm)
        seen.append(kept)
        if len(seen) > warmup_steps:
            mean = alpha * mean + (1 - alpha) * kept
            variance = alpha * variance + (1 - alpha) * np.square(kept - mean)
        elif len(seen) == warmup_steps:
            mean, variance = np.mean(seen), np.var(seen)
        return grad * (kept / max(norm(grad), 5e-324))

    return clip


def adaptive_grad_clip(clipping, eps):
    """Allow the gradient a fixed fraction of the size of the parameters."""

    def clip(grad, params, step):
        return grad * min(1.0, max(norm(params), eps) * clipping / norm(grad))

    return clip


def adagc(relative_threshold, beta, absolute_threshold, warmup_steps):
    """Clip at a little more than the running mean of the clipped norms, after a warm-up at a fixed threshold."""
    mean = np.inf

    def clip(grad, params, step):
        nonlocal mean
        if step < warmup_steps:
            kept = min(norm(grad), absolute_threshold)
            mean = min(mean, kept)
        else:
            kept = min(norm(grad), relative_threshold * mean)
            mean = kept if np.isinf(mean) else beta * mean + (1 - beta) * kept
        return grad * (kept / max(norm(grad), 5e-324))

    return clip


def normalized(beta):
    """Use only the direction: g / (|g| + beta)."""

    def clip(grad, params, step):
        return grad * (1.0 / max(norm(grad) + beta, 1e-300))

    return clip


def soft_clip(max_norm):
    """g / (1 + |g| / c): shrinks always a little, and never lets the norm reach c."""

    def clip(grad, params, step):
        return grad * (1.0 / (norm(grad) / max_norm + 1.0))

    return clip


def random_step(max_norm, seed):
    """Replace a gradient longer than `max_norm` by a random one of that length."""

    def clip(grad, params, step):
        block, place = divmod(step, 64)
        direction = np.random.default_rng([101, seed, block]).standard_normal((64, len(grad)))[place]
        return direction * (max_norm / norm(direction)) if norm(grad) > max_norm else grad

    return clip


def clip_per_example(max_norm, noise_multiplier, examples, seed):
    """Clip the gradient of every example, average, add noise (DP-SGD). `examples(params, step)` returns them."""

    def clip(grad, params, step):
        grads, weights = examples(params, step)
        added = grad - sum(weight * each for weight, each in zip(weights, grads, strict=True))  # noise, decay
        grads = [each + added for each in grads]
        clipped = [each * min(1.0, max_norm / norm(each)) for each in grads]
        block, place = divmod(step, 64)
        drawn = np.random.default_rng([102, seed, block]).standard_normal((64, len(grad)))[place]
        noise = drawn * (noise_multiplier * max_norm / len(weights))
        return sum(weight * each for weight, each in zip(weights, clipped, strict=True)) + noise

    return clip
