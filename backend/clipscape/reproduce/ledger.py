"""The finished runs of an experiment, a line each, in a CSV that survives being interrupted at any moment."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from clipscape.reproduce.runs import Outcome, Result

_COLUMNS = tuple(field.name for field in fields(Result))
_READ = {"int": int, "float": float}
_READERS = {field.name: _READ.get(str(field.type), str) for field in fields(Result)}


class LedgerError(OSError):
    """The file cannot be used; the message says where and what to do."""


class Ledger:
    """Results in a file, and whatever was there before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results: list[Result] = []
        self.mended = _drop_torn_line(path)
        if path.exists() and path.stat().st_size:
            self.results = list(_read(path))
        else:
            path.write_text(_line(_COLUMNS), encoding="utf-8")

    def add(self, result: Result) -> None:
        """Append a result; it is on the disk when this returns."""
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(_line([getattr(result, name) for name in _COLUMNS]))
            file.flush()
            os.fsync(file.fileno())
        self.results.append(result)

    def find(self, settings: str, seed: int) -> Result | None:
        """Return the result of a run with these settings, or None."""
        return next((r for r in self.results if r.settings == settings and r.seed == seed), None)


def _drop_torn_line(path: Path) -> bool:
    """Cut off a last line that was not written to its end; say whether there was one."""
    if not path.exists():
        return False
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) == len(content):
        return False
    path.write_bytes(whole)
    return True


def _line(values: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue()


def _read(path: Path) -> Iterator[Result]:
    advice = "correct the line, or move the file away to start again"
    try:
        rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")), strict=True)
        for number, row in enumerate(rows, start=1):
            if number == 1:
                if tuple(row) != _COLUMNS:
                    raise LedgerError(f"{path} is not a list of finished runs: its first line is another; move it away")
                continue
            result = _result(row)
            if result is None:
                raise LedgerError(f"{path}, line {number} is not a finished run: {advice}")
            yield result
    except (UnicodeDecodeError, csv.Error) as error:
        raise LedgerError(f"{path} is not a readable CSV file: {advice}") from error


def _result(row: list[str]) -> Result | None:
    if len(row) != len(_COLUMNS):
        return None
    try:
        result = Result(**{name: _READERS[name](text) for name, text in zip(_COLUMNS, row, strict=True)})
    except ValueError:
        return None
    return result if result.outcome in get_args(Outcome) else None
