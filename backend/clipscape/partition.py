"""Different transforms for different rows of one batch, sharing the calls that they have in common.

With a handful of rows a call costs what it costs however many rows it is for, so the norm of all rows is computed at
once, all rules that scale to a largest norm share one division, and all that cut entries off share one cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from clipscape.numerics import clip_between
from clipscape.row_norms import FEW_COORDINATES, ONE, RowNorm, RowScale
from clipscape.transforms import IDENTITY, Array, RowContext, Transform


class Group(NamedTuple):
    """Adjacent rows that share one kind of transform."""

    rows: slice
    transform: Transform


def partition_rows(groups: Sequence[Group]) -> Transform:
    """Apply a different transform to each group of adjacent rows; the groups must cover all rows in order."""
    if all(group.transform is IDENTITY for group in groups):
        return IDENTITY
    if len(groups) == 1:
        return groups[0].transform
    norms = any(group.transform.scaling is not None for group in groups)
    remembers = any(group.transform.memory is not None for group in groups)
    return Transform(
        lambda context: _Partition(groups, context),
        lambda updates, partition, params, out: partition.update(updates, params, out),
        norm=(lambda partition: partition.norm) if norms else None,
        memory=(lambda partition: partition.recall()) if remembers else None,
    )


class _Partition:
    """The state of a partition: what is shared, as arrays of all rows that leave those alone whom it does not concern.

    A row without a cap has an infinite one, a row that is not cut off infinite limits.
    """

    def __init__(self, groups: Sequence[Group], context: RowContext) -> None:
        self._context = context
        self._norm_of, self._scale = RowNorm(context.dim, context.rows), RowScale(context.dim, context.rows)
        self.norm, self._factors = self._norm_of.norm, self._scale.factors
        self._caps, self._epsilon = np.full(context.rows, np.inf), np.zeros(context.rows)
        self._work = np.empty(context.rows)
        self._limits = np.full((context.dim, context.rows), np.inf) if context.dim <= FEW_COORDINATES else None
        self._scales = self._caps_some = self._adds_epsilon = self._cuts = False
        self._following: list[_Following] = []
        self._scaled: list[_Scaled] = []
        self._alone: list[_Alone] = []
        for group in groups:
            if group.transform is not IDENTITY:
                self._place(group)
        self._lowest = None if self._limits is None else -self._limits

    def _place(self, group: Group) -> None:
        """Find what the group can share with others."""
        (rows, transform), context = group, self._context.narrowed(group.rows)
        scaling, cap = transform.scaling, transform.cap
        if scaling is not None and context.is_whole(scaling.parts):
            self._scales = True
            if cap is None:
                place = (slice(None), rows) if scaling.uses_params else None
                own = self.norm[rows], scaling.init(context), self._factors[rows]
                self._scaled.append(_Scaled(scaling.coefficient, *own, place))
                return
            self._caps_some, self._caps[rows] = True, cap.cap
            if cap.epsilon is not None:
                self._adds_epsilon, self._epsilon[rows] = True, cap.epsilon
            if cap.follow is not None:
                self._following.append(_Following(cap.follow, self.norm[rows], scaling.init(context), self._caps[rows]))
        elif transform.limit is not None and self._limits is not None:
            self._cuts, self._limits[:, rows] = True, transform.limit
        else:
            self._alone.append(_Alone((slice(None), rows), transform, transform.init(context)))

    def update(self, updates: Array, params: Array, out: Array) -> None:
        """Write the updates of all rows into `out`."""
        if self._scales:
            self._norm_of(updates)
            if self._caps_some:
                self._cap()
            for coefficient, norm, state, factors, place in self._scaled:
                coefficient(norm, state, params if place is None else params[place], factors)
            self._scale(updates, out)
        if self._cuts:
            clip_between(out if self._scales else updates, self._lowest, self._limits, out)
        elif not self._scales:
            np.copyto(out, updates)
        for place, transform, state in self._alone:
            transform.update(updates[place], state, params[place], out[place])

    def _cap(self) -> None:
        """Write the factors of the rows that have a cap, and 1 for all others."""
        for follow, norm, state, caps in self._following:
            follow(norm, state, caps)
        divisor = np.add(self.norm, self._epsilon, self._work) if self._adds_epsilon else self.norm
        np.divide(self._caps, divisor, self._work)
        np.fmin(self._work, ONE, self._factors)

    def recall(self) -> dict[str, Array]:
        """Join what the groups remember to arrays of all rows; NaN where a row has none."""
        whole: dict[str, Array] = {}
        for (_, rows), transform, state in self._alone:
            for symbol, values in {} if transform.memory is None else transform.memory(state).items():
                shape = (*values.shape[:-1], self._context.rows)
                whole.setdefault(symbol, np.full(shape, np.nan))[..., rows] = values
        return whole


class _Following(NamedTuple):
    """A group whose cap changes from step to step: views of the norms and of the caps."""

    follow: Callable[[Array, Any, Array], None]
    norm: Array
    state: Any
    caps: Array


class _Scaled(NamedTuple):
    """A group that scales by a rule of its own: views of norms and factors; where its params are (None: not needed)."""

    coefficient: Callable[[Array, Any, Array, Array], None]
    norm: Array
    state: Any
    factors: Array
    place: tuple[slice, slice] | None


class _Alone(NamedTuple):
    """A group that shares nothing; it has the last word on its rows."""

    place: tuple[slice, slice]
    transform: Transform
    state: Any
