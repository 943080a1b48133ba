"""What the training of some networks leaves behind.

Everything is indexed `[step or point or probe, row]`, so `array[:, row]` is one variant's. Per-step numbers are those
of the update that leaves the step. After a row has stopped everything is NaN (False for `fired`).
"""

from __future__ import annotations

from dataclasses import dataclass

from clipscape.records import Array, BoolArray, IntArray, ObjectArray

PARAMS_NOT_FINITE, EARLY_STOPPING = "params_not_finite", "early_stopping"


@dataclass(frozen=True)
class Probes:
    """What was looked at in P points of the run: on held-out sequences and in the weights."""

    steps: IntArray
    """(P,): the points, 0 and the last one among them. What has not been reached yet is NaN below."""
    held_out_loss: Array
    """(P, R), like the next three."""
    held_out_accuracy: Array
    """NaN where the task has none."""
    spectral_radius: Array
    """Of the recurrent matrix; of several gates the largest."""
    largest_singular_value: Array
    """Of the recurrent matrix; of several gates the largest."""
    outputs: Array
    """(P, R, [T,] shown, O): for the first held-out sequences; probabilities where the loss is cross-entropy."""
    params: Array
    """(P, R, dim)."""


@dataclass(frozen=True)
class Heat:
    """How large the gradient is at every time step t = 1 .. T, at C of the updates."""

    steps: IntArray
    """(C,): the updates."""
    hidden: Array
    """(C, R, T): ||dL/dh_t||."""
    cell: Array | None
    """(C, R, T): ||dL/dc_t||; None where the cell has no memory."""


@dataclass(frozen=True)
class TrainingRun:
    """A finished (or, while streaming, growing) training of R rows, S updates and B tensors."""

    loss: Array
    """(S + 1, R): of the minibatch of each step at its point. While growing, the last one is the next minibatch's."""
    accuracy: Array
    """(S + 1, R): likewise; NaN where the task has none."""
    param_norm: Array
    """(S + 1, R)."""
    grad_norm: Array
    """(S, R), like those up to `fired`: the raw gradient, noise included."""
    clip_input_norm: Array
    """Of what the clip received (with decay, or the optimizer's direction where the clip stands after it)."""
    clipped_norm: Array
    update_norm: Array
    """Length of the step taken."""
    update_ratio: Array
    """update_norm / param_norm."""
    clip_coef: Array
    """clipped_norm / clip_input_norm; 1 where the clip did not fire."""
    angle: Array
    """Degrees by which the clip turned its input; 0 where it did not fire, NaN where it left nothing."""
    fired: BoolArray
    """Whether the clip changed anything."""
    tensor_grad_norm: Array
    """(S, R, B): of each tensor of the raw gradient."""
    tensor_clipped_norm: Array
    """(S, R, B): of each tensor of what the clip passed on."""
    probes: Probes
    heat: Heat

    status: ObjectArray
    """(R,): "completed" or "diverged"."""
    stop_reason: ObjectArray
    """(R,): None, "early_stopping" (completed), "loss_not_finite", "gradient_not_finite" or "params_not_finite"."""
    stop_value: Array
    """(R,): the loss, or the norm of gradient or weights, that stopped the row (Inf where it is NaN); else NaN."""
    stop_tensor: ObjectArray
    """(R,): the first tensor in which an entry, or the norm, was not finite at the stop; else None."""
    n_steps: IntArray
    """(R,): updates made."""
    final_params: Array
    """(R, dim)."""
    final_loss: Array
    best_loss: Array
    max_grad_norm: Array
    clip_fraction: Array
    """(R,): share of the updates at which the clip fired."""
