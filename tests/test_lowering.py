"""A refusal names a number and a value: with it the request fits, with one more it does not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from clipscape.asks import read_run_ask, read_surface_ask
from clipscape.complaints import Complaint
from clipscape.cost import CostError, Estimate, refuse_if_over
from clipscape.lowering import Lowerable, what_to_lower
from conftest import experiment

NETWORK = {
    "problem": {"kind": "lstm", "params": {"hidden_size": 64}},
    "task": {"kind": "adding", "params": {"sequence_length": 200, "batch_size": 64}},
    "optimizer": {"kind": "adam"},
    "n_steps": 2000,
    "variants": [{"name": str(n), "clip": {"kind": "norm"}} for n in range(4)],
}
SEEDS = {"path": "seed", "values": list(range(101))}
AUTO = [{"name": str(n), "clip": {"kind": "autoclip"}} for n in range(16)]
LANDSCAPE = {"problem": {"kind": "recurrent_unit"}, "resolution": 256}


def ask_of(body: dict[str, Any]) -> Any:
    surface = "problem" in body or "resolution" in body
    return (read_surface_ask if surface else read_run_ask)(body, "base64")


def changed(body: dict[str, Any], where: str, value: int) -> dict[str, Any]:
    """Return the body with the number at a dotted path replaced; of a list, with its first `value` items."""
    first, _, rest = where.partition(".")
    old = body[first]
    if rest:
        return {**body, first: changed(old, rest, value)}
    return {**body, first: old[:value] if isinstance(old, list) else value}


@pytest.mark.parametrize(
    ("body", "seconds", "where"),
    [
        ({"experiment": experiment(n_steps=5000)}, 0.05, "experiment.n_steps"),
        ({"experiment": experiment(n_steps=500, variants=AUTO), "axes": SEEDS}, 0.3, "axes.values"),
        ({"experiment": experiment(n_steps=5000, variants=AUTO), "axes": SEEDS}, 0.15, "experiment.n_steps"),
        (LANDSCAPE, 0.02, "resolution"),
        ({"experiment": NETWORK}, 60.0, "experiment.n_steps"),
        ({"experiment": NETWORK, "plane": {"kind": "path"}}, 60.0, "experiment.n_steps"),
        ({"experiment": {**NETWORK, "n_steps": 2}}, 0.5, "experiment.problem.params.hidden_size"),
        ({"experiment": {**NETWORK, "n_steps": 10}, "resolution": 100}, 60.0, "resolution"),
    ],
)
def test_with_the_number_that_is_named_it_fits_and_with_one_more_it_does_not(
    body: dict[str, Any], seconds: float, where: str
) -> None:
    ask = ask_of(body)
    assert ask.estimate().seconds > seconds
    with pytest.raises(CostError) as caught:
        refuse_if_over(ask.estimate(), seconds, 1e12, ask.lower)
    (complaint,) = caught.value.complaints
    assert complaint.where == where
    value = int(re.fullmatch(r"lower it to (\d+)", complaint.remedy)[1])  # type: ignore[index]
    assert ask_of(changed(body, where, value)).estimate().seconds <= seconds
    assert ask_of(changed(body, where, value + 1)).estimate().seconds > seconds


def test_an_answer_that_is_too_large_is_lowered_by_its_size() -> None:
    ask = ask_of({"experiment": experiment(n_steps=5000)})
    with pytest.raises(CostError) as caught:
        refuse_if_over(ask.estimate(), 1e12, 100_000, ask.lower)
    steps = int(caught.value.complaints[0].remedy.rsplit(" ", 1)[1])
    assert ask_of({"experiment": experiment(n_steps=steps)}).estimate().answer_bytes <= 100_000
    assert ask_of({"experiment": experiment(n_steps=steps + 1)}).estimate().answer_bytes > 100_000


def test_where_no_single_number_is_enough_something_else_is_said() -> None:
    otherwise = Complaint("variants", "are too many", "ask for fewer")
    numbers = [Lowerable("n", 1, 10, lambda value: Estimate(100.0 + value, 0.0)), Lowerable("m", 5, 4, lambda _v: NONE)]
    assert what_to_lower(numbers, lambda price: price.seconds < 50, otherwise) is otherwise


NONE = Estimate(0.0, 0.0)


@pytest.mark.parametrize("limit", range(1, 12))
def test_the_largest_that_fits_is_found(limit: int) -> None:
    number = Lowerable("n", 1, 10, lambda value: Estimate(float(value), 0.0))
    assert number.largest(lambda price: price.seconds <= limit) == min(limit, 10)
