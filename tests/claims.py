"""Check the claims of a sentence against the recorded run: parse the words, recompute every number from the raw series.

Nothing here uses the code that made the sentence; numbers are compared to the three digits that are printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from clipscape.problems.base import Problem
from clipscape.records import Run

Array = npt.NDArray[np.float64]
ROUNDING = 0.0051
"""Three digits: at most half a unit of the third one off."""

NUMBER = r"−?\d+(?:\.\d+)?(?:\u00a0×\u00a010[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"
THROWN = rf"Thrown out of the window at step (\d+) by one step of length ({NUMBER}) \(({NUMBER}) window diagonals\); "
POINT = rf"\(({NUMBER}(?:, {NUMBER})*)\)"
_PLAIN = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")


def read(text: str) -> float:
    """Read a printed number back."""
    return float(text.translate(_PLAIN).replace("\u00a0×\u00a010", "e"))


def read_point(text: str) -> Array:
    """Read the inside of a printed point back."""
    return np.array([read(part) for part in text.split(", ")])


def same(printed: str, actual: float) -> bool:
    """Say whether a printed number is `actual` to three digits."""
    return abs(read(printed) - actual) <= ROUNDING * abs(actual)


@dataclass(frozen=True)
class Row:
    """One row of a run with what is needed to check its sentence; `reach` is learning rate x threshold at the end."""

    problem: Problem
    run: Run
    index: int
    reach: float

    def series(self, name: str) -> Any:
        """Return a recorded series of this row, without the part behind a stop."""
        steps = int(self.run.n_steps[self.index])
        return getattr(self.run, name)[: steps + (name in ("params", "loss")), self.index]

    @property
    def diagonal(self) -> float:
        """Diagonal of the window."""
        return float(np.linalg.norm([high - low for low, high in self.problem.window]))

    @property
    def slack(self) -> float:
        """Coordinates are printed to three digits, or as 0 below this."""
        return 1.1e-5 * self.diagonal

    def misses(self, points: Array) -> Array:
        """Distance of points `(n, dim)` to the nearest minimiser, by brute force."""
        return np.array([min(float(np.linalg.norm(p - np.array(m))) for m in self.problem.minimizers) for p in points])


@np.errstate(over="ignore", invalid="ignore")
def check(sentence: str, row: Row) -> str:
    """Assert every claim of `sentence`; return which kind of ending it states."""
    assert re.fullmatch(r"[^\n]{20,420}\.", sentence), sentence
    assert not re.search(r"\bnan\b|\binf\b|None", sentence), sentence
    ending, clipping = _split(sentence)
    check_clipping(clipping, row)
    if thrown := re.match(THROWN, ending):
        check_throw(int(thrown[1]), thrown[2], thrown[3], row)
        ending = ending[thrown.end() :]
        ending = ending[0].upper() + ending[1:]
    for pattern, checker in CHECKS.items():
        if found := re.fullmatch(pattern, ending):
            checker(found, row)
            return checker.__name__.removeprefix("check_")
    raise AssertionError(f"no claim is checked in: {sentence}")


def _split(sentence: str) -> tuple[str, str]:
    ending, mark, clipping = sentence.removesuffix(".").rpartition("; the clip ")
    return (ending, clipping) if mark else (clipping, "")


def check_clipping(text: str, row: Row) -> None:
    fired, angle = row.series("fired"), row.series("angle")
    if not text or text == "never fired":
        assert not fired.any()
        return
    pattern = rf"fired at (\d+) of (\d+) steps? \(({NUMBER})\u00a0%\)(?: and turned the gradient by up to ({NUMBER})°)?"
    found = re.fullmatch(pattern, text)
    assert found, text
    assert (int(found[1]), int(found[2])) == (fired.sum(), len(fired))
    assert same(found[3], 100.0 * fired.mean())
    largest = np.nanmax(angle, initial=0.0)
    assert same(found[4], largest) if found[4] else largest <= 1.01e-3


def check_throw(step: int, length: str, diagonals: str, row: Row) -> None:
    points = row.series("params")
    leaps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    low, high = np.array(row.problem.window).T
    outside = ((points < low) | (points > high)).any(axis=1)
    assert same(length, leaps[step])
    assert same(diagonals, leaps[step] / row.diagonal)
    assert outside[step + 1]
    assert not (outside[1 : step + 1] & (leaps[:step] >= 0.5 * row.diagonal)).any(), "there was an earlier one"


def check_converged(found: re.Match[str], row: Row) -> None:
    step, within, printed = int(found[1]), read(found[2]), read_point(found[3])
    minimizers = np.array(row.problem.minimizers)
    minimizer = minimizers[np.linalg.norm(minimizers - printed, axis=1).argmin()]
    assert (np.abs(minimizer - printed) <= ROUNDING * np.abs(minimizer) + row.slack).all()
    misses = np.linalg.norm(row.series("params") - minimizer, axis=1)
    assert within <= 1.01e-3 * row.diagonal
    assert misses[step:].max() <= within * (1 + ROUNDING)
    assert step == 0 or row.misses(row.series("params")[step - 1 : step])[0] >= within * (1 - ROUNDING)
    at_rest = row.series("update_norm")[-1] <= 1e-4 * row.diagonal
    assert at_rest or misses[-1] < misses[step]


def check_converged_in_loss(found: re.Match[str], row: Row) -> None:
    step, within = int(found[1]), read(found[2])
    optimum = row.problem.optimal_value
    assert optimum is not None
    assert same(found[3], optimum)
    gap = row.series("loss") - optimum
    assert gap[step:].max() <= within * (1 + ROUNDING)
    assert step == 0 or not gap[step - 1] <= within * (1 - ROUNDING)


def check_diverged(found: re.Match[str], row: Row) -> None:
    step, reason = int(found[1]), found[2]
    points, loss, steps = row.run.params[:, row.index], row.run.loss[:, row.index], row.run.n_steps[row.index]
    assert row.run.status[row.index] == "diverged"
    assert step == steps
    assert np.isnan(points[step + 1 :]).all()
    centre = np.array([(low + high) / 2 for low, high in row.problem.window])
    if distance := re.fullmatch(rf"it is ({NUMBER}) from the window's centre, beyond the limit of ({NUMBER})", reason):
        with np.errstate(all="ignore"):
            scale = np.abs(points[step] - centre).max()
            actual = float(np.linalg.norm((points[step] - centre) / scale) * scale)
        assert same(distance[1], actual)
        assert same(distance[2], 1e6 * row.diagonal)
        assert actual > 1e6 * row.diagonal
    elif reason.startswith("its position"):
        assert not np.isfinite(points[step]).all()
    elif reason.startswith("the loss"):
        assert not np.isfinite(loss[step])
    else:
        assert reason == "the gradient is no longer a finite number"
    if found[3]:
        assert same(found[3], np.nanmax(row.series("grad_norm"), initial=row.run.max_grad_norm[row.index]))


def check_stalled(found: re.Match[str], row: Row) -> None:
    step, points = int(found[1]), row.series("params")
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    tenth = min(len(lengths), max(10, len(lengths) // 10))
    paths = np.convolve(lengths[step:], np.ones(tenth), "valid")
    assert len(paths) >= 1
    assert paths.max() <= 1.01e-4 * row.diagonal
    assert step == 0 or lengths[step - 1 : step - 1 + tenth].sum() > 0.99e-4 * row.diagonal
    printed = read_point(found[2])
    assert (np.abs(printed - points[-1]) <= ROUNDING * np.abs(points[-1]) + row.slack).all()
    assert same(found[3], row.series("loss")[-1])
    assert row.problem.optimal_value is not None
    optimum, loss = row.problem.optimal_value, row.series("loss")[-1]
    assert same(found[4], optimum) if found[4] else same(found[5], loss - optimum)
    grad_norm = row.series("grad_norm")[-1]
    if found[6]:
        assert same(found[6], grad_norm)
        assert grad_norm * row.diagonal < 0.1 * np.ptp(_losses_in_window(row.problem))
    else:
        assert same(found[7], grad_norm)
        smaller = row.series("clipped_norm")[-1] if found[8].startswith("the clip") else row.series("update_norm")[-1]
        assert same(re.findall(NUMBER, found[8])[-1], smaller)


def _losses_in_window(problem: Problem) -> Array:
    axes = [np.linspace(low, high, 40) for low, high in problem.window]
    with np.errstate(all="ignore"):
        losses = problem.value(np.stack(np.meshgrid(*axes)))
    return losses[np.isfinite(losses)]


def check_descending(found: re.Match[str], row: Row) -> None:
    before, after = change(found, row)
    assert after < before


def check_rising(found: re.Match[str], row: Row) -> None:
    before, after = change(found, row)
    assert after > before


def change(found: re.Match[str], row: Row) -> tuple[float, float]:
    """Check "from a to b" or "by d to b" over the last so many steps; return the recorded losses."""
    loss, over = row.series("loss"), int(found[5] or 1)
    before, after = float(loss[-1 - over]), float(loss[-1])
    assert int(found[1] or 1) == len(loss) - 1
    assert same(found[3], before if found[2] == "from" else abs(after - before))
    assert same(found[4], after)
    return before, after


def check_floor(found: re.Match[str], row: Row) -> None:
    points = row.series("params")
    first = int(found[1]) if found[1] else len(points) - 1 - int(found[2])
    jump, floor = read(found[4]), read(found[5])
    steps = np.diff(points[first:], axis=0)
    lengths = np.abs(steps).max(axis=1) if found[3] else np.linalg.norm(steps, axis=1)
    assert len(steps) >= 4
    assert same(found[4], row.reach)
    assert lengths == pytest.approx(np.full(len(lengths), row.reach), rel=1e-4)
    assert abs(jump - 2 * floor) <= 2 * ROUNDING * jump
    assert (np.linalg.norm(steps[1:] + steps[:-1], axis=1) < np.linalg.norm(steps[1:], axis=1)).all()
    if row.problem.minimizers:
        misses = row.misses(points[first:])
        assert (np.maximum(misses[1:], misses[:-1]) >= floor * (1 - ROUNDING) - 1e-12).all()


def check_cycle(found: re.Match[str], row: Row) -> None:
    step, period, points = int(found[1]), int(found[2]), row.series("params")
    radius = check_band(found[3], found[4], found[5], found[6], found[7], len(points) - 1 - step, row, tail_only=False)
    part = points[step:]
    assert len(part) >= 16 + period
    assert np.abs(part[period:] - part[:-period]).max() <= 1e-5 * radius
    for shorter in range(1, period):
        assert np.abs(part[shorter:] - part[:-shorter]).max() > 1e-6 * radius, f"it already repeats every {shorter}"


def check_moving(found: re.Match[str], row: Row) -> None:
    check_band(found[3], found[4], found[5], found[6], found[7], int(found[2] or 1), row, tail_only=True)


def check_band(
    radius: str, centre: str, distance: str | None, low: str, high: str, over: int, row: Row, *, tail_only: bool
) -> float:
    points, loss = row.series("params")[-over - 1 :], row.series("loss")[-over - 1 :]
    middle = read_point(centre)
    rounding = float(np.linalg.norm(ROUNDING * np.abs(middle) + row.slack))
    reach = float(np.linalg.norm(points - middle, axis=1).max())
    assert abs(reach - read(radius)) <= ROUNDING * reach + rounding
    assert same(low, loss.min()) or not tail_only
    assert same(high, loss.max()) or not tail_only
    assert read(low) * (1 - ROUNDING * np.sign(read(low))) <= loss.max()
    if distance is not None:
        assert abs(read(distance) - row.misses(middle[None])[0]) <= ROUNDING * read(distance) + rounding
    return reach


_N, _P = f"({NUMBER})", POINT
_LOSSES = rf"loss {_N} to {_N}"
_AROUND = rf"within {_N} of {_P}(?:, which is {_N} from the minimum)?, {_LOSSES}"
_BOUNDED = "Bounded, not converged: "
_RAN_OUT = r"(?:when the (\d+) steps ran out|when its only step was done)"
_OVER = r"(?:over the last (\d+) steps|in (?:that|the last) step)"
CHECKS = {
    rf"Converged: from step (\d+) on it stays within {_N} of the minimum at {_P}": check_converged,
    rf"Converged: from step (\d+) on the loss stays within {_N} of the optimum {_N}": check_converged_in_loss,
    rf"Diverged at step (\d+): (.*?)(?:, largest gradient norm {_N})?": check_diverged,
    rf"Stalled since step (\d+) at {_P} with loss {_N}(?: instead of {_N}|, {_N} above the optimum): "
    rf"(?:the ground is flat there, the gradient norm is {_N}|the gradient norm is {_N}, but (.*))": check_stalled,
    rf"Still descending {_RAN_OUT}: the loss fell (from|by) {_N} to {_N} {_OVER}":
        check_descending,
    rf"Not settled: the loss was rising {_RAN_OUT}, (from|by) {_N} to {_N} {_OVER}":
        check_rising,
    rf"{_BOUNDED}(?:from step (\d+) on|over the last (\d+) steps) it jumps to and fro (in a coordinate )?by "
    rf"learning rate × threshold = {_N}, so one of two neighbouring points is always at least {_N} from any minimum":
        check_floor,
    rf"{_BOUNDED}from step (\d+) on it repeats every (\d+) steps {_AROUND}": check_cycle,
    rf"{_BOUNDED}(the noise keeps it moving|it neither settles nor repeats); {_OVER} {_AROUND}":
        check_moving,
}  # fmt: skip
