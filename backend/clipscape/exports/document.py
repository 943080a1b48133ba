"""A run as one JSON document: the scenario that made it, and everything that was recorded."""

from __future__ import annotations

from typing import Any

import numpy as np

from clipscape import ENGINE_VERSION, __version__
from clipscape.exports.columns import columns_of
from clipscape.finished import Finished
from clipscape.outcome_answers import verdict_answer
from clipscape.scenario import Scenario


def document_of(scenario: Scenario, finished: Finished) -> dict[str, Any]:
    """Return scenario and run; arrays are numpy's, so write it with `wire.dump_json`.

    `scenario` opens in Clipscape as it is. A variant's series end where it stopped, as in the answer of `/simulate`.
    """
    return {
        "clipscape": __version__,
        "engine": ENGINE_VERSION,
        "scenario": scenario.as_data(),
        "run": {"variants": [_variant(finished, row) for row in range(finished.plan.rows)]},
    }


def _variant(finished: Finished, row: int) -> dict[str, Any]:
    return {
        "name": finished.names[row],
        **verdict_answer(finished.verdicts[row]),
        "series": series_of(finished, row),
        **_probes(finished, row),
    }


def series_of(finished: Finished, row: int) -> dict[str, Any]:
    """Return what was recorded of one variant at every step or point, up to where it stopped."""
    steps = int(finished.run.n_steps[row])
    columns = [column for column in columns_of(finished.plan.problem) if not column.of_probe]
    return {c.field: np.ascontiguousarray(c.of_run(finished.run)[: steps + c.at_points, row]) for c in columns}


def _probes(finished: Finished, row: int) -> dict[str, Any]:
    """What was recorded of a network now and then."""
    columns = [column for column in columns_of(finished.plan.problem) if column.of_probe]
    if not columns:
        return {}
    steps = finished.run.probes.steps  # type: ignore[union-attr]
    reached = steps <= finished.run.n_steps[row]
    numbers = {c.field: np.ascontiguousarray(c.of_run(finished.run)[reached, row]) for c in columns}
    return {"probes": {"steps": steps[reached], **numbers}}
