"""The sheet of an animation, frame by frame, and the file."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.GifImagePlugin import getdata, getheader

from clipscape.describing import SHOWN, ground_of, settings_of
from clipscape.exports.animation import heat, panels
from clipscape.exports.animation.curves import Curves
from clipscape.exports.animation.look import LOOKS, UNCHANGED, Canvas, Look, palette_of
from clipscape.exports.animation.timing import durations, moments
from clipscape.finished import Finished
from clipscape.scenario import Scenario

Indices = npt.NDArray[np.uint8]
WIDTH = 1080
EDGE, GAP = 24.0, 14.0
KEY = 24.0
"""Height of the line that says what the colours of gradients mean."""
HEAD, NAME, WORDS, CHART = 62.0, 34.0, 34.0, 150.0
_MAP = (0.0, 380.0, 340.0, 300.0, 250.0)
"""Height of the maps, by how many stand side by side."""


class Sheet:
    """All that an animation of a run, or of a training, shows."""

    def __init__(self, scenario: Scenario, finished: Finished, theme: str) -> None:
        self._look: Look = LOOKS[theme]
        self._trained = finished.plan.problem.training is not None
        self._palette = palette_of(theme, heat=self._trained)
        self._head = HEAD + KEY if self._trained else HEAD
        self._finished = finished
        self._last = finished.plan.experiment.n_steps
        names = finished.names[:SHOWN]
        count = len(names)
        self._width = (WIDTH - 2 * EDGE - GAP * (count - 1)) / count
        self._map = _MAP[count]
        self._panels = self._make_panels(count)
        run = finished.run
        steps = [panel.steps for panel in self._panels]
        size = ((WIDTH - 2 * EDGE - GAP) / 2, CHART)
        losses = [np.asarray(run.loss[: end + 1, index]) for index, end in enumerate(steps)]
        norms = [np.asarray(run.clipped_norm[:end, index]) for index, end in enumerate(steps)]
        self._charts = [
            Curves("Loss of the batch" if self._trained else "Loss", losses, self._last, size, self._look),
            Curves("Gradient norm after the clip", norms, self._last, size, self._look),
        ]
        self._base = self._still(scenario)

    def _make_panels(self, count: int) -> Sequence[panels.Panel | heat.HeatPanel]:
        if self._trained:
            scale, size = heat.scale_of(self._finished, count), (self._width - 2, self._map)
            return [heat.HeatPanel(self._finished, index, scale, size, self._look) for index in range(count)]
        ground = panels.ground_of(self._finished, self._width, self._map, self._look)
        return [panels.Panel(self._finished, index, ground, self._look) for index in range(count)]

    @property
    def height(self) -> int:
        """Return the height of a frame."""
        return round(self._head + NAME + self._map + WORDS + GAP + CHART + EDGE)

    def _left(self, index: int) -> float:
        return EDGE + index * (self._width + GAP)

    def _still(self, scenario: Scenario) -> Canvas:
        """Draw what is the same in every frame."""
        look, experiment = self._look, scenario.experiment
        base = Canvas.blank(WIDTH, self.height, look.sheet)
        title = scenario.meta.title if scenario.meta is not None else None
        base.text(EDGE, 34, title or ground_of(experiment), 22, look.ink, room=WIDTH - 2 * EDGE - 190)
        base.text(WIDTH - EDGE, 54, "Clipscape", 13, look.accent, "rs")
        facts = f"{ground_of(experiment)}: {settings_of(experiment)}" if title else settings_of(experiment)
        base.text(EDGE, 54, facts, 14, look.muted, room=WIDTH - 2 * EDGE - 100)
        if self._trained:
            words = "How large the gradient is at every time step (up) after every update (across)"
            base.text(EDGE, 78, words, 13, look.muted)
            heat.draw_scale(base, WIDTH - EDGE, 78, heat.scale_of(self._finished, len(self._panels)), look)
        for panel, name in zip(self._panels, self._finished.names, strict=False):
            left = self._left(panel.index)
            base.box(left, self._head, self._width, NAME + self._map + WORDS, look.paper, look.line, 6)
            base.marker(panel.index, left + 18, self._head + 17, 6.5, look, rim=0)
            taken = base.text(left + 34, self._head + 22.5, name, 15, look.ink, room=self._width - 44)
            clip = experiment.variants[panel.index].clip.params
            limits = [value for key, value in clip.items() if key in ("max_norm", "clip_value")]
            if limits and taken + 150 < self._width:
                base.text(left + 44 + taken, self._head + 22.5, f"threshold {limits[0]:g}", 13, look.muted)
        for place in (0, 1):
            width = (WIDTH - 2 * EDGE - GAP) / 2
            top = self._head + NAME + self._map + WORDS + GAP
            base.box(EDGE + place * (width + GAP) - 1, top - 1, width + 2, CHART + 2, look.paper, look.line, 6)
        return base

    def frame(self, position: float) -> Image.Image:
        """Draw the moment in the palette of the theme; moments must come in order."""
        look, canvas = self._look, self._base.copy()
        step = int(position + 1e-9)
        canvas.text(
            WIDTH - EDGE, 32, f"{'update' if self._trained else 'step'} {step} of {self._last}", 17, look.ink, "rs"
        )
        for panel in self._panels:
            left = self._left(panel.index)
            canvas.paste(panel.frame(position), left + 1, self._head + NAME)
            words, colour = self._words(panel, step)
            canvas.text(left + 12, self._head + NAME + self._map + 22.5, words, 14, colour, room=self._width - 20)
        top = self._head + NAME + self._map + WORDS + GAP
        for place, chart in enumerate(self._charts):
            canvas.paste(chart.frame(position), EDGE + place * ((WIDTH - 2 * EDGE - GAP) / 2 + GAP), top)
        return canvas.reduced().quantize(palette=self._palette, dither=Image.Dither.NONE)

    def _words(self, panel: panels.Panel | heat.HeatPanel, step: int) -> tuple[str, str]:
        """How it ended, once that is decided; before, what the clip does."""
        verdict = self._finished.verdicts[panel.index]
        thrown = getattr(verdict.outcome, "thrown", None)
        known = verdict.outcome.step if thrown is None else thrown.step
        if self._trained and verdict.outcome.status not in ("converged", "diverged"):
            known = None  # from where on a training makes no progress is known in the end only
        decided = self._last if known is None else known
        if step >= min(decided, self._last) or step >= panel.steps:
            status = "diverged" if thrown is not None else verdict.outcome.status
            return verdict.headline, {"converged": self._look.good, "diverged": self._look.bad}.get(
                status, self._look.ink
            )
        run = self._finished.run
        raw, kept = float(run.clip_input_norm[step, panel.index]), float(run.clipped_norm[step, panel.index])
        fired = bool(run.fired[step, panel.index])
        return f"gradient {raw:.3g}" + (f", clipped to {kept:.3g}" if fired else ""), self._look.muted


def draw(scenario: Scenario, finished: Finished, theme: str) -> Generator[tuple[int, int], None, bytes]:
    """Draw a run or a training as a GIF that repeats; yield how many frames are drawn, of how many."""
    sheet = Sheet(scenario, finished, theme)
    positions = moments(max(1, *(int(steps) for steps in finished.run.n_steps[:SHOWN])))
    shown = durations(len(positions))
    parts: list[bytes] = []
    before = None
    for place, position in enumerate(positions):
        frame = sheet.frame(float(position))
        now = np.asarray(frame)
        parts += _first(frame, shown[0]) if before is None else _next(frame, before, now, shown[place])
        before = now
        yield place + 1, len(positions)
    return b"".join([*parts, b";"])


def _first(frame: Image.Image, milliseconds: int) -> list[bytes]:
    """Return the head of the file, with the palette of all frames, and the first frame."""
    head, _colours = getheader(frame, bytes(frame.getpalette() or []), {"loop": 0, "duration": milliseconds})
    return [*head, *getdata(frame, duration=milliseconds, disposal=1)]


def _next(frame: Image.Image, before: Indices, now: Indices, milliseconds: int) -> list[bytes]:
    """Return a frame as what has changed: the rectangle around it, and in it only the pixels that are others."""
    changed = before != now
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    top, bottom, left, right = (rows[0], rows[-1], columns[0], columns[-1]) if len(rows) else (0, 0, 0, 0)
    part = (slice(top, bottom + 1), slice(left, right + 1))
    new = Image.fromarray(np.where(changed[part], now[part], np.uint8(UNCHANGED)), "P")
    new.putpalette(frame.getpalette() or [])
    return getdata(new, (int(left), int(top)), duration=milliseconds, disposal=1, transparency=UNCHANGED)
