"""How anything selectable is described: one function plus one `Entry` makes a choice.

The same entry validates the document, answers `GET /api/v1/catalog`, builds the controls of the page, writes the
reference in `docs/` and drives the contract tests. Nothing else lists the available kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Number = int | float
ParameterValue = int | float | bool | str
Scale = Literal["linear", "log"]


@dataclass(frozen=True)
class Parameter:
    """One adjustable value of an `Entry`.

    `low` and `high` are inclusive bounds of what is *accepted*; `slider_low` and `slider_high` are what the page offers
    on its slider (None: the bounds themselves). `scale` says how the slider is spaced. `role` marks
    parameters that the page links across entries: "threshold" and "learning_rate".
    """

    name: str
    label: str
    default: ParameterValue
    help: str
    type: Literal["float", "int", "bool", "choice"] = "float"
    low: float | None = None
    high: float | None = None
    scale: Scale = "linear"
    slider_low: float | None = None
    slider_high: float | None = None
    choices: tuple[ParameterValue, ...] = ()
    role: Literal["threshold", "learning_rate"] | None = None
    symbol: str = ""
    """How it is written in a formula."""

    def problem_with(self, value: object) -> str | None:
        """Say in a few words why `value` is not acceptable, or return None when it is."""
        if self.type == "bool":
            return None if isinstance(value, bool) else "must be true or false"
        if self.type == "choice":
            allowed = ", ".join(str(choice) for choice in self.choices)
            matches = [c for c in self.choices if type(c) is type(value) or _both_numbers(c, value)]
            return None if value in matches else f"must be one of {allowed}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "must be a number"
        if self.type == "int" and float(value) != int(value):
            return "must be a whole number"
        if self.low is not None and value < self.low:
            return f"must be at least {self.low:g}"
        if self.high is not None and value > self.high:
            return f"must be at most {self.high:g}"
        return None


def _both_numbers(left: object, right: object) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in (left, right))


@dataclass(frozen=True)
class Line:
    """One line of the arithmetic of an update: `symbol` becomes `formula`, coordinate by coordinate.

    A formula is made of + - * / ^, `sqrt()` and parentheses over numbers, parameters by name, `g` (what was received),
    `w` (the params), `t` (the number of this update, from 1) and the symbols of the entry's lines. On the right of its
    own line a symbol is the value before the update. The page shows each line with its numbers, and a test computes it.
    """

    symbol: str
    label: str
    formula: str


@dataclass(frozen=True)
class Lines:
    """How other libraries spell a clip or an optimizer; "" where they have no words for it.

    `{max_norm}` and the like stand for the parameters. Keras takes a clip as an argument of its optimizer, so `keras`
    of a clip is that argument. `note` says where a library's arithmetic differs. PyTorch's own line gives the numbers
    of Clipscape only `torch_when` the parameters have these values (None: never).
    """

    torch: str = ""
    keras: str = ""
    optax: str = ""
    note: str = ""
    torch_when: Mapping[str, ParameterValue] | None = None


@dataclass(frozen=True)
class Entry:
    """A selectable kind: what it is called, what it does, how it is made, and where it comes from.

    `make` receives the parameters by name. For landscapes they are plain numbers; for everything that works
    on rows they are arrays with one number per row. `formula` is LaTeX without delimiters. `source` is a
    citation a reader can follow. `traits` holds facts that only one family needs (for clippers the `shape` that the
    page draws, for problems whether they are stochastic, and so on). `lines` tells what an optimizer or a weight decay
    does with one gradient; the symbol of the last line is what it passes on, those before are its memory. `plain` is
    the same for one run in plain numpy, from `clipscape.plain`: its source goes into exported scripts. A landscape has
    loss and gradient (a finite sum: loss, examples and points); a network has the sums and the step of its cell, each
    with its way back, without layer normalisation and then with it; everything else has one function that takes the
    parameters, and a clip that takes a network's tensors apart has a second for that. `spelled` is how other libraries
    write it.
    """

    kind: str
    label: str
    help: str
    make: Callable[..., Any]
    formula: str
    source: str
    parameters: tuple[Parameter, ...] = ()
    traits: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    plain: tuple[Callable[..., Any], ...] = ()
    spelled: Lines = Lines()

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter called `name`, or None."""
        return next((p for p in self.parameters if p.name == name), None)

    def defaults(self) -> dict[str, ParameterValue]:
        """Return every parameter with its default value."""
        return {p.name: p.default for p in self.parameters}

    def with_role(self, role: str) -> Parameter | None:
        """Return the parameter that plays `role` ("threshold", "learning_rate"), or None."""
        return next((p for p in self.parameters if p.role == role), None)


Catalog = Mapping[str, Entry]


def catalog(*entries: Entry) -> Catalog:
    """Index entries by kind; a kind that is used twice is an error."""
    index = {entry.kind: entry for entry in entries}
    if len(index) != len(entries):
        raise ValueError("two catalogue entries share a kind")
    return index
