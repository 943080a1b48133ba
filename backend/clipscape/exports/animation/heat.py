"""One network in an animation: how large the gradient is at every time step (up), update after update (across)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from clipscape.exports.animation.look import SCALE, Canvas, Floats, Look, heat_colours
from clipscape.finished import Finished
from clipscape.training import TrainingRun

_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 12.0, 8.0, 22.0
_FEWEST, _MOST, _BELOW_MIDDLE, _VANISHED = 3, 14, 9, -12
"""Decades of a scale, and how it is placed where it cannot hold everything: as on the page (heatScale.js)."""


@dataclass(frozen=True)
class Decades:
    """A logarithmic scale for all variants: powers of ten at its ends."""

    low: int
    high: int

    def shares(self, values: Floats) -> Floats:
        """Return places on the scale, 0 to 1; of zero and of what is not finite 0."""
        with np.errstate(all="ignore"):
            shares = (np.log10(values) - self.low) / (self.high - self.low)
        return np.asarray(np.clip(np.where(np.isfinite(shares), shares, 0.0), 0.0, 1.0))


def decades_of(values: Floats) -> Decades:
    """Choose the scale: from the lowest to the highest power of ten but for the odd number, at most 14 of them."""
    powers = np.floor(np.log10(values[(values > 0) & np.isfinite(values)])).astype(int)
    if not powers.size:
        return Decades(-3, 0)
    powers.sort()

    def quantile(share: float, among: npt.NDArray[np.int64] = powers) -> int:
        return int(among[min(len(among) - 1, int(share * len(among)))])

    most = quantile(0.998) + 1
    least = min(quantile(0.01), most - _FEWEST)
    if most - least <= _MOST:
        return Decades(least, most)
    living = powers[powers >= _VANISHED]
    low = max(least, (quantile(0.5, living) if living.size else quantile(0.5)) - _BELOW_MIDDLE)
    return Decades(low, min(most, low + _MOST))


def scale_of(finished: Finished, shown: int) -> Decades:
    """Return the scale of the first `shown` variants together."""
    assert isinstance(finished.run, TrainingRun)
    return decades_of(finished.run.heat.hidden[:, :shown].ravel())


class HeatPanel:
    """One variant's heat map, of the size `(width, height)`."""

    def __init__(self, finished: Finished, index: int, scale: Decades, size: tuple[float, float], look: Look) -> None:
        assert isinstance(finished.run, TrainingRun)
        self.index = index
        self.steps = int(finished.run.n_steps[index])
        self._last = max(1, finished.plan.experiment.n_steps)
        self._width, self._height = size
        self._look = look
        heat = finished.run.heat
        self._base = self._axes(heat.hidden.shape[2])
        self._map = Image.fromarray(self._pixels(heat.steps, heat.hidden[:, index], scale), "RGB")

    def _pixels(self, updates: npt.NDArray[np.int64], norms: Floats, scale: Decades) -> npt.NDArray[np.uint8]:
        """Colour `norms`, `(columns, time steps)`: the last time step above. What came after a stop is paper."""
        wide = round(SCALE * (self._width - _LEFT - _RIGHT))
        high = round(SCALE * (self._height - _TOP - _BOTTOM))
        at = (np.arange(wide) + 0.5) / wide * self._last
        columns = np.searchsorted(updates, at, side="right") - 1
        times = norms.shape[1] - 1 - ((np.arange(high) + 0.5) / high * norms.shape[1]).astype(int)
        seen = norms[np.ix_(columns, times)].T
        colours = heat_colours(self._look)
        places = np.minimum((scale.shares(seen) * len(colours)).astype(int), len(colours) - 1)
        pixels = colours[places]
        pixels[~np.isfinite(seen)] = Image.new("RGB", (1, 1), self._look.accent).getpixel((0, 0))
        pixels[:, at >= self.steps] = Image.new("RGB", (1, 1), self._look.sheet).getpixel((0, 0))
        return np.asarray(pixels)

    def _axes(self, times: int) -> Canvas:
        base = Canvas.blank(self._width, self._height, self._look.paper)
        bottom, right = self._height - _BOTTOM, self._width - _RIGHT
        base.text(_LEFT - 6, _TOP + 11, str(times), 11, self._look.muted, "rs")
        base.text(_LEFT - 6, bottom, "1", 11, self._look.muted, "rs")
        for share, anchor in ((0, "ms"), (0.5, "ms"), (1, "rs")):
            x = _LEFT + share * (right - _LEFT)
            base.text(x, self._height - 7, str(round(share * self._last)), 11, self._look.muted, anchor)
        base.box(_LEFT - 0.5, _TOP - 0.5, right - _LEFT + 1, bottom - _TOP + 1, self._look.sheet, self._look.line)
        return base

    def frame(self, position: float) -> Canvas:
        """Draw the moment: everything up to it."""
        canvas = self._base.copy()
        reached = position / self._last * (self._width - _LEFT - _RIGHT)
        done = self._map.crop((0, 0, round(SCALE * reached), self._map.height))
        canvas.image.paste(done, (round(SCALE * _LEFT), round(SCALE * _TOP)))
        x = _LEFT + reached
        canvas.line([(x, _TOP - 4), (x, self._height - _BOTTOM + 3)], self._look.ink, 1)
        return canvas


def draw_scale(canvas: Canvas, right: float, baseline: float, scale: Decades, look: Look) -> None:
    """Draw what the colours mean, up to the place `right`."""
    wide, high = 150.0, 9.0
    taken = canvas.text(right, baseline, _power(scale.high), 12, look.muted, "rs")
    left = right - taken - 8 - wide
    colours = heat_colours(look)
    for place, colour in enumerate(colours):
        ink = "#{:02x}{:02x}{:02x}".format(*colour)
        x = left + place * wide / len(colours)
        corners = [SCALE * x, SCALE * (baseline - high), SCALE * (x + wide / len(colours)), SCALE * baseline]
        canvas.draw.rectangle(corners, fill=ink)
    canvas.text(left - 8, baseline, _power(scale.low), 12, look.muted, "rs")


def _power(decade: int) -> str:
    return f"{10.0**decade:g}" if -3 <= decade <= 3 else f"1e{decade}"
