"""Three to five words per row: what a panel says first. The sentence in `explain` gives the numbers."""

from __future__ import annotations

from functools import singledispatch

from clipscape.outcomes import Bounded, Converged, Descending, Diverged, Outcome, Stalled

_BOUNDED = {
    "floor": "Jumps to and fro",
    "noise": "Kept moving by noise",
    "wandering": "Bounded, not settled",
    "rising": "Loss still rising",
}


def headline(outcome: Outcome) -> str:
    """Return the headline of a row. A throw is told first unless the row converged or diverged all the same."""
    if outcome.thrown is not None and not isinstance(outcome, Converged | Diverged):
        return f"Thrown out at step {outcome.thrown.step}"
    return _headline(outcome)


@singledispatch
def _headline(outcome: Outcome) -> str:
    raise TypeError(f"no headline for {type(outcome).__name__}")


@_headline.register
def _(outcome: Converged) -> str:
    return f"Converged by step {outcome.step}"


@_headline.register
def _(outcome: Diverged) -> str:
    return f"Diverged at step {outcome.step}"


@_headline.register
def _(outcome: Stalled) -> str:
    return f"Stalled since step {outcome.step}"


@_headline.register
def _(outcome: Descending) -> str:
    return "Still descending"


@_headline.register
def _(outcome: Bounded) -> str:
    if outcome.reason == "cycle":
        return f"Repeats every {outcome.period} steps"
    return _BOUNDED[outcome.reason or "wandering"]
