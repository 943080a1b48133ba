"""Training in the one loop: the numbers, the probes, the stops, and that neither chunks nor neighbours change a bit."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clipscape.chain import Chain
from clipscape.clipping import CLIPPERS
from clipscape.noise import NOISES
from clipscape.optimizers import OPTIMIZERS
from clipscape.schedules import SCHEDULES
from clipscape.training import heat_steps, probe_steps, train, train_chunks
from clipscape.transforms import IDENTITY
from clipscape.weight_decay import WEIGHT_DECAYS
from training_cases import arrays_of, network_document, plan_of, same, train_plan

CLIPS = [{"kind": kind} for kind, entry in CLIPPERS.items() if not entry.traits.get("per_example")]
EXPLODING = {
    "kind": "relu_rnn",
    "init": {"kind": "gaussian", "params": {"std": 3.0}},
    "task": {"kind": "adding", "params": {"sequence_length": 40, "batch_size": 4}},
    "optimizer": {"kind": "sgd", "params": {"learning_rate": 1.0}},
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_row_alone_equals_the_row_among_others_bit_for_bit(optimizer: str) -> None:
    """Every clip, early and late, with every optimizer, and with everything random or scheduled switched on."""
    late = [{**clip, "position": "after"} for clip in ({"kind": "norm"}, {"kind": "per_tensor"}, {"kind": "agc"})]
    common: dict[str, Any] = {
        "optimizer": {"kind": optimizer, "params": {"learning_rate": 0.1}},
        "noise": {"kind": "gaussian", "params": {"std": 0.01}},
        "schedule": {"kind": "cosine"},
        "weight_decay": {"kind": next(kind for kind in WEIGHT_DECAYS if kind != "none")},
        "params": {"dropout": 0.2, "vanishing_penalty": 0.5},
        "n_steps": 12,
    }
    clips = CLIPS + late
    together = arrays_of(train_plan(plan_of(network_document(*clips, **common))))
    for row, clip in enumerate(clips):
        alone = arrays_of(train_plan(plan_of(network_document(clip, **common))))
        for name, array in alone.items():
            if name in ("probes.steps", "heat.steps"):
                continue
            place = (row, 0) if array.ndim == 1 or name == "final_params" else ((slice(None), row), (slice(None), 0))
            assert same(together[name][place[0]], array[place[1]]), (clip, name)  # type: ignore[index]


PARTS = [
    *(("noise", kind) for kind in NOISES),
    *(("weight_decay", kind) for kind in WEIGHT_DECAYS),
    *(("schedule", kind) for kind in SCHEDULES),
]


@pytest.mark.parametrize("part", PARTS, ids="-".join)
def test_every_noise_decay_and_schedule_trains_a_network(part: tuple[str, str]) -> None:
    """It runs to the end, a row alone has the same bits, and all but those that do nothing change the weights."""
    key, kind = part
    clips, steps = [{"kind": "norm"}, {"kind": "per_tensor"}], 120
    together = train_plan(plan_of(network_document(*clips, **{key: {"kind": kind}}, n_steps=steps)))
    alone = train_plan(plan_of(network_document(clips[1], **{key: {"kind": kind}}, n_steps=steps)))
    plain = train_plan(plan_of(network_document(*clips, n_steps=steps)))
    assert np.isfinite(together.final_params).all()
    assert same(together.final_params[1], alone.final_params[0])
    assert same(together.final_params, plain.final_params) == (kind in ("none", "constant"))


@pytest.mark.parametrize("chunk_steps", [1, 7, 64, None])
def test_the_numbers_do_not_depend_on_the_chunks(chunk_steps: int | None) -> None:
    plan = plan_of(network_document(*CLIPS[:3], n_steps=70, params={"hidden_size": 20, "early_stopping": 3}))
    whole = arrays_of(train_plan(plan))
    chunks = train_chunks(
        plan.problem, plan.chain, plan.start, 70, seeds=plan.seeds, chunk_steps=chunk_steps
    )  # fmt: skip
    at, columns, probes = 0, 0, 0
    for chunk in chunks:
        assert (chunk.first_step, chunk.columns.start, chunk.probes.start) == (at, columns, probes)
        at, columns, probes = chunk.last_step, chunk.columns.stop, chunk.probes.stop
        assert np.isnan(chunk.run.grad_norm[at:]).all()
        assert np.isnan(chunk.run.loss[at + 1 :]).all()
        assert np.isnan(chunk.run.probes.held_out_loss[probes:]).all()
        running = chunk.run.n_steps == at
        assert np.isfinite(chunk.run.loss[: at + 1, running]).all()
    assert all(same(array, whole[name]) for name, array in arrays_of(chunk.run).items())


def test_the_numbers_of_an_update_are_those_of_its_vectors() -> None:
    """Norm clipping at 0.05 by hand, between the snapshots of a run short enough for a probe at every point."""
    plan = plan_of(network_document({"kind": "norm", "params": {"max_norm": 0.05}}, {"kind": "none"}, n_steps=15))
    run, rate = train_plan(plan), 0.1
    session = plan.problem.training.open(plan.seeds)  # type: ignore[union-attr]
    gradient = np.empty((plan.problem.dim, 2))
    assert run.probes.steps.tolist() == list(range(16))
    for step in range(15):
        point = np.ascontiguousarray(run.probes.params[step].T)
        session.gradient(point, step, gradient)
        norm = np.linalg.norm(gradient, axis=0)
        assert run.grad_norm[step] == pytest.approx(norm, rel=1e-12)
        assert run.loss[step].tolist() == session.loss.tolist()
        assert run.heat.hidden[step].tolist() == session.hidden_norms.T.tolist()
        assert run.param_norm[step] == pytest.approx(np.linalg.norm(point, axis=0), rel=1e-12)
        shorter = min(1.0, 0.05 / norm[0])
        assert run.fired[step].tolist() == [shorter < 1.0, False]
        assert run.clip_coef[step] == pytest.approx([shorter, 1.0], rel=1e-12)
        assert run.clipped_norm[step] == pytest.approx(norm * [shorter, 1.0], rel=1e-12)
        assert run.update_norm[step] == pytest.approx(rate * norm * [shorter, 1.0], rel=1e-9)
        assert run.update_ratio[step] == pytest.approx(run.update_norm[step] / run.param_norm[step], rel=1e-12)
        for number, block in enumerate(plan.problem.training.blocks):  # type: ignore[union-attr]
            sizes = np.linalg.norm(gradient[block.place], axis=0)
            assert run.tensor_grad_norm[step, :, number] == pytest.approx(sizes, rel=1e-12)
            assert run.tensor_clipped_norm[step, :, number] == pytest.approx(sizes * [shorter, 1.0], rel=1e-12)
    assert run.fired[:, 0].any()
    assert run.angle[:, 0].max() < 1e-6, "norm clipping keeps the direction"


def test_the_last_point_has_a_loss_and_the_held_out_loss_is_the_sessions() -> None:
    plan = plan_of(network_document({"kind": "norm"}, n_steps=50))
    run = train_plan(plan)
    session = plan.problem.training.open(plan.seeds)  # type: ignore[union-attr]
    assert run.loss[50].tolist() == session.batch_loss(np.ascontiguousarray(run.final_params.T), 50).tolist()
    for place, params in enumerate(run.probes.params):
        found = session.evaluate(np.ascontiguousarray(params.T))
        assert run.probes.held_out_loss[place].tolist() == found.loss.tolist()
        assert run.probes.outputs[place].tolist() == found.outputs.tolist()
        (matrix,) = session.recurrent_matrices(np.ascontiguousarray(params.T))[0]
        assert run.probes.spectral_radius[place, 0] == pytest.approx(np.abs(np.linalg.eigvals(matrix)).max())
        assert run.probes.largest_singular_value[place, 0] == pytest.approx(np.linalg.norm(matrix, 2))
    assert run.probes.params[-1].tolist() == run.final_params.tolist()


def test_a_row_that_blows_up_stops_with_its_tensor_and_the_others_go_on() -> None:
    plan = plan_of(network_document({"kind": "none"}, {"kind": "norm"}, **EXPLODING))
    run = train_plan(plan)
    assert run.status.tolist() == ["diverged", "completed"]
    stop = int(run.n_steps[0])
    names = [block.name for block in plan.problem.training.blocks]  # type: ignore[union-attr]
    assert 0 < stop < 30
    assert run.n_steps[1] == 30
    assert run.stop_reason[0] in ("loss_not_finite", "gradient_not_finite", "params_not_finite")
    assert run.stop_tensor[0] in names
    for name in ("loss", "accuracy", "param_norm"):
        assert np.isnan(getattr(run, name)[stop + 1 :, 0]).all()
    for name in ("grad_norm", "clipped_norm", "update_norm", "update_ratio", "angle", "tensor_grad_norm"):
        assert np.isfinite(getattr(run, name)[:stop, 0]).all()
        assert np.isnan(getattr(run, name)[stop:, 0]).all()
    assert np.isnan(run.probes.held_out_loss[run.probes.steps > stop, 0]).all()
    assert np.isnan(run.heat.hidden[run.heat.steps >= stop, 0]).all()
    alone = train_plan(plan_of(network_document({"kind": "norm"}, **EXPLODING)))
    assert same(alone.loss[:, 0], run.loss[:, 1])


@pytest.mark.parametrize("kind", ["tanh_rnn", "lstm"])
def test_rows_that_stopped_take_no_time_and_change_no_bit_of_the_others(kind: str) -> None:
    """Four of six overflow, one after the other; how the run is cut into chunks does not matter either."""
    rates = np.array([0.05, 50.0, 3e4, 0.1, 1e9, 1e12])
    problem = plan_of(network_document(kind=kind, params={"dropout": 0.2})).problem
    training = problem.training
    assert training is not None
    seeds = np.array([0, 1, 0, 2, 1, 0])
    opened: list[int] = []

    class Counted:
        def __getattr__(self, name: str) -> Any:
            return getattr(training, name)

        def open(self, seeds: Any) -> Any:
            opened.append(len(seeds))
            return training.open(seeds)

    def arrays(rows: list[int], chunk_steps: int) -> dict[str, np.ndarray[Any, Any]]:
        chain = Chain(learning_rate=rates[rows], clip=IDENTITY)
        start = training.initial(seeds[rows])
        watched = replace(problem, training=Counted())
        chunks = train_chunks(watched, chain, start, 120, seeds=seeds[rows], chunk_steps=chunk_steps)
        return arrays_of(deque(chunks, maxlen=1)[0].run)

    everything = list(range(6))
    together = arrays(everything, 10)
    assert [status == "diverged" for status in together["status"]] == [False, True, True, False, True, True]
    assert opened[0] == 6
    assert opened[-1] == 2, "the work space shrinks with the rows that go on"
    for name, values in arrays(everything, 47).items():
        assert same(values, together[name]), name
    for row in (0, 1, 3, 5):
        for name, values in arrays([row], 120).items():
            axis = values.shape.index(1) if 1 in values.shape else None
            if axis is not None:
                assert same(np.take(values, 0, axis), np.take(together[name], row, axis)), (row, name)


def test_the_heat_map_of_a_long_run_holds_the_norms_of_its_own_updates() -> None:
    """Of 260 updates 200 are columns: where the weights were kept, too, the norms are worked out anew."""
    plan = plan_of(network_document(kind="lstm", n_steps=260))
    run = train_plan(plan)
    both = sorted(set(run.heat.steps.tolist()) & set(run.probes.steps.tolist()))
    assert len(run.heat.steps) == 200
    assert len(both) > 10
    session = plan.problem.training.open(plan.seeds)  # type: ignore[union-attr]
    gradient = np.empty((plan.problem.dim, 1))
    for step in both:
        probe, column = (steps.tolist().index(step) for steps in (run.probes.steps, run.heat.steps))
        session.gradient(np.ascontiguousarray(run.probes.params[probe].T), step, gradient)
        assert run.heat.hidden[column].tolist() == session.hidden_norms.T.tolist()
        assert run.heat.cell is not None
        assert run.heat.cell[column].tolist() == session.cell_norms.T.tolist()


@pytest.mark.parametrize("position", ["before", "after"])
@pytest.mark.parametrize(("kind", "limit"), [("norm", "max_norm"), ("value", "clip_value"), ("per_tensor", "max_norm")])
def test_a_clip_that_never_fires_gives_what_no_clipping_gives(kind: str, limit: str, position: str) -> None:
    """To the last bit, momentum and all: the sentence says so."""
    clip = {"kind": kind, "params": {limit: 100.0}, "position": position}
    momentum = {"kind": "momentum", "params": {"learning_rate": 0.05, "momentum": 0.9}}
    run = train_plan(plan_of(network_document({"kind": "none"}, clip, optimizer=momentum)))
    assert not run.fired.any()
    for numbers in (run.loss, run.update_norm, run.param_norm, run.probes.held_out_loss, run.probes.params):
        assert same(numbers[:, 0], numbers[:, 1])
    assert run.update_norm.min() > 0.0


def test_the_first_tensor_that_is_not_finite_is_named() -> None:
    """The third tensor is made infinite at the start of step 4, and the first one NaN as well in the second row."""
    plan = plan_of(network_document({"kind": "none"}, {"kind": "none"}, {"kind": "none"}))
    training = plan.problem.training
    assert training is not None
    bad = {0: (2, np.inf), 1: (0, np.nan)}

    class Failing:
        def __init__(self, session: Any) -> None:
            self._session = session

        def __getattr__(self, name: str) -> Any:
            return getattr(self._session, name)

        def gradient(self, params: Any, step: int, out: Any, *, norms: bool) -> None:
            self._session.gradient(params, step, out, norms=norms)
            if step == 4:
                for row, (tensor, value) in bad.items():
                    out[training.blocks[tensor].start + 1, row] = value

    class Wrapped:
        def __getattr__(self, name: str) -> Any:
            return getattr(training, name)

        def open(self, seeds: Any) -> Any:
            return Failing(training.open(seeds))

    problem = replace(plan.problem, training=Wrapped())  # type: ignore[arg-type]
    run = train(problem, plan.chain, plan.start, 30, seeds=plan.seeds)
    assert run.stop_reason.tolist() == ["gradient_not_finite", "gradient_not_finite", None]
    assert run.stop_tensor.tolist() == ["bias_ih", "weight_ih", None]
    assert run.n_steps.tolist() == [4, 4, 30]
    assert run.stop_value[:2].tolist() == [np.inf, np.inf]


def test_early_stopping_ends_a_row_that_no_longer_improves() -> None:
    """A learning rate of next to nothing lets the held-out loss neither rise nor fall by much; one of 0.1 learns."""
    rates = [{"clip": {"kind": "none"}, "optimizer": {"kind": "sgd", "params": {"learning_rate": r}}} for r in (3, 0.1)]
    plan = plan_of(network_document(*rates, n_steps=200, params={"early_stopping": 4}))
    run = train_plan(plan)
    for row in np.flatnonzero(run.stop_reason == "early_stopping"):
        stop, held_out = run.n_steps[row], run.probes.held_out_loss[:, row]
        (last,) = np.flatnonzero(run.probes.steps == stop)
        assert run.status[row] == "completed"
        assert np.nanargmin(held_out) == last - 4
        assert np.isnan(held_out[last + 1 :]).all()
        assert np.isnan(run.grad_norm[stop:, row]).all()
        assert np.isfinite(run.final_loss[row])
        assert run.final_params[row].tolist() == run.probes.params[last, row].tolist()
    assert run.stop_reason[0] == "early_stopping"


@pytest.mark.parametrize("n_steps", [1, 2, 19, 20, 21, 199, 400, 1200, 5000])
def test_probes_and_columns_are_few_and_spread_over_the_run(n_steps: int) -> None:
    probes, columns = probe_steps(n_steps), heat_steps(n_steps)
    assert (probes[0], probes[-1], columns[0], columns[-1]) == (0, n_steps, 0, n_steps - 1)
    assert len(probes) <= 60
    assert len(columns) <= 200
    for steps in (probes, columns):
        gaps = np.diff(steps)
        assert not len(gaps) or (gaps.min() >= 1 and gaps.max() - gaps.min() <= 1)


def test_what_cannot_be_trained_is_refused() -> None:
    plan = plan_of(network_document())
    with pytest.raises(ValueError, match="shape"):
        train(plan.problem, plan.chain, plan.start[:, 1:], 5)
    with pytest.raises(ValueError, match="at least one step"):
        train(plan.problem, plan.chain, plan.start, 0)
