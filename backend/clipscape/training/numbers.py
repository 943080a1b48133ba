"""The numbers of each update, found out for some updates at once from the tape."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from clipscape.records import Array, BoolArray, Tape
from clipscape.row_norms import Indices, part_norms

_WHOLE = np.zeros(1, dtype=np.intp)


@dataclass(frozen=True)
class Numbers:
    """Per-step numbers as in `TrainingRun`, for all steps of a run or for some of them."""

    param_norm: Array
    """One point longer than the others."""
    grad_norm: Array
    clip_input_norm: Array
    clipped_norm: Array
    update_norm: Array
    update_ratio: Array
    clip_coef: Array
    angle: Array
    fired: BoolArray
    tensor_grad_norm: Array
    tensor_clipped_norm: Array

    @classmethod
    def allocate(cls, n_steps: int, rows: int, tensors: int) -> Numbers:
        """Make room for a run; everything is NaN."""
        shapes: dict[str, tuple[int, ...]] = {"param_norm": (n_steps + 1, rows)}
        shapes |= dict.fromkeys(("tensor_grad_norm", "tensor_clipped_norm"), (n_steps, rows, tensors))
        made = {f.name: np.full(shapes.get(f.name, (n_steps, rows)), np.nan) for f in fields(cls) if f.name != "fired"}
        return cls(**made, fired=np.zeros((n_steps, rows), dtype=bool))

    def write(self, first: int, some: Numbers) -> None:
        """Take in the numbers of the steps from `first` on."""
        for field in fields(self):
            part = getattr(some, field.name)
            getattr(self, field.name)[first : first + len(part)] = part

    def blank(self, row: int, stop: int, last: int) -> None:
        """Overwrite what lies behind the point `stop` of one row, up to the point `last`."""
        for field in fields(self):
            if field.name == "param_norm":
                self.param_norm[stop + 1 : last + 1, row] = np.nan
            else:
                getattr(self, field.name)[stop:last, row] = False if field.name == "fired" else np.nan


def measure(tape: Tape, starts: Indices) -> Numbers:
    """Measure the steps of a tape; `starts` says where the tensors begin."""
    params, grad = _lines(tape.params), _lines(tape.grad)
    clip_input = grad if tape.clip_input is tape.grad else _lines(tape.clip_input)
    clipped = clip_input if tape.clipped is tape.clip_input else _lines(tape.clipped)
    grad_norm, tensor_grad = _norms(grad, starts)
    input_norm = grad_norm if clip_input is grad else _norm(clip_input)
    clipped_norm, tensor_clipped = (grad_norm, tensor_grad) if clipped is grad else _norms(clipped, starts)
    param_norm, update_norm = _norm(params), _norm(params[1:] - params[:-1])
    fired = np.zeros(grad_norm.shape, dtype=bool) if clipped is clip_input else (clipped != clip_input).any(axis=-1)
    angle = np.zeros(grad_norm.shape)
    angle[fired] = _angle(clip_input[fired], input_norm[fired], clipped[fired], clipped_norm[fired])
    return Numbers(
        param_norm=param_norm,
        grad_norm=grad_norm,
        clip_input_norm=input_norm,
        clipped_norm=clipped_norm,
        update_norm=update_norm,
        update_ratio=update_norm / param_norm[:-1],
        clip_coef=np.where(fired, clipped_norm / input_norm, 1.0),
        angle=angle,
        fired=fired,
        tensor_grad_norm=tensor_grad,
        tensor_clipped_norm=tensor_clipped,
    )


def _lines(records: Array) -> Array:
    """Lay every vector out in one line: `(dim, steps, rows) -> (steps, rows, dim)`."""
    return np.ascontiguousarray(np.moveaxis(records, 0, -1))


def _norm(lines: Array) -> Array:
    return np.asarray(part_norms(lines, _WHOLE)[..., 0])


def _norms(lines: Array, starts: Indices) -> tuple[Array, Array]:
    return _norm(lines), part_norms(lines, starts)


def _angle(left: Array, left_norm: Array, right: Array, right_norm: Array) -> Array:
    """Degrees between vectors along the last axis: Kahan's formula, as `numerics.angle_between`."""
    unit_left, unit_right = left / left_norm[:, np.newaxis], right / right_norm[:, np.newaxis]
    return np.asarray(np.degrees(2.0 * np.arctan2(_norm(unit_left - unit_right), _norm(unit_left + unit_right))))
