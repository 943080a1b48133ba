"""The price of a request is known before it is computed, grows with what is asked, and is about right in bytes."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from clipscape.answers import simulate_job, stream_job, surface_job
from clipscape.asks import RunAsk, read_run_ask, read_surface_ask
from clipscape.complaints import Complaint
from clipscape.cost import CostError, Estimate, refuse_if_over
from clipscape.plan import make_plan
from clipscape.training import train
from clipscape.wire import ArrayForm
from conftest import experiment

NAMED = [{"name": "a", "clip": {"kind": "none"}}]
LOWER = Complaint("n_steps", "is too high", "lower it")


def estimate(form: ArrayForm = "list", axes: Any = None, **changes: Any) -> Estimate:
    return read_run_ask({"experiment": experiment(**changes), "axes": axes}, form).estimate()


def seeds(count: int) -> dict[str, Any]:
    return {"path": "seed", "values": list(range(count))}


def test_more_of_anything_costs_more() -> None:
    base = estimate()
    dearer = [
        estimate(n_steps=100),
        estimate(axes=seeds(10)),
        estimate(problem={"kind": "recurrent_unit"}),
        estimate(optimizer={"kind": "adam"}),
        estimate(noise={"kind": "gaussian"}),
        estimate(variants=[{"name": str(n), "clip": {"kind": "norm"}} for n in range(16)]),
    ]
    assert all(other.seconds > base.seconds for other in dearer)


def test_the_default_comparison_is_cheap_and_the_largest_request_is_not() -> None:
    assert estimate(n_steps=300).seconds < 0.05
    variants = [{"name": str(n), "clip": {"kind": "autoclip"}} for n in range(16)]
    assert estimate(n_steps=5000, variants=variants, axes=seeds(101)).seconds > 2.0


@pytest.mark.parametrize("form", ["list", "base64"])
@pytest.mark.parametrize("axes", [None, seeds(11)])
@pytest.mark.parametrize("problem", ["cliff", "rosenbrock", "finite_sum"])
def test_the_estimated_size_of_an_answer_is_about_right(form: ArrayForm, axes: Any, problem: str) -> None:
    body = {"experiment": experiment(n_steps=400, problem={"kind": problem}), "axes": axes}
    ask = read_run_ask(body, form)
    size = sum(len(part) for part in simulate_job(ask.as_data()) if part is not None)
    assert 0.4 < size / ask.estimate().answer_bytes < 2.1


@pytest.mark.parametrize("form", ["list", "base64"])
def test_the_estimated_size_of_a_surface_is_about_right(form: ArrayForm) -> None:
    ask = read_surface_ask({"problem": {"kind": "beale"}}, form)
    size = sum(len(part) for part in surface_job(ask.as_data()) if part is not None)
    assert 0.4 < size / ask.estimate().answer_bytes < 2.1


def training(form: ArrayForm = "list", **changes: Any) -> RunAsk:
    body = {"problem": {"kind": "tanh_rnn"}, "task": {"kind": "sine"}, "n_steps": 40, "variants": NAMED, **changes}
    return read_run_ask({"experiment": body}, form)


def test_more_of_anything_costs_more_in_a_training_too() -> None:
    base = training().estimate()
    dearer = [
        training(n_steps=80),
        training(problem={"kind": "lstm"}),
        training(problem={"kind": "tanh_rnn", "params": {"hidden_size": 32}}),
        training(problem={"kind": "tanh_rnn", "params": {"layer_norm": True}}),
        training(task={"kind": "sine", "params": {"batch_size": 64}}),
        training(task={"kind": "sine", "params": {"sequence_length": 100}}),
        training(variants=[*NAMED, {"name": "b", "clip": {"kind": "norm"}}]),
    ]
    assert all(other.estimate().seconds > base.seconds for other in dearer)
    assert training(n_steps=80).estimate().answer_bytes > base.answer_bytes


@pytest.mark.parametrize("form", ["list", "base64"])
@pytest.mark.parametrize("kind", ["tanh_rnn", "lstm"])
@pytest.mark.parametrize("task", ["adding", "copying"])
def test_the_estimated_size_of_a_training_is_about_right(form: ArrayForm, kind: str, task: str) -> None:
    problem = {"kind": kind, "params": {"hidden_size": 2}}
    ask = training(form, problem=problem, task={"kind": task, "params": {"batch_size": 2}})
    for job in (simulate_job, stream_job):
        size = sum(len(part) for part in job(ask.as_data()) if part is not None)
        assert 0.3 < size / ask.estimate().answer_bytes < 2.1


def test_at_the_limit_nothing_is_refused() -> None:
    refuse_if_over(Estimate(2.0, 100.0), 2.0, 100.0, lambda _fits: LOWER)


@pytest.mark.parametrize(("price", "limit"), [(Estimate(2.01, 1.0), 2.0), (Estimate(1.0, 101.0), 100.0)])
def test_above_a_limit_both_numbers_and_what_to_lower_are_said(price: Estimate, limit: float) -> None:
    with pytest.raises(CostError) as caught:
        refuse_if_over(price, 2.0, 100.0, lambda _fits: LOWER)
    assert caught.value.limit == limit < caught.value.estimate
    assert caught.value.complaints == (LOWER,)


def test_a_training_that_would_not_fit_into_memory_is_refused_however_fast_it_is() -> None:
    """One update of the smallest minibatch, but of 16 x 101 large networks."""
    body = experiment(
        problem={"kind": "lstm", "params": {"hidden_size": 64}},
        task={"kind": "adding", "params": {"sequence_length": 2, "batch_size": 1}},
        n_steps=1,
        variants=[{"name": str(n), "clip": {"kind": "norm"}} for n in range(16)],
    )
    ask = read_run_ask({"experiment": body, "axes": seeds(101)}, "base64")
    with pytest.raises(CostError, match="bytes of memory") as caught:
        refuse_if_over(ask.estimate(), 1e9, 1e12, ask.lower)
    (complaint,) = caught.value.complaints
    assert complaint.where == "axes.values"
    fewer = int(complaint.remedy.removeprefix("lower it to "))
    refuse_if_over(read_run_ask({"experiment": body, "axes": seeds(fewer)}, "base64").estimate(), 1e9, 1e12, ask.lower)


def test_the_memory_of_a_training_is_about_what_it_takes() -> None:
    """The traced peak of a run whose weights dominate lies below the estimate, and not far below."""
    body = experiment(
        problem={"kind": "lstm", "params": {"hidden_size": 48}},
        task={"kind": "adding", "params": {"sequence_length": 2, "batch_size": 1}},
        optimizer={"kind": "adam"},
        n_steps=40,
        variants=[{"name": str(n), "clip": {"kind": "norm"}} for n in range(16)],
    )
    ask = read_run_ask({"experiment": body}, "base64")
    plan = make_plan(ask.experiment)
    tracemalloc.start()
    train(plan.problem, plan.chain, plan.start, 40, seeds=plan.seeds)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.4 < peak / ask.estimate().memory < 1.0
