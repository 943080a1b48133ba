"""What a run leaves behind: the raw `Tape` that the loop writes, and the `Run` that everyone else reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from clipscape.numerics import angle_between, row_norm

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
ObjectArray = npt.NDArray[np.object_]

COMPLETED, DIVERGED = "completed", "diverged"
LEFT_LIMIT, LOSS_NOT_FINITE, GRADIENT_NOT_FINITE = "left_limit", "loss_not_finite", "gradient_not_finite"


@dataclass(frozen=True)
class Tape:
    """Raw records of some steps, `(dim, steps, rows)`: what the loop writes while stepping.

    `clip_input` and `clipped` are the very array of `grad` (or of each other) where no link changes anything, so
    nothing is copied or computed twice.
    """

    params: Array
    """One point longer than the others."""
    grad: Array
    clip_input: Array
    clipped: Array
    clip_input_norm: Array | None = None
    """(steps, rows): where the clip needs the norms anyway. NaN instead of Inf where an entry is infinite."""

    @classmethod
    def of(
        cls, params: Array, grad: Array, clip_input: Array, clipped: Array, clip_input_norm: Array | None = None
    ) -> Tape:
        """Make the tape from records `(steps, dim, rows)` as views of them, and norms `(steps, rows)`."""
        views = {id(records): np.moveaxis(records, 1, 0) for records in (params, grad, clip_input, clipped)}
        return cls(views[id(params)], views[id(grad)], views[id(clip_input)], views[id(clipped)], clip_input_norm)

    def part(self, first: int, last: int) -> Tape:
        """Return views of the steps first .. last - 1, and of the points first .. last."""
        grad = self.grad[:, first:last]
        clip_input = grad if self.clip_input is self.grad else self.clip_input[:, first:last]
        clipped = clip_input if self.clipped is self.clip_input else self.clipped[:, first:last]
        clip_input_norm = None if self.clip_input_norm is None else self.clip_input_norm[first:last]
        return Tape(self.params[:, first : last + 1], grad, clip_input, clipped, clip_input_norm)

    def blank_from(self, step: int) -> None:
        """Overwrite everything after the point `step` with NaN."""
        self.params[:, step + 1 :] = np.nan
        for records in (self.grad, self.clip_input, self.clipped):
            records[:, step:] = np.nan

    def blank(self, dead: BoolArray) -> None:
        """Overwrite the steps marked in `dead` `(steps, rows)`, and the points they lead to, with NaN."""
        self.params[:, 1:][:, dead] = np.nan
        for records in (self.grad, self.clip_input, self.clipped):
            records[:, dead] = np.nan


@dataclass(frozen=True)
class Run:
    """A finished (or, while streaming, growing) run of R rows and S steps.

    Per-step numbers are those of the update that leaves the step; NaN (False for `fired`) after a row has stopped. With
    record "summary" the arrays with a step axis are empty: S is 0. What follows from other arrays is computed when it
    is first asked for.
    """

    params: Array
    """(S + 1, R, dim)."""
    loss: Array
    """(S + 1, R)."""
    grad: Array
    """(S, R, dim): the raw gradient, noise included."""
    clip_input: Array
    """(S, R, dim): what the clip received (with decay, or the optimizer's direction where the clip stands after it)."""
    clipped: Array
    """(S, R, dim): what the clip passed on."""
    grad_norm: Array
    """(S, R), like the other norms and `fired` below."""
    clip_input_norm: Array
    clipped_norm: Array
    fired: BoolArray
    """Whether the clip changed anything."""

    status: ObjectArray
    """(R,): "completed" or "diverged"."""
    stop_reason: ObjectArray
    """(R,): None, "left_limit", "loss_not_finite" or "gradient_not_finite"."""
    stop_value: Array
    """(R,): the distance from the window's centre, the loss, or the gradient norm that stopped the row; else NaN."""
    n_steps: IntArray
    """(R,): steps completed."""
    final_params: Array
    """(R, dim)."""
    final_loss: Array
    best_loss: Array
    max_grad_norm: Array
    clip_fraction: Array
    """(R,): share of the completed steps at which the clip fired."""

    @cached_property
    def update(self) -> Array:
        """(S, R, dim): the step taken, params[t + 1] - params[t]."""
        return self.params[1:] - self.params[:-1]

    @cached_property
    def update_norm(self) -> Array:
        """(S, R): length of the step taken."""
        return row_norm(np.moveaxis(self.update, -1, 0))

    @cached_property
    def clip_coef(self) -> Array:
        """(S, R): clipped_norm / clip_input_norm; 1 where the clip did not fire."""
        with np.errstate(all="ignore"):
            return np.where(self.fired, self.clipped_norm / self.clip_input_norm, self._where_known(1.0))

    @cached_property
    def angle(self) -> Array:
        """(S, R): degrees between clip_input and clipped; 0 where the clip did not fire, NaN where it left nothing."""
        angle = self._where_known(0.0)
        angle[self.fired] = angle_between(self.clip_input[self.fired].T, self.clipped[self.fired].T)
        return angle

    @cached_property
    def max_angle(self) -> Array:
        """(R,): largest angle in degrees; NaN with record "summary"."""
        nothing_kept = np.full(len(self.n_steps), np.nan)
        return np.fmax.reduce(self.angle, axis=0, initial=0.0) if len(self.angle) else nothing_kept

    def _where_known(self, value: float) -> Array:
        return np.where(np.isnan(self.grad_norm), np.nan, value)
