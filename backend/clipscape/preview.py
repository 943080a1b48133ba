"""The picture of a link for chat programs, 1200 x 630: what the page shows, drawn on the server without a browser.

A landscape: one panel per variant with the map, the path, and how it ended. A network: the losses of all variants.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from clipscape import preview_ink as ink
from clipscape.describing import SHOWN, ground_of, question_of, settings_of
from clipscape.explain import explain
from clipscape.explain_training import explain_training
from clipscape.plan import Plan, make_plan
from clipscape.preview_ink import Box, Sheet
from clipscape.scenario import Scenario
from clipscape.simulation import simulate_chunks
from clipscape.surfaces import Surface, Window, surface
from clipscape.training import train_chunks
from clipscape.understanding import read_scenario

WIDTH, HEIGHT = 1200, 630
MARGIN, GAP = 40, 20
_TOP, _BOTTOM = 132, 484
_GRID = 97
_CHUNK = 128
_MOST_WIDENED = 4

Floats = npt.NDArray[np.float64]


class Shown(NamedTuple):
    """How much of the runs is drawn: a question is not answered by the picture of its link."""

    path: bool
    end: bool


def preview_job(request: dict[str, Any]) -> Iterator[bytes | None]:
    """Draw the document in the request; yield None where it may be stopped, and the PNG at the end.

    With `plain` nothing is computed: what would take too long has a picture without panels.
    """
    scenario = read_scenario(request["document"])
    plan = make_plan(scenario.experiment)
    sheet = Sheet(WIDTH, HEIGHT)
    _head(sheet, scenario)
    asked = question_of(scenario)
    if asked:
        sheet.text(MARGIN, _BOTTOM + 70, asked, 32, room=WIDTH - 2 * MARGIN)
    if request.get("plain"):
        sheet.text(MARGIN, _TOP + 60, "Open it to see it computed.", 32, ink.MUTED)
    elif plan.problem.training is None:
        yield from _panels(sheet, plan, Shown(path=not asked, end=not asked and "outcomes" not in scenario.view.hide))
    elif asked:
        sheet.text(MARGIN, _TOP + 60, "Open it, choose, and see it computed.", 32, ink.MUTED)
    else:
        yield from _losses(sheet, plan, end="outcomes" not in scenario.view.hide)
    target = io.BytesIO()
    sheet.finished().save(target, "PNG", optimize=True)
    yield target.getvalue()


def _head(sheet: Sheet, scenario: Scenario) -> None:
    experiment = scenario.experiment
    mark = "Clipscape"
    room = WIDTH - 2 * MARGIN - ink.width_of(mark, 26) - GAP
    own = scenario.meta.title if scenario.meta is not None else None
    sheet.text(MARGIN, 30, own or ground_of(experiment), 38, room=room)
    sheet.text_right(WIDTH - MARGIN, 38, mark, 26, "#14506b")
    facts = f"{ground_of(experiment)}: {settings_of(experiment)}" if own else settings_of(experiment)
    sheet.text(MARGIN, 84, facts, 22, ink.MUTED, WIDTH - 2 * MARGIN)


def _panels(sheet: Sheet, plan: Plan, seen: Shown) -> Iterator[None]:
    for chunk in simulate_chunks(
        plan.problem,
        plan.chain,
        plan.start,
        plan.experiment.n_steps,
        seeds=plan.seeds,
        chunk_steps=_CHUNK,
        watched=False,
    ):
        run = chunk.run
        yield None
    verdicts = explain(plan, run)
    shown = plan.experiment.variants[:SHOWN]
    width = (WIDTH - 2 * MARGIN - GAP * (len(shown) - 1)) / len(shown)
    own = surface(plan.problem, resolution=_GRID)
    window = widened((plan.problem.window[0], plan.problem.window[1]), width / (_BOTTOM - _TOP))
    grid = surface(plan.problem, window, round(_GRID * max(1, width / (_BOTTOM - _TOP))), _GRID)
    pixels = painted(grid, own, plan.problem.optimal_value)
    for row, variant in enumerate(shown):
        left = MARGIN + row * (width + GAP)
        box = (left, _TOP, left + width, _BOTTOM)
        panel = Sheet(round(width), round(_BOTTOM - _TOP))
        panel.paste(pixels, (0, 0, width, _BOTTOM - _TOP))
        steps = run.n_steps[row] + 1 if seen.path else 1
        path = placed(run.params[:steps, row], grid, (0, 0, width, _BOTTOM - _TOP))
        _draw_path(panel, path, ink.VARIANTS[row])
        sheet.image.paste(panel.image, (round(ink.SCALE * left), ink.SCALE * _TOP))
        sheet.box(box, outline=ink.LINE)
        _caption(sheet, left, width, row, variant.name, verdicts[row] if seen.end else None)
        yield None


def widened(window: Window, ratio: float) -> Window:
    """Return the window with one side made longer, so that both axes have one scale on a panel of this width to height.

    Directions on the map are true then. A window that is very long in one direction stays as it is.
    """
    (left, right), (bottom, top) = window
    wide, high = right - left, top - bottom
    factor = ratio * high / wide
    if not 1 / _MOST_WIDENED <= factor <= _MOST_WIDENED:
        return window
    x, y = (left + right) / 2, (bottom + top) / 2
    wide, high = (wide * factor, high) if factor > 1 else (wide, high / factor)
    return (x - wide / 2, x + wide / 2), (y - high / 2, y + high / 2)


def painted(
    grid: Surface, own: Surface, optimal_value: float | None, heights: ink.Stops = ink.HEIGHTS
) -> npt.NDArray[np.uint8]:
    """Return the map in bands of colour `(rows, columns, 3)`, on the page's scale of heights over its `own` window."""
    finite = own.z[np.isfinite(own.z)]
    lowest = min(float(finite.min()), finite.min() if optimal_value is None else optimal_value)
    spread = float(finite.max()) - lowest
    softness = max(0.25 * (float(np.sort(finite, axis=None)[finite.size // 2]) - lowest), 1e-4 * spread) or 1.0
    fine = _refined(grid.z)
    share = np.log1p(np.maximum(0, fine - lowest) / softness) / (np.log1p(spread / softness) or 1.0)
    band = np.clip(share * ink.BANDS, 0, ink.BANDS - 1).astype(int)
    return np.asarray(ink.band_colours(heights)[band[::-1]])


def _refined(z: Floats, times: int = 4) -> Floats:
    """Interpolate a grid linearly, so that the bands have smooth edges."""
    rows, columns = z.shape
    across = np.linspace(0, columns - 1, times * (columns - 1) + 1)
    down = np.linspace(0, rows - 1, times * (rows - 1) + 1)
    wide = np.stack([np.interp(across, np.arange(columns), line) for line in z])
    return np.stack([np.interp(down, np.arange(rows), column) for column in wide.T]).T


def placed(points: Floats, grid: Surface, box: Box) -> Floats:
    """Return where points `(n, 2)` of the landscape are on the sheet."""
    left, top, right, bottom = box
    x = left + (points[:, 0] - grid.x[0]) / (grid.x[-1] - grid.x[0]) * (right - left)
    y = bottom - (points[:, 1] - grid.y[0]) / (grid.y[-1] - grid.y[0]) * (bottom - top)
    return np.stack([x, y], axis=1)


def _draw_path(panel: Sheet, path: Floats, colour: str) -> None:
    panel.line(path, ink.HALO, 6)
    panel.line(path, colour, 3)
    panel.dot(path[0, 0], path[0, 1], 6, ink.HALO, colour)
    last = path[np.isfinite(path).all(axis=1)][-1]
    panel.dot(last[0], last[1], 7, colour)


def _caption(sheet: Sheet, left: float, width: float, row: int, name: str, verdict: Any) -> None:
    sheet.dot(left + 9, _BOTTOM + 31, 8, ink.VARIANTS[row])
    sheet.text(left + 26, _BOTTOM + 16, name, 25, room=width - 26)
    if verdict is not None:
        sheet.text(left, _BOTTOM + 58, verdict.headline, 25, _tone(verdict), width)


def _tone(verdict: Any) -> str:
    """Green for what ended well, red for what blew up or was thrown, grey for all else."""
    if verdict.outcome.status in ink.TONES:
        return ink.TONES[verdict.outcome.status]
    return ink.TONES["diverged"] if getattr(verdict.outcome, "thrown", None) is not None else ink.MUTED


def _losses(sheet: Sheet, plan: Plan, *, end: bool) -> Iterator[None]:
    training = plan.problem.training
    assert training is not None
    for chunk in train_chunks(
        plan.problem, plan.chain, plan.start, plan.experiment.n_steps, seeds=plan.seeds, chunk_steps=8
    ):
        run = chunk.run
        yield None
    verdicts = explain_training(plan, run)
    losses, steps = run.probes.held_out_loss, run.probes.steps
    shown = plan.experiment.variants[:SHOWN]
    baseline = training.task.baseline.loss
    box = (MARGIN, _TOP, WIDTH - MARGIN, _BOTTOM - 10)
    heights = _log_heights(losses[:, : len(shown)], baseline, box)
    chart = Sheet(WIDTH, HEIGHT)
    chart.box(box, fill="#ffffff")
    _dashes(chart, heights(np.array([baseline]))[0], box)
    across = box[0] + 16 + (box[2] - box[0] - 32) * steps / max(1, steps[-1])
    for row in range(len(shown)):
        path = np.stack([across, heights(losses[:, row])], axis=1)
        _draw_path(chart, path, ink.VARIANTS[row])
    left, top, right, bottom = (round(ink.SCALE * value) for value in box)
    sheet.image.paste(chart.image.crop((left, top, right, bottom)), (left, top))
    sheet.box(box, outline=ink.LINE)
    sheet.text(box[0] + 14, box[1] + 10, "Loss on held-out sequences; dashed: a blind guess", 18, ink.MUTED)
    width = (WIDTH - 2 * MARGIN - GAP * (len(shown) - 1)) / len(shown)
    for row, variant in enumerate(shown):
        _caption(sheet, MARGIN + row * (width + GAP), width, row, variant.name, verdicts[row] if end else None)


def _log_heights(losses: Floats, baseline: float, box: Box) -> Any:
    """Return the map from losses to pixels: logarithmic, from the lowest loss to four times the blind guess."""
    finite = losses[np.isfinite(losses) & (losses > 0)]
    low = np.log(max(1e-12, min([baseline / 4, *finite.tolist()])))
    high = np.log(max(4 * baseline, 2 * float(losses[0, 0]) if np.isfinite(losses[0, 0]) else 0.0))

    def heights(values: Floats) -> Floats:
        with np.errstate(all="ignore"):
            share = (np.log(values) - low) / (high - low)
        return np.asarray(box[3] - 16 - share * (box[3] - box[1] - 60))

    return heights


def _dashes(sheet: Sheet, y: float, box: Box) -> None:
    for left in np.arange(box[0] + 8, box[2] - 8, 18):
        sheet.line(np.array([[left, y], [left + 10, y]]), ink.MUTED, 1.5)
