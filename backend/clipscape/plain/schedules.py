"""Every schedule: its parameters in, `factor(step)` out, which multiplies the learning rate."""

import numpy as np


def constant(warmup_steps):
    """Factor 1, after a linear warm-up."""

    def factor(step):
        return min(1.0, (step + 1) / max(warmup_steps, 1))

    return factor


def step_decay(drop, every, warmup_steps):
    """One drop every so many steps."""

    def factor(step):
        elapsed = max(0, step - warmup_steps)
        return min(1.0, (step + 1) / max(warmup_steps, 1)) * drop ** (elapsed // every)

    return factor


def exponential_decay(decay, warmup_steps):
    """The same share at every step."""

    def factor(step):
        elapsed = max(0, step - warmup_steps)
        return min(1.0, (step + 1) / max(warmup_steps, 1)) * decay**elapsed

    return factor


def inverse_time_decay(decay, warmup_steps):
    """1 / (1 + decay * steps)."""

    def factor(step):
        elapsed = max(0, step - warmup_steps)
        return min(1.0, (step + 1) / max(warmup_steps, 1)) / (1 + decay * elapsed)

    return factor


def cosine_decay(final_factor, warmup_steps, n_steps):
    """Half a cosine from 1 down to the final factor."""

    def factor(step):
        progress = min(1.0, max(0, step - warmup_steps) / max(1, n_steps - warmup_steps))
        decayed = final_factor + (1 - final_factor) * 0.5 * (1 + np.cos(np.pi * progress))
        return min(1.0, (step + 1) / max(warmup_steps, 1)) * decayed

    return factor
