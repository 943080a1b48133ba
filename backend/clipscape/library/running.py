"""`run`: a scenario in, a `Result` out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from clipscape.finished import Progress, finish
from clipscape.library.results import Result
from clipscape.library.scenarios import Scenario, Source
from clipscape.plan import Plan, make_plan
from clipscape.problems.base import Problem
from clipscape.readable_base import DEFAULT


def run(source: Source | Problem, /, *, progress: Progress | None = None, **values: Any) -> Result:
    """Run a scenario, or a problem of your own, and return what happened.

    `source` is whatever `Scenario.read` takes, or what `clipscape.problem` returned. `values` are those of
    `Scenario.using`: `learning_rate=0.2, threshold=1, clips=["none", "norm"]`. `progress(done, total)` is called now
    and then. The same arguments give the same numbers, whatever else happens. Raises `ScenarioError` where the
    scenario cannot be used. A network may take minutes: nothing is limited here but memory.

    >>> import clipscape
    >>> result = clipscape.run("leash-or-cap", threshold=0.5)
    >>> print(result["Norm"].status, result["Norm"].loss.shape)
    converged (301,)
    """
    if isinstance(source, Problem):
        return Result(finish(_plan_of(source, values), progress), None)
    scenario = Scenario.read(source).using(**values) if values else Scenario.read(source)
    return Result(finish(make_plan(scenario.document.experiment), progress), scenario)


def _plan_of(problem: Problem, values: dict[str, Any]) -> Plan:
    """Lay out a comparison on a problem of the caller's own; everything but the problem is the default, or `values`."""
    own = [name for name in values if name == "start" or name.split("__")[0] in ("problem", "preset", "task", "init")]
    if own:
        raise ValueError(f"{own[0]} is part of your problem: give it to clipscape.problem")
    stand_in = Scenario.from_dict(DEFAULT).using(problem="quadratic").using(**values)
    plan = make_plan(stand_in.document.experiment)
    return replace(plan, problem=problem, start=np.tile(np.array(problem.start), (plan.rows, 1)))
