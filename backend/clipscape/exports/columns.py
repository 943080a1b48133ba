"""The columns of an exported table: what is recorded, under which name, in which unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from clipscape.problems.base import Problem
from clipscape.wire import POINT_FIELDS

Array = npt.NDArray[Any]
Family = Literal["landscape", "network", "both"]


@dataclass(frozen=True)
class Column:
    """One recorded quantity. `field` is its name in the API; `unit` "" means that of the quantity itself."""

    field: str
    family: Family
    meaning: str
    unit: str = ""
    per: Literal["", "coordinate", "tensor"] = ""
    of_probe: bool = False
    """Known only at the probes of a network."""

    @property
    def at_points(self) -> bool:
        """Whether it belongs to a point: then the last line has it, too; else it belongs to the update that leaves."""
        return self.of_probe or self.field in POINT_FIELDS

    @property
    def stem(self) -> str:
        """The name without the number of a coordinate or the name of a tensor."""
        return f"{self.field}_{self.unit}" if self.unit in _IN_NAME else self.field

    def names(self, problem: Problem) -> Iterator[str]:
        """Yield the names of the columns: one, or one per coordinate or tensor."""
        stem = self.stem
        if self.per == "coordinate":
            yield from (f"{stem}_{index}" for index in range(problem.dim))
        elif self.per == "tensor":
            assert problem.training is not None
            yield from (f"{stem}[{block.name}]" for block in problem.training.blocks)
        else:
            yield stem

    def of_run(self, run: Any) -> Array:
        """Return the numbers of all rows: (steps or points or probes, rows[, coordinates or tensors])."""
        return np.asarray(getattr(run.probes if self.of_probe else run, self.field))


_IN_NAME = ("degrees",)
_VECTOR: Literal["coordinate"] = "coordinate"

COLUMNS: tuple[Column, ...] = (
    Column("params", "landscape", "The point, coordinate by coordinate.", per=_VECTOR),
    Column("loss", "both", "The loss at the point; of a network, of the minibatch drawn there."),
    Column("accuracy", "network", "Share of the minibatch that is right, where the task has one.", "share"),
    Column("param_norm", "network", "Length of the vector of all weights."),
    Column("grad", "landscape", "The raw gradient, noise included.", per=_VECTOR),
    Column("grad_norm", "both", "Length of the raw gradient."),
    Column("clip_input", "landscape", "What the clip received: the gradient, with L2 decay where that comes before "
           "the clip; the optimizer's direction where the clip stands after it.", per=_VECTOR),
    Column("clip_input_norm", "both", "Its length."),
    Column("clipped", "landscape", "What the clip passed on.", per=_VECTOR),
    Column("clipped_norm", "both", "Its length."),
    Column("clip_coef", "both", "clipped_norm / clip_input_norm; 1 where the clip changed nothing.", "ratio"),
    Column("fired", "both", "1 where the clip changed anything, else 0.", "0 or 1"),
    Column("angle", "both", "By how much the clip turned its input.", "degrees"),
    Column("update", "landscape", "The step taken: the next point minus this one.", per=_VECTOR),
    Column("update_norm", "both", "Its length."),
    Column("update_ratio", "network", "update_norm / param_norm.", "ratio"),
    Column("tensor_grad_norm", "network", "Length of the raw gradient of each tensor.", per="tensor"),
    Column("tensor_clipped_norm", "network", "Length of what the clip passed on, of each tensor.", per="tensor"),
    Column("held_out_loss", "network", "Loss on sequences never trained on.", of_probe=True),
    Column("held_out_accuracy", "network", "Share of those that is right.", "share", of_probe=True),
    Column("spectral_radius", "network", "Of the recurrent matrix; of several gates the largest.", of_probe=True),
    Column("largest_singular_value", "network", "Of the recurrent matrix; of several gates the largest.",
           of_probe=True),
)  # fmt: skip
"""In the order of the table, after `variant` and `step`."""

LEADING: tuple[tuple[str, str], ...] = (
    ("variant", "Name of the variant."),
    (
        "step",
        "Number of the point; 0 is the start. What belongs to an update stands in the line of the point it leaves.",
    ),
)


def columns_of(problem: Problem) -> list[Column]:
    """Return the columns that a run of this problem has."""
    family = "landscape" if problem.training is None else "network"
    return [column for column in COLUMNS if column.family in (family, "both")]
