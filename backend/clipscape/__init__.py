"""Clipscape: see what gradient clipping does.

>>> import clipscape
>>> print(clipscape.run("leash-or-cap")["Norm"].status)
converged
"""

import importlib

ENGINE_VERSION = "1"
"""Changes whenever the same experiment may give different numbers; part of every ETag and cache key."""

__version__ = "0.1.0"

_OFFERED = {
    "Scenario": "library.scenarios",
    "ScenarioError": "complaints",
    "Result": "library.results",
    "run": "library.running",
    "Map": "library.sweeps",
    "sweep": "library.sweeps",
    "problem": "library.custom",
}
"""What the library offers, and the module of this package that has it: loaded when first asked for."""

__all__ = ["ENGINE_VERSION", "__version__", *_OFFERED]


def __getattr__(name: str) -> object:
    """Fetch what the library offers; the types are in `__init__.pyi`."""
    if name not in _OFFERED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_OFFERED[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
