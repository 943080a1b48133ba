"""The step loop: closed forms, the row rule, stops, chunks, and where the clip stands."""

from collections import deque

import numpy as np
import pytest

from clipscape.chain import Chain
from clipscape.clipping import CLIPPERS
from clipscape.noise import NOISES
from clipscape.numerics import row_norm
from clipscape.optimizers import OPTIMIZERS
from clipscape.partition import Group, partition_rows
from clipscape.problems import PROBLEMS
from clipscape.problems.base import Problem
from clipscape.simulation import simulate, simulate_chunks
from clipscape.transforms import IDENTITY

BOWL = Problem(
    kind="bowl",
    dim=2,
    value=lambda p: (p[0] * p[0] + p[1] * p[1]) / 2,
    grad=lambda p: p,
    axis_labels=("x", "y"),
    window=((-10.0, 10.0), (-10.0, 10.0)),
    start=(3.1, -4.7),
    minimizers=((0.0, 0.0),),
    optimal_value=0.0,
)


def rule(catalog, kind, rows, **parameters):
    values = {**catalog[kind].defaults(), **parameters}
    return catalog[kind].make(**{n: np.broadcast_to(np.asarray(v, dtype=float), (rows,)) for n, v in values.items()})


def norm_clip(rows, max_norm):
    return rule(CLIPPERS, "norm", rows, max_norm=max_norm)


def test_plain_descent_on_a_quadratic_matches_the_closed_form():
    run = simulate(BOWL, Chain(learning_rate=np.array([0.1])), [[3.0, -4.0]], 50)
    factor = 0.9 ** np.arange(51)
    # One rounding a step: 50 units in the last place at most.
    assert run.params[:, 0] == pytest.approx(factor[:, np.newaxis] * [3.0, -4.0], rel=50 * 2.3e-16)
    assert run.loss[:, 0] == pytest.approx(12.5 * factor**2, rel=1e-13)
    assert run.grad_norm[:, 0] == pytest.approx(5 * factor[:-1], rel=1e-13)
    assert run.update_norm[:, 0] == pytest.approx(0.5 * factor[:-1], rel=1e-12)
    assert not run.fired.any()
    assert (run.clip_coef == 1).all()
    assert (run.angle == 0).all()


def test_clipped_descent_takes_equal_steps_and_then_decays():
    run = simulate(BOWL, Chain(learning_rate=np.array([0.1]), clip=norm_clip(1, 1.0)), [[10.0, 0.0]], 150)
    # 90 steps of 0.1 accumulate 90 roundings of numbers up to 10.
    assert run.params[[90, 100, 150], 0, 0] == pytest.approx([1.0, 0.3486784401, 0.001797010299914434], rel=1e-9)
    assert run.fired[:89, 0].all()
    assert not run.fired[92:, 0].any()
    assert run.clip_fraction[0] == run.fired.mean()
    assert run.clipped_norm[:89, 0] == pytest.approx(1.0)
    assert run.clip_coef[0, 0] == pytest.approx(0.1)


def test_clipping_bounds_the_motion_but_does_not_make_it_converge():
    run = simulate(BOWL, Chain(learning_rate=np.array([2.5]), clip=norm_clip(1, 1.0)), [[10.3, 0.0]], 40)
    # Two-cycle from the closed form 10.3 - 2.5 k, then x -> x - 1.5 x once inside; exact up to rounding.
    assert sorted(run.params[-2:, 0, 0]) == pytest.approx([-1.0125, 1.4875], rel=1e-9)


def many_rows():
    """A batch with everything in it: several clippers, optimizers, noise, both positions of the clip."""
    kinds = ["none", "norm", "value", "autoclip", "zclip", "random_step"]
    rows = 2 * len(kinds)
    clip = partition_rows(
        [Group(slice(2 * i, 2 * i + 2), rule(CLIPPERS, k, 2)) for i, k in enumerate(kinds[:-1])]
        + [Group(slice(10, 12), IDENTITY)]
    )
    late = partition_rows([Group(slice(0, 10), IDENTITY), Group(slice(10, 12), rule(CLIPPERS, "random_step", 2))])
    optimizer = partition_rows([Group(slice(0, 6), IDENTITY), Group(slice(6, 12), rule(OPTIMIZERS, "adam", 6))])
    chain = Chain(
        learning_rate=np.linspace(0.01, 0.2, rows),
        noise=rule(NOISES, "gaussian", rows, std=0.3),
        clip=clip,
        optimizer=optimizer,
        clip_after=late,
        clips_direction=np.arange(rows) >= 10,
    )
    return chain, kinds, np.arange(rows, dtype=np.int64) % 3


def one_row(row, kinds):
    transform = rule(CLIPPERS, kinds[row // 2], 1)
    late = row >= 10
    return Chain(
        learning_rate=np.linspace(0.01, 0.2, 12)[row : row + 1],
        noise=rule(NOISES, "gaussian", 1, std=0.3),
        clip=IDENTITY if late else transform,
        optimizer=rule(OPTIMIZERS, "adam", 1) if row >= 6 else IDENTITY,
        clip_after=transform if late else IDENTITY,
        clips_direction=np.array([late]),
    )


@pytest.mark.parametrize("kind", ["cliff", "recurrent_unit", "finite_sum"])
def test_a_row_alone_equals_the_row_in_the_batch_bit_for_bit(kind):
    problem = PROBLEMS[kind].make(**PROBLEMS[kind].defaults())
    chain, kinds, seeds = many_rows()
    start = np.tile(problem.start, (12, 1))
    together = simulate(problem, chain, start, 60, seeds=seeds)
    for row in range(12):
        alone = simulate(problem, one_row(row, kinds), start[:1], 60, seeds=seeds[row : row + 1])
        for name in ("params", "loss", "grad", "clipped", "grad_norm", "angle", "fired"):
            left, right = getattr(alone, name)[:, 0], getattr(together, name)[:, row]
            assert np.array_equal(left, right, equal_nan=left.dtype != bool), (name, row)


@pytest.mark.parametrize("chunk_steps", [1, 7, 64])
def test_the_numbers_do_not_depend_on_the_length_of_the_chunks(chunk_steps):
    chain, _, seeds = many_rows()
    start = np.tile(BOWL.start, (12, 1))
    whole = simulate(BOWL, chain, start, 70, seeds=seeds)
    *_, last = simulate_chunks(BOWL, chain, start, 70, seeds=seeds, chunk_steps=chunk_steps)
    for name in ("params", "loss", "clip_input", "clipped", "angle", "fired", "n_steps", "best_loss", "max_angle"):
        assert np.array_equal(getattr(whole, name), getattr(last.run, name)), name


def test_chunks_report_their_steps_and_can_be_abandoned():
    chunks = simulate_chunks(BOWL, Chain(learning_rate=np.array([0.1])), [[1.0, 1.0]], 25, chunk_steps=10)
    first = next(chunks)
    assert (first.first_step, first.last_step) == (0, 10)
    assert np.isfinite(first.run.loss[:11]).all()
    assert np.isnan(first.run.loss[11:]).all()
    assert [(c.first_step, c.last_step) for c in chunks] == [(10, 20), (20, 25)]


def test_a_run_that_nobody_watches_ends_with_the_same_numbers() -> None:
    """Two of three rows stop on the way, at different steps; what follows is NaN with and without onlookers."""
    chain = Chain(learning_rate=np.array([0.1, 2.5, 30.0]))
    ends = [
        deque(simulate_chunks(BOWL, chain, [[1.0, 1.0]] * 3, 200, chunk_steps=7, watched=watched), maxlen=1)[0].run
        for watched in (True, False)
    ]
    assert len(set(ends[0].n_steps.tolist())) == 3
    for name in ("params", "grad", "clipped", "loss", "grad_norm", "fired", "n_steps", "final_loss", "stop_value"):
        np.testing.assert_array_equal(getattr(ends[0], name), getattr(ends[1], name), err_msg=name)


@pytest.mark.parametrize("kind", ["cliff", "rosenbrock", "quartic"])
def test_the_summary_agrees_with_the_series(kind):
    problem = PROBLEMS[kind].make(**PROBLEMS[kind].defaults())
    rates = np.geomspace(1e-4, 5.0, 25)
    chain = Chain(
        learning_rate=rates,
        clip=partition_rows([Group(slice(0, 13), norm_clip(13, 1.0)), Group(slice(13, 25), IDENTITY)]),
    )
    start = np.tile(problem.start, (25, 1))
    series, summary = (simulate(problem, chain, start, 130, record=r) for r in ("series", "summary"))
    for name in (
        "status",
        "stop_reason",
        "n_steps",
        "final_params",
        "final_loss",
        "best_loss",
        "max_grad_norm",
        "clip_fraction",
    ):
        left, right = getattr(series, name), getattr(summary, name)
        assert all(a == b or (a != a and b != b) for a, b in zip(left.ravel(), right.ravel(), strict=True)), name
    assert summary.params.shape == (1, 25, 2) or summary.params.size == 0
    assert (series.status == "diverged").any() == (kind != "cliff")


def test_a_row_that_diverges_stops_and_keeps_step_value_and_reason():
    start = [[3.0, 0.0], [3.0, 0.0]]
    run = simulate(BOWL, Chain(learning_rate=np.array([0.1, 3.0])), start, 100)
    steps = run.n_steps[1]
    assert run.status.tolist() == ["completed", "diverged"]
    assert run.stop_reason.tolist() == [None, "left_limit"]
    # |x| = 3 * 2^k crosses 1e6 window diagonals of 20 sqrt(2).
    assert steps == int(np.ceil(np.log2(1e6 * 20 * np.sqrt(2) / 3)))
    assert run.stop_value[1] == 3.0 * 2.0**steps
    assert run.params[steps, 1, 0] == pytest.approx(3.0 * (-2.0) ** steps)
    assert np.isnan(run.params[steps + 1 :, 1]).all()
    assert np.isnan(run.loss[steps + 1 :, 1]).all()
    assert np.isnan(run.grad_norm[steps:, 1]).all()
    assert not run.fired[steps:, 1].any()
    assert run.final_loss[1] == run.loss[steps, 1]
    assert np.isfinite(run.params[:, 0]).all()


def walls(value, grad):
    return Problem("wall", 2, value, grad, ("x", "y"), ((-1.0, 1.0), (-1.0, 1.0)), (0.5, 0.5))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_stops_the_row_before_the_step(bad):
    problem = walls(lambda p: p[0] * 0.0, lambda p: (np.where(p[0] > 0.2, 1.0, bad), p[1] * 0.0))
    for clip in (IDENTITY, norm_clip(1, 1.0), rule(CLIPPERS, "value", 1), rule(CLIPPERS, "autoclip", 1)):
        run = simulate(problem, Chain(learning_rate=np.array([0.1]), clip=clip), [[0.45, 0.0]], 20)
        assert (run.status[0], run.stop_reason[0], run.n_steps[0]) == ("diverged", "gradient_not_finite", 3)
        assert run.params[3, 0, 0] == pytest.approx(0.15)
        assert np.isnan(run.params[4:, 0]).all()


def test_a_loss_that_is_not_finite_stops_the_row():
    problem = walls(lambda p: np.log(p[0]), lambda p: (p[0] * 0.0 + 1.0, p[1] * 0.0))
    run = simulate(problem, Chain(learning_rate=np.array([0.3])), [[0.5, 0.0]], 20)
    assert (run.stop_reason[0], run.n_steps[0]) == ("loss_not_finite", 2)


@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_huge_and_tiny_gradients_are_clipped_to_the_threshold(scale):
    problem = walls(lambda p: p[0] * 0.0, lambda p: (p[0] * 0.0 + 3 * scale, p[1] * 0.0 + 4 * scale))
    threshold = min(1.0, scale / 10)
    run = simulate(
        problem, Chain(learning_rate=np.array([0.01 / threshold]), clip=norm_clip(1, threshold)), [[0.5, 0.5]], 5
    )
    assert run.status[0] == "completed"
    assert run.clipped_norm[:, 0] == pytest.approx([threshold] * 5, rel=1e-12)
    assert run.params[5, 0] == pytest.approx([0.5 - 0.03, 0.5 - 0.04], rel=1e-12)


def test_clipping_before_momentum_limits_the_gradient_and_after_it_the_direction():
    steep = walls(lambda p: 1000 * p[0], lambda p: (p[0] * 0.0 + 1000.0, p[1] * 0.0))
    momentum = rule(OPTIMIZERS, "momentum", 2, momentum=0.9)
    chain = Chain(
        learning_rate=np.full(2, 0.001),
        clip=partition_rows([Group(slice(0, 1), norm_clip(1, 1.0)), Group(slice(1, 2), IDENTITY)]),
        optimizer=momentum,
        clip_after=partition_rows([Group(slice(0, 1), IDENTITY), Group(slice(1, 2), norm_clip(1, 1.0))]),
        clips_direction=np.array([False, True]),
    )
    run = simulate(steep, chain, [[0.0, 0.0]] * 2, 100)
    assert run.update_norm[-1] == pytest.approx([0.01, 0.001], rel=1e-3)
    assert run.clip_input_norm[-1, 0] == 1000
    assert run.clip_input_norm[-1, 1] == pytest.approx(10_000, rel=1e-3)
    assert run.clipped_norm[-1] == pytest.approx([1, 1])


def test_the_recorded_update_is_the_difference_of_the_points():
    chain, _, seeds = many_rows()
    run = simulate(BOWL, chain, np.tile(BOWL.start, (12, 1)), 30, seeds=seeds)
    assert np.array_equal(run.update, run.params[1:] - run.params[:-1])
    assert run.update_norm == pytest.approx(row_norm(np.moveaxis(run.update, -1, 0)))


def test_runs_end_early_when_every_row_has_stopped():
    chunks = list(simulate_chunks(BOWL, Chain(learning_rate=np.array([30.0])), [[1.0, 1.0]], 5000, chunk_steps=10))
    assert chunks[-1].last_step < 50


@pytest.mark.parametrize("start", [[[1.0]], [[np.nan, 0.0]], [[[1.0, 2.0]]]])
def test_a_start_that_makes_no_sense_is_refused(start):
    with pytest.raises(ValueError, match="start must be finite and of shape"):
        simulate(BOWL, Chain(learning_rate=np.array([0.1])), start, 5)


def test_a_run_needs_at_least_one_step():
    with pytest.raises(ValueError, match="at least 1"):
        simulate(BOWL, Chain(learning_rate=np.array([0.1])), [[1.0, 1.0]], 0)
