"""Running exported scripts in tests."""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def names_used(function: Any) -> set[str]:
    """The names that a function takes from outside."""
    tree = ast.parse(inspect.getsource(function))
    nodes = list(ast.walk(tree))
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return used - own - set(dir(builtins))


def run_script(text: str) -> dict[str, Any]:
    """Run a script as a module; return its runs."""
    names: dict[str, Any] = {"__name__": "script"}
    exec(compile(text, "script.py", "exec"), names)
    return dict(names["runs"])


def difference(theirs: Any, ours: Any) -> float:
    """Largest difference, relative to the largest number: near a minimum a loss is what is left of larger ones."""
    same = (theirs == ours) | (np.isnan(theirs) & np.isnan(ours))
    with np.errstate(all="ignore"):
        return float(np.where(same, 0.0, np.abs(theirs - ours)).max(initial=0.0) / np.abs(ours).max(initial=1e-300))


def assert_same_series(
    runs: Mapping[str, Any],
    result: Mapping[str, Any],
    series: Mapping[str, str],
    tolerance: float,
    limits: Callable[[], list[int]],
) -> None:
    """Compare the series of a script (its name -> the engine's) of every variant.

    Only where a number is off, `limits()` tells for each variant how many numbers can be asked of another program.
    """
    assert list(runs) == list(result)
    for place, (name, script) in enumerate(runs.items()):
        for key, of_engine in series.items():
            theirs, ours = np.asarray(script[key]), np.asarray(getattr(result[name], of_engine))
            if theirs.shape == ours.shape and difference(theirs, ours) <= tolerance:
                continue
            limit = limits()[place]
            assert limit < len(ours), (name, key, "differs, and the run magnifies nothing")
            assert len(theirs) >= limit
            assert difference(theirs[:limit], ours[:limit]) <= tolerance, (name, key)
