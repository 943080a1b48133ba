"""One variant's map in an animation: what stands still, the path that grows, what moves."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, isfinite

import numpy as np
from PIL import Image

from clipscape.axes import effective
from clipscape.exports.animation.look import Canvas, Floats, Look
from clipscape.finished import Finished
from clipscape.preview import painted, placed, widened
from clipscape.surfaces import Surface, surface

_GRID = 97
_TAIL = 14


@dataclass(frozen=True)
class Ground:
    """The map that all panels share."""

    grid: Surface
    canvas: Canvas
    width: float
    height: float

    def places(self, points: Floats) -> Floats:
        """Return where points `(n, 2)` of the landscape are on the map."""
        return placed(points, self.grid, (0, 0, self.width, self.height))


def ground_of(finished: Finished, width: float, height: float, look: Look) -> Ground:
    """Paint the landscape; its window is widened until both axes have one scale."""
    problem = finished.plan.problem
    own = surface(problem, resolution=_GRID)
    window = widened((problem.window[0], problem.window[1]), width / height)
    grid = surface(problem, window, round(_GRID * max(1, width / height)), _GRID)
    canvas = Canvas.blank(width, height, look.paper)
    pixels = painted(grid, own, problem.optimal_value, look.heights)
    field = Image.fromarray(pixels, "RGB").resize(canvas.image.size, Image.Resampling.NEAREST)
    canvas.image.paste(field, (0, 0))
    ground = Ground(grid, canvas, width, height)
    for x, y in ground.places(np.array(problem.minimizers, dtype=np.float64).reshape(-1, 2)):
        canvas.cross(x, y, 5, look)
    return ground


class Panel:
    """One variant on the map."""

    def __init__(self, finished: Finished, index: int, ground: Ground, look: Look) -> None:
        self.index = index
        self._look = look
        self._ground = ground
        run, plan = finished.run, finished.plan
        self.steps = int(run.n_steps[index])
        self._points = np.asarray(run.params[: self.steps + 1, index], dtype=np.float64)  # type: ignore[union-attr]
        self._path = ground.places(self._points)
        self._raw = np.asarray(run.clip_input[: self.steps, index])  # type: ignore[union-attr]
        self._kept = np.asarray(run.clipped[: self.steps, index])  # type: ignore[union-attr]
        self._fired = np.asarray(run.fired[: self.steps, index], dtype=bool)
        experiment = plan.experiment
        optimizer = effective(experiment, index, "optimizer")
        decoupled = experiment.weight_decay.kind == "decoupled" or optimizer.kind == "adamw"
        after = experiment.variants[index].clip.position == "after"
        self._direct = not decoupled and (optimizer.kind == "sgd" or after)
        self._rate = float(optimizer.params.get("learning_rate", 0.0))
        self._walked = ground.canvas.copy()
        self._drawn = 0
        self.diverged = finished.verdicts[index].outcome.status == "diverged"

    def frame(self, position: float) -> Canvas:
        """Draw the moment; moments must come in order."""
        step = min(int(position + 1e-9), self.steps)
        travel = position - step if step < self.steps else 0.0
        colour = self._look.variants[self.index]
        if step > self._drawn:
            part = self._path[self._drawn : step + 1]
            self._walked.line(part, self._look.halo, 3.5)
            self._walked.line(self._path[max(0, self._drawn - 1) : step + 1], colour, 1.75)
            self._drawn = step
        canvas = self._walked.copy()
        head = self._path[step] + travel * (self._path[min(step + 1, self.steps)] - self._path[step])
        canvas.line([*self._path[max(0, step - _TAIL) : step + 1], head], colour, 3)
        start = self._path[0]
        canvas.ring(start[0], start[1], 6, self._look)
        self._arrows(canvas, step, colour)
        if 0 <= head[0] <= self._ground.width and 0 <= head[1] <= self._ground.height:
            canvas.marker(self.index, head[0], head[1], 6.5, self._look)
        else:
            self._beyond(canvas, head, step, travel, colour)
        return canvas

    def _arrows(self, canvas: Canvas, step: int, colour: str) -> None:
        """The step that the raw gradient asks for, dashed, and the one that the clip leaves."""
        if step >= self.steps:
            return
        at, kept = self._points[step], self._kept[step]
        length, norm = float(np.linalg.norm(self._points[step + 1] - at)), float(np.linalg.norm(kept))
        rate = length / norm if self._direct and norm > 0 and length > 0 else self._rate
        ends = self._ground.places(np.array([at, at - rate * self._raw[step], at - rate * kept]))
        if not np.isfinite(ends).all() or not (
            0 <= ends[0][0] <= self._ground.width and 0 <= ends[0][1] <= self._ground.height
        ):
            return
        if self._fired[step]:
            canvas.arrow(ends[0], self._within(ends[0], ends[1]), colour, 1.25, self._look, dashed=True)
        canvas.arrow(ends[0], self._within(ends[0], ends[2]), colour, 2.25, self._look)

    def _within(self, start: Floats, end: Floats) -> Floats:
        """Cut an arrow at the edge of the map."""
        share = 1.0
        for axis, size in ((0, self._ground.width), (1, self._ground.height)):
            moved = end[axis] - start[axis]
            if end[axis] < 3:
                share = min(share, (3 - start[axis]) / moved)
            if end[axis] > size - 3:
                share = min(share, (size - 3 - start[axis]) / moved)
        return np.asarray(start + max(0.0, share) * (end - start))

    def _beyond(self, canvas: Canvas, head: Floats, step: int, travel: float, colour: str) -> None:
        """An arrow at the edge towards where the variant is, and how far off the map that is."""
        width, height = self._ground.width, self._ground.height
        middle = np.array([width / 2, height / 2])
        away = head - middle if np.isfinite(head).all() else np.array([0.0, -1.0])
        away = away / max(float(np.abs(away).max()), 1e-300)
        away = away / hypot(*away)
        reach = min((width / 2 - 6) / max(abs(away[0]), 1e-9), (height / 2 - 6) / max(abs(away[1]), 1e-9))
        tip = middle + reach * away
        canvas.arrow(tip - 26 * away, tip, colour, 3, self._look)
        place = self._points[step] + travel * (self._points[min(step + 1, self.steps)] - self._points[step])
        x, y = self._ground.grid.x, self._ground.grid.y
        off = hypot(max(x[0] - place[0], 0, place[0] - x[-1]), max(y[0] - place[1], 0, place[1] - y[-1]))
        words = f"{off:.3g} off the map" if isfinite(off) else "off the map"
        words = f"lost, {words}" if self.diverged and step >= self.steps else words
        room = 9 + 6.9 * len(words)
        centre = (
            tip
            - 30 * away
            - np.array([abs(away[0]) * room / 2 * np.sign(away[0]), 12 * np.sign(away[1]) * abs(away[1])])
        )
        left = min(max(4.0, centre[0] - room / 2), width - room - 4)
        top = min(max(4.0, centre[1] - 11), height - 26)
        canvas.box(left, top, room, 22, self._look.paper, colour, 3)
        canvas.text(left + room / 2, top + 15.5, words, 13, colour, "ms")
