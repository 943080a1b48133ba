"""Running exported scripts in tests."""

from __future__ import annotations

import ast
import builtins
import inspect
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
