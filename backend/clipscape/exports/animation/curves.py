"""A curve of all variants in an animation: pale, and bright up to the moment; logarithmic where that is possible."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clipscape.exports.animation.look import SCALE, Canvas, Floats, Look, faded

_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 14.0, 30.0, 20.0
_DECADES = 10
_PALE = 0.3


class Curves:
    """One chart of the size `(width, height)`; `lines[i]` are the numbers of variant i at its steps."""

    def __init__(self, title: str, lines: Sequence[Floats], last: int, size: tuple[float, float], look: Look) -> None:
        self._lines, self._last, self._look = lines, max(1, last), look
        self._width, self._height = size
        self._log = all((line[np.isfinite(line)] > 0).all() for line in lines)
        self._low, self._high = self._range()
        self._base = Canvas.blank(*size, look.paper)
        self._base.text(12, 20, title + (", logarithmic" if self._log else ""), 14, look.ink)
        self._axes()
        self._bright = self._base.copy()
        for index in reversed(range(len(lines))):
            colour, points = look.variants[index], self._points(lines[index])
            self._base.line(points, faded(colour, look.paper, _PALE), 1.75)
            self._bright.line(points, colour, 1.75)

    def _range(self) -> tuple[float, float]:
        """Lowest and highest place; of what falls endlessly, ten powers of ten below the highest."""
        tops, bottoms = [], []
        for line in self._lines:
            seen = self._placed(line[np.isfinite(line)])
            if len(seen):
                tops.append(float(seen.max()))
                bottoms.append(float(max(seen.min(), seen.max() - _DECADES) if self._log else seen.min()))
        low, high = (min(bottoms), max(tops)) if tops else (0.0, 1.0)
        pad = max(0.05 * (high - low), 1e-9 * max(1.0, abs(high)), 0.05 if self._log else 0.0)
        return low - pad, high + pad

    def _placed(self, values: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.log10(values) if self._log else values

    def x_of(self, step: float) -> float:
        """Return where a step stands."""
        return _LEFT + step / self._last * (self._width - _LEFT - _RIGHT)

    def _y_of(self, values: Floats) -> Floats:
        share = (self._placed(values) - self._low) / (self._high - self._low)
        return np.asarray(self._height - _BOTTOM - np.clip(share, -0.03, 1) * (self._height - _TOP - _BOTTOM))

    def _points(self, line: Floats) -> Floats:
        """Return the points of a line; of very long ones so many as there are pixels."""
        steps = np.unique(np.linspace(0, len(line) - 1, min(len(line), round(2 * self._width))).astype(int))
        return np.stack([np.array([self.x_of(step) for step in steps]), self._y_of(line[steps])], axis=1)

    def _axes(self) -> None:
        look, right = self._look, self._width - _RIGHT
        for value, words in self._ticks():
            y = float(self._y_of(np.array([value]))[0])
            self._base.line([(_LEFT, y), (right, y)], look.line, 0.5)
            self._base.text(_LEFT - 6, y + 4, words, 11, look.muted, "rs")
        bottom = self._height - _BOTTOM
        self._base.line([(_LEFT, bottom), (right, bottom)], look.line, 1)
        for share in (0, 0.5, 1):
            step = round(share * self._last)
            self._base.text(self.x_of(step), self._height - 5, str(step), 11, look.muted, "ms" if share < 1 else "rs")

    def _ticks(self) -> list[tuple[float, str]]:
        if not self._log:
            return [(value, f"{value:.3g}") for value in np.linspace(self._low, self._high, 4)[1:3]]
        powers = range(int(np.ceil(self._low)), int(np.floor(self._high)) + 1)
        every = max(1, -(-len(powers) // 4))
        return [(10.0**power, f"{10.0**power:g}") for power in powers if power % every == 0]

    def frame(self, position: float) -> Canvas:
        """Draw the moment."""
        canvas = self._base.copy()
        x = self.x_of(position)
        cut = round(SCALE * x)
        canvas.image.paste(self._bright.image.crop((0, 0, cut, canvas.image.height)), (0, 0))
        canvas.line([(x, _TOP - 4), (x, self._height - _BOTTOM)], self._look.ink, 1)
        for index, line in enumerate(self._lines):
            step = int(position + 1e-9)
            if step < len(line) and np.isfinite(line[step]):
                value = line[step] if position - step < 1e-6 or step + 1 >= len(line) else self._between(line, position)
                y = float(self._y_of(np.array([value]))[0])
                if np.isfinite(y) and y <= self._height - _BOTTOM + 1:
                    canvas.marker(index, x, y, 4, self._look)
        return canvas

    def _between(self, line: Floats, position: float) -> float:
        step = int(position + 1e-9)
        one, other = self._placed(line[step : step + 2])
        value = one + (position - step) * (other - one)
        return float(10**value if self._log else value)
