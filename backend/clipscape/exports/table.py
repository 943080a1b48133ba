"""A run as a table: one line per variant and point, every recorded quantity in a column, every digit kept."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from math import isinf, isnan
from typing import Any

import numpy as np

from clipscape.exports.columns import Array, Column, columns_of
from clipscape.finished import Finished

Table = dict[str, Array]
"""Column by column; all of the same length. NaN where a quantity does not exist at a line."""


def table_of(finished: Finished) -> Table:
    """Return every recorded quantity of every variant, the lines of one variant after those of another."""
    points = [int(steps) + 1 for steps in finished.run.n_steps]
    table: Table = {
        "variant": np.repeat(np.array(finished.names, dtype=object), points),
        "step": np.concatenate([np.arange(count) for count in points]),
    }
    for column in columns_of(finished.plan.problem):
        rows = [_of_row(column, finished, row, count) for row, count in enumerate(points)]
        numbers = np.concatenate(rows)
        for index, name in enumerate(column.names(finished.plan.problem)):
            table[name] = numbers[:, index] if numbers.ndim > 1 else numbers
    return table


def _of_row(column: Column, finished: Finished, row: int, points: int) -> Array:
    """The numbers of one variant, `(points[, parts])`; NaN in lines that have none."""
    numbers = column.of_run(finished.run)[:, row].astype(np.float64)
    spread = np.full((points, *numbers.shape[1:]), np.nan)
    if column.of_probe:
        steps = finished.run.probes.steps  # type: ignore[union-attr]
        reached = steps < points
        spread[steps[reached]] = numbers[reached]
    else:
        count = points if column.at_points else points - 1
        spread[:count] = numbers[:count]
    return spread


def csv_lines(finished: Finished) -> Iterator[str]:
    """Yield the table as CSV (RFC 4180), piece by piece: shortest digits that read back, empty where nothing exists."""
    table = table_of(finished)
    yield _written([list(table)])
    length, columns = len(table["step"]), list(table.values())
    for first in range(0, length, _LINES):
        part = [map(_cell, column[first : first + _LINES].tolist()) for column in columns]
        yield _written(zip(*part, strict=True))


_LINES = 200


def _written(lines: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    if isnan(value):
        return ""
    if isinf(value):
        return "inf" if value > 0 else "-inf"
    return int(value) if value.is_integer() and abs(value) < 1e15 else repr(value)
