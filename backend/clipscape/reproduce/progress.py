"""One line on standard error that says how far it is, and how long it will take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

_WIDTH = 24
_PATIENCE = 30.0
"""Seconds between two lines where the output is not a terminal."""


class Progress:
    """Counts work; `show(text)` redraws the line on a terminal, and adds a line now and then elsewhere."""

    def __init__(self, total: float, stream: TextIO | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._total, self._now = total, now
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream.isatty()
        self._began = now()
        self._shown = -_PATIENCE
        self._done = 0.0
        self._length = 0

    def add(self, work: float, text: str) -> None:
        """Count `work` as done and show the line."""
        self._done += work
        line = f"{self._bar()} {text}{self._left()}"
        if self._live:
            self._stream.write("\r" + line.ljust(self._length))
            self._stream.flush()
            self._length = len(line)
        elif self._now() - self._shown >= _PATIENCE:
            self.say(line)
            self._shown = self._now()

    def say(self, text: str) -> None:
        """Write a line of its own that stays."""
        self._stream.write("\r" + text.ljust(self._length) + "\n" if self._live else text + "\n")
        self._stream.flush()

    def _bar(self) -> str:
        share = min(1.0, self._done / self._total) if self._total else 1.0
        return f"[{'#' * round(share * _WIDTH):<{_WIDTH}}] {share:4.0%}"

    def _left(self) -> str:
        elapsed = self._now() - self._began
        if not 0 < self._done < self._total or elapsed < 1:
            return ""
        return f", about {duration(elapsed / self._done * (self._total - self._done))} left"


def duration(seconds: float) -> str:
    """Write a duration as a person would."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
