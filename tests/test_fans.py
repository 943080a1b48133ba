"""The packed notches of a slider: what is drawn stays within half a pixel, nothing is hidden; random scenarios."""

from __future__ import annotations

import zlib
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from clipscape.axes import read_axis
from clipscape.fans import BYTES_OF_CLIP_INPUT, BYTES_PER_STEP, pack, unpack
from clipscape.plan import Plan, make_plan
from clipscape.records import Run
from clipscape.simulation import simulate
from clipscape.understanding import read_scenario
from scenarios import clip, document, documents

Array = npt.NDArray[np.float64]

SIDE = 1600
"""Pixels of the device along a side of the largest map and chart: 800, twice as dense."""
HALF = 0.5
DECADES = 10
SEEN: Counter[str] = Counter()


def packed(drawn: dict[str, Any], path: str, values: tuple[float, ...]) -> tuple[Plan, Run, bytes]:
    """Run every notch and pack it."""
    experiment = read_scenario(drawn).experiment
    plan = make_plan(experiment, read_axis(experiment, path, values))
    run = simulate(plan.problem, plan.chain, plan.start, experiment.n_steps, seeds=plan.seeds)
    names = [{"name": variant.name, "notches": [None] * plan.n_notches} for variant in experiment.variants]
    window = np.asarray(plan.problem.window, np.float64)
    return plan, run, pack({"variants": names}, run, window, plan.n_notches)


@settings(
    max_examples=160, derandomize=True, deadline=None, database=None, phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(drawn=documents())
def test_what_is_drawn_differs_by_less_than_half_a_pixel_and_nothing_is_hidden(drawn: dict[str, Any]) -> None:
    plan, run, answer = packed(drawn, "variants.*.learning_rate", (0.003, 0.1, 1.0))
    _, read = unpack(answer)
    drawn_axes = charts(run, plan.n_notches)
    for row in range(plan.rows):
        steps = int(run.n_steps[row])
        assert np.array_equal(read["fired"][row, :steps], run.fired[:steps, row])
        check_map(plan, run, read, row)
        check_charts(run, read, row, drawn_axes[row % plan.n_notches])
        check_vectors(run, read, row)
        SEEN[str(run.status[row])] += 1
        SEEN["left"] += bool(np.any(off(plan, run.params[: steps + 1, row])))
        SEEN["fired"] += bool(run.fired[:, row].any())
        SEEN["linear"] += drawn_axes[row % plan.n_notches]["loss"].scale == "linear"


def test_the_random_scenarios_diverged_left_the_map_fired_and_had_losses_below_zero() -> None:
    """Runs after the property test: a claim about what never occurred has not been tested."""
    if not SEEN:
        pytest.skip("the property test has not run")
    assert min(SEEN[name] for name in ("diverged", "left", "fired", "linear")) > 20, SEEN


class Axis:
    """A value axis as the page draws it (plots/axes.js): from a value to a pixel."""

    def __init__(self, lines: list[Array], scale: str, *, degrees: bool = False) -> None:
        finite = [line[np.isfinite(line) & ((line > 0) | (scale == "linear"))] for line in lines]
        seen = [line for line in finite if line.size]
        self.scale = scale
        if not seen:
            self.low, self.high = (-1.0, 1.0)
        elif scale == "log":
            low = min(max(line.min(), line.max() / 10.0**DECADES) for line in seen)
            high = max(line.max() for line in seen)
            pad = max(0.04 * (np.log10(high) - np.log10(low)), 0.08)
            self.low, self.high = np.log10(low) - pad, np.log10(high) + pad
        else:
            low, high = min(line.min() for line in seen), max(line.max() for line in seen)
            pad = (high - low) * 0.06 or abs(high) * 0.1 or 1
            self.low, self.high = low - pad, high + pad
        if degrees:
            self.low, self.high = 0.0, max(10.0, self.high)

    def pixel(self, values: Array) -> Array:
        with np.errstate(all="ignore"):
            place = np.where(values > 0, np.log10(values), -np.inf) if self.scale == "log" else values
            return np.asarray(np.clip((place - self.low) / (self.high - self.low), -0.2, 1.0) * SIDE)


def charts(run: Run, notches: int) -> list[dict[str, Axis]]:
    """The axes of the three charts at every notch."""

    def axes(notch: int) -> dict[str, Axis]:
        own = {name: list(getattr(run, name)[:, notch::notches].T) for name in ("loss", "clip_input_norm", "angle")}
        positive = all(np.all(line[~np.isnan(line)] > 0) for line in own["loss"])
        clipped = list(run.clipped_norm[:, notch::notches].T)
        return {
            "loss": Axis(own["loss"], "log" if positive else "linear"),
            "norm": Axis(own["clip_input_norm"] + clipped, "log"),
            "angle": Axis(own["angle"], "linear", degrees=True),
        }

    return [axes(notch) for notch in range(notches)]


def check_charts(run: Run, read: dict[str, Array], row: int, axes: dict[str, Axis]) -> None:
    """Every point of every curve, and what is not finite or zero stays so."""
    steps = int(run.n_steps[row])
    received = "clip_input" if "clip_input.0" in read else "grad"
    norms = {name: np.hypot(*(read[f"{name}.{k}"][row, :steps] for k in range(2))) for name in (received, "clipped")}
    pairs = [
        (axes["loss"], run.loss[: steps + 1, row], read["loss"][row, : steps + 1]),
        (axes["norm"], run.clip_input_norm[:steps, row], norms[received]),
        (axes["norm"], run.clipped_norm[:steps, row], norms["clipped"]),
        (axes["angle"], run.angle[:steps, row], read["angle"][row, :steps]),
    ]
    for axis, true, sent in pairs:
        assert np.array_equal(np.isfinite(true), np.isfinite(sent))
        assert axis is axes["angle"] or np.array_equal(np.sign(true), np.sign(sent), equal_nan=True)
        known = np.isfinite(true)
        assert np.all(np.abs(axis.pixel(true[known]) - axis.pixel(sent[known])) < HALF)


def check_vectors(run: Run, read: dict[str, Array], row: int) -> None:
    """Arrows and their numbers: 2^-13 of each entry, which is a fifth of a pixel of an arrow across the map."""
    steps = int(run.n_steps[row])
    for name in ("grad", "clip_input", "clipped"):
        for k in range(2):
            true = getattr(run, name)[:steps, row, k]
            sent = read.get(f"{name}.{k}", read[f"grad.{k}"])[row, :steps]
            assert np.array_equal(np.signbit(true) & (true != 0), np.signbit(sent) & (sent != 0))
            with np.errstate(invalid="ignore"):
                near = np.abs(true - sent) <= 2.0**-13 * np.abs(true)
            assert np.all(near | (true == sent) | (np.isnan(true) & np.isnan(sent)))


def off(plan: Plan, points: Array) -> npt.NDArray[np.bool_]:
    """Which points lie off the map."""
    low, high = np.asarray(plan.problem.window).T
    return np.asarray(np.any((points < low) | (points > high), axis=-1))


def check_map(plan: Plan, run: Run, read: dict[str, Array], row: int) -> None:
    """Points on the map, the visible part of every segment, and where points are that are off it."""
    steps = int(run.n_steps[row])
    low, high = np.asarray(plan.problem.window).T
    true = run.params[: steps + 1, row]
    sent = np.stack([read[f"params.{k}"][row, : steps + 1] for k in range(2)], axis=1)
    assert np.array_equal(np.isfinite(true), np.isfinite(sent))
    with np.errstate(all="ignore"):
        a, b = ((points - low) / (high - low) * SIDE for points in (true, sent))
    inside = ~off(plan, true)
    assert np.all(np.abs(a[inside] - b[inside]) < HALF)
    distance = np.abs(a - SIDE / 2) / SIDE
    far = np.isfinite(a) & (distance > 0.5)
    assert np.all(np.abs(a - b)[far] <= 1e-4 * distance[far] * SIDE), "the number at the arrow is another"
    for step in range(steps):
        check_segment(a[step : step + 2], b[step : step + 2])


def check_segment(true: Array, sent: Array) -> None:
    """Both ends of the part of a segment that lies on the map are near the other segment, and the other way round."""
    if not (np.isfinite(true).all() and np.isfinite(sent).all()):
        return
    for seen, other in ((true, sent), (sent, true)):
        part = visible(seen)
        if part is not None:
            assert max(distance_to(end, other) for end in part) < HALF


def visible(segment: Array) -> Array | None:
    """The part of a segment inside the map (Liang and Barsky, 1984)."""
    enter, leave = 0.0, 1.0
    for start, way in zip(segment[0], segment[1] - segment[0], strict=True):
        for along, room in ((-way, start), (way, SIDE - start)):
            if along == 0:
                if room < 0:
                    return None
            elif along < 0:
                enter = max(enter, room / along)
            else:
                leave = min(leave, room / along)
    return segment[0] + np.array([[enter], [leave]]) * (segment[1] - segment[0]) if enter <= leave else None


def distance_to(point: Array, segment: Array) -> float:
    """How far a point is from a segment."""
    way = segment[1] - segment[0]
    square = float(way @ way)
    share = 0.0 if square == 0 else min(1.0, max(0.0, float((point - segment[0]) @ way) / square))
    return float(np.linalg.norm(point - segment[0] - share * way))


def test_all_notches_of_the_cliff_fit_on_the_wire() -> None:
    """The figure to reach: 41 notches x 3 variants x 300 steps in less than 400 kB."""
    three = document("cliff", clip("none"), clip("norm"), clip("value"), learning_rate=0.1, n_steps=300)
    for path, low, high in (("variants.*.threshold", 0.01, 100), ("optimizer.params.learning_rate", 0.001, 1)):
        _, run, answer = packed(three, path, tuple(float(v) for v in np.geomspace(low, high, 41)))
        assert len(zlib.compress(answer, 1)) < 200_000
        assert len(answer) < BYTES_PER_STEP * run.grad_norm.size * 1.02


def test_the_price_covers_noise_decay_and_a_clip_after_the_optimizer() -> None:
    noise = {"kind": "student_t", "params": {}}
    late = {**clip("norm"), "position": "after"}
    hard = document("cliff", clip("none"), late, learning_rate=0.1, n_steps=300, noise=noise)
    hard["experiment"]["optimizer"] = {"kind": "momentum", "params": {"learning_rate": 0.1}}
    _, run, answer = packed(hard, "variants.*.learning_rate", (0.01, 0.1, 1.0))
    assert "clip_input.0" in unpack(answer)[1]
    assert len(answer) < (BYTES_PER_STEP + BYTES_OF_CLIP_INPUT) * run.grad_norm.size * 1.05


def test_losses_that_crowd_on_a_linear_axis_are_sent_exactly() -> None:
    """All near -1, a span of 1e-9: rounding by 2^-17 of themselves would draw something else."""
    flat = document("cliff", clip("none"), learning_rate=1e-3, n_steps=20)
    plan, run, _ = packed(flat, "variants.*.learning_rate", (1e-3, 2e-3))
    crowded = Run(**{**vars_of(run), "loss": -1 + 1e-9 * np.linspace(0, 1, run.loss.size).reshape(run.loss.shape)})
    answer = pack({"variants": [{"notches": [None, None]}]}, crowded, np.asarray(plan.problem.window), 2)
    span = 1e-9
    assert np.max(np.abs(unpack(answer)[1]["loss"].T - crowded.loss)) < span / 4000


def vars_of(run: Run) -> dict[str, Any]:
    """The recorded fields of a run, without what follows from them."""
    return {name: getattr(run, name) for name in Run.__dataclass_fields__}
