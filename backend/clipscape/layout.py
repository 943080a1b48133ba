"""`Layout`: the numbers of a document as columns with one entry per row.

Rows are variant-major: all cells of a variant, then all cells of the next. A cell is one setting of the axes: a notch
of a slider, or a place on a map. A variant may have fewer rows than there are cells: `picks` says which it computes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from clipscape.axes import Axis, effective
from clipscape.scenario import Experiment

IntArray = npt.NDArray[np.int64]
Picks = Sequence[IntArray]


class Layout:
    """Which row is which cell of which variant; `picks[variant]` are its cells, by default all of them.

    Axes have one value per cell, and no two of them set the same number.
    """

    def __init__(self, experiment: Experiment, axes: Sequence[Axis] = (), picks: Picks | None = None) -> None:
        self.experiment = experiment
        self.axes = tuple(axes)
        self.n_variants = len(experiment.variants)
        self._n_cells = len(axes[0].values) if axes else 1
        self._columns = [_as_array(list(axis.values)) for axis in axes]
        self.picks: Picks = [np.arange(self._n_cells)] * self.n_variants if picks is None else picks

    @cached_property
    def edges(self) -> IntArray:
        """Where the rows of each variant begin, and the number of all rows: `(variants + 1,)`."""
        return np.cumsum([0, *(len(cells) for cells in self.picks)])

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.edges[-1])

    @cached_property
    def variant_of(self) -> IntArray:
        """Which variant a row belongs to, `(rows,)`."""
        return np.repeat(np.arange(self.n_variants), np.diff(self.edges))

    def cells(self, variant: int, part: str, name: str | int, value: Any) -> npt.NDArray[Any]:
        """One number of one variant in all its cells; `value` is what it has where no axis sets it."""
        for axis, column in zip(self.axes, self._columns, strict=True):
            if axis.sets(variant, part, name):
                return np.asarray(column[self.picks[variant]])
        return _as_array([value] * len(self.picks[variant]))

    def column(self, part: str, name: str | int, value: Any) -> npt.NDArray[Any]:
        """One number that all variants share, `(rows,)`."""
        return np.concatenate([self.cells(variant, part, name, value) for variant in range(self.n_variants)])

    def by_variant(self, numbers: Sequence[Any]) -> npt.NDArray[Any]:
        """Spread one value per variant over its rows, `(rows,)`."""
        return np.asarray(numbers)[self.variant_of]

    def params(self, key: str, variants: list[int]) -> dict[str, npt.NDArray[Any]]:
        """Every parameter of neighbouring variants that use the same kind of a family."""
        names = effective(self.experiment, variants[0], key).params
        return {name: np.concatenate([self.own(key, name, variant) for variant in variants]) for name in names}

    def own(self, key: str, name: str, variant: int) -> npt.NDArray[Any]:
        """One parameter of what a variant uses of a family, in all its cells."""
        return self.cells(variant, key, name, effective(self.experiment, variant, key).params[name])

    def groups(self, key: str, label: Callable[[int], Any]) -> Iterator[tuple[Any, list[int], slice]]:
        """Neighbouring variants with the same label: (label, variants, their rows)."""
        for shared, members in groupby(range(self.n_variants), label):
            variants = list(members)
            yield shared, variants, slice(int(self.edges[variants[0]]), int(self.edges[variants[-1] + 1]))

    def kind(self, key: str, variant: int) -> str:
        """What kind of a family a variant uses."""
        return effective(self.experiment, variant, key).kind


def _as_array(values: list[Any]) -> npt.NDArray[Any]:
    if values and isinstance(values[0], str):
        return np.array(values)
    return np.array(values, dtype=np.float64)
