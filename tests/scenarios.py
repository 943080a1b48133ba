"""Scenarios for tests: run one, build one briefly, or draw random ones over everything the catalogue offers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from clipscape.axes import effective
from clipscape.catalog import Entry, Parameter
from clipscape.explain import Verdict, explain
from clipscape.families import FAMILIES
from clipscape.plan import Plan, make_plan
from clipscape.problems import PROBLEMS
from clipscape.records import Run
from clipscape.simulation import simulate
from clipscape.understanding import read_scenario


def run_document(document: dict[str, Any]) -> tuple[Plan, Run, list[Verdict]]:
    """Read, run and explain a document."""
    plan = make_plan(read_scenario(document).experiment)
    run = simulate(plan.problem, plan.chain, plan.start, plan.experiment.n_steps, seeds=plan.seeds)
    return plan, run, explain(plan, run)


def reach(plan: Plan, row: int) -> float:
    """Learning rate of the last step x threshold, worked out from the document alone."""
    clip = effective(plan.experiment, row, "clip")
    threshold = FAMILIES["clip"].catalog[clip.kind].with_role("threshold")
    optimizer, schedule = effective(plan.experiment, row, "optimizer"), effective(plan.experiment, row, "schedule")
    if threshold is None:
        return float("nan")
    make = FAMILIES["schedule"].catalog[schedule.kind].make
    n_steps = plan.experiment.n_steps
    factor = make(**{k: np.array([float(v)]) for k, v in schedule.params.items()})(np.arange(n_steps), n_steps)
    return float(optimizer.params["learning_rate"] * factor[-1, 0] * clip.params[threshold.name])


def document(problem: str, *clips: dict[str, Any], learning_rate: float, **experiment: Any) -> dict[str, Any]:
    """Build a scenario of gradient descent from keyword arguments; `params` are the problem's."""
    parts = {
        "problem": {"kind": problem, "params": experiment.pop("params", {})},
        "optimizer": {"kind": "sgd", "params": {"learning_rate": learning_rate}},
        "variants": [{"name": f"variant {index}", "clip": clip} for index, clip in enumerate(clips)],
    }
    return {"version": 1, "experiment": {**parts, **experiment}}


def clip(kind: str, **params: Any) -> dict[str, Any]:
    """Build a clipping rule from keyword arguments."""
    return {"kind": kind, "params": params}


def values(p: Parameter) -> st.SearchStrategy[Any]:
    """Return values that the page offers for a parameter."""
    if p.type == "choice":
        return st.sampled_from(p.choices)
    if p.type == "bool":
        return st.booleans()
    low, high = float(p.low or 0.0), float(p.high or 1.0)
    low, high = (low if p.slider_low is None else p.slider_low), (high if p.slider_high is None else p.slider_high)
    if p.type == "int":
        return st.integers(int(low), int(high))
    if p.scale == "log":
        return st.floats(math.log(low), math.log(high)).map(lambda x: float(f"{math.exp(x):.4g}"))
    return st.floats(low, high).map(lambda x: min(high, max(low, float(f"{x:.4g}"))))


def choices(key: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return choices of a family: any kind, some parameters given and the others left to their defaults."""
    return st.sampled_from(list(FAMILIES[key].catalog.values())).flatmap(choice)


def choice(entry: Entry) -> st.SearchStrategy[dict[str, Any]]:
    """Return choices of one kind."""
    params = st.fixed_dictionaries({}, optional={p.name: values(p) for p in entry.parameters})
    return params.map(lambda given: {"kind": entry.kind, "params": given})


@st.composite
def clips(draw: st.DrawFn, *, examples: bool) -> dict[str, Any]:
    """Return a clipping rule that fits the problem, before or after the optimizer."""
    catalog = FAMILIES["clip"].catalog
    fitting = [entry for entry in catalog.values() if examples or not entry.traits.get("per_example")]
    clip = draw(st.sampled_from(fitting).flatmap(choice))
    positions = catalog[clip["kind"]].traits.get("positions", ("before", "after"))
    return {**clip, "position": draw(st.sampled_from(positions))}


@st.composite
def documents(draw: st.DrawFn, max_steps: int = 300) -> dict[str, Any]:
    """Return whole scenario documents; half of them without noise and with gradient descent, where cycles live."""
    problem = draw(st.sampled_from(list(PROBLEMS.values())).flatmap(choice))
    made = PROBLEMS[problem["kind"]]
    landscape = made.make(**{**made.defaults(), **problem["params"]})
    plain = draw(st.booleans())
    start = [draw(st.floats(low, high).map(lambda x: round(x, 3))) for low, high in landscape.window]
    count = draw(st.integers(1, 3))
    clip = clips(examples=landscape.examples is not None)
    experiment = {
        "problem": problem,
        "start": start,
        "optimizer": draw(choice(FAMILIES["optimizer"].catalog["sgd"]) if plain else choices("optimizer")),
        "n_steps": draw(st.integers(1, max_steps)),
        "seed": draw(st.integers(0, 99)),
        "variants": [{"name": f"variant {index}", "clip": draw(clip)} for index in range(count)],
    }
    others = ("schedule", "noise", "weight_decay")
    experiment.update({} if plain else {key: draw(choices(key)) for key in others})
    return {"version": 1, "experiment": experiment}
