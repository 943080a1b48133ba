"""The reference pages in `docs/`, written from the catalogue and the settings: `python -m clipscape.reference docs`.

A test compares the pages with what this module writes, so they cannot fall behind the code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from clipscape.catalog import Entry, Parameter, ParameterValue
from clipscape.exports.columns import COLUMNS, LEADING, Column
from clipscape.families import FAMILIES, Family
from clipscape.problems.base import Problem
from clipscape.settings import PREFIX, Settings

INTRODUCTION = """\
# Reference

Everything that a scenario can name: what it computes, its parameters, and where it comes from. This page is written by
`make docs` from the catalogue that also drives the page, the API and the checks of its input.

In the formulas $g$ is the gradient that reaches the rule, $\\hat{g}$ what it passes on, $w$ the parameters, $t$ the
step, and $\\eta$ the learning rate; a step ends with $w \\leftarrow w - \\eta_t \\, d$, where $d$ is the optimizer's
direction. All arithmetic is in double precision.
"""

FAMILY_TEXTS = {
    "problem": (
        "Problems",
        "What is minimised: `experiment.problem`. Gradients are analytic and tested against finite differences.",
    ),
    "clip": (
        "Clipping rules",
        "What is compared: `clip` of a variant. `position` says whether the rule works on the gradient (`before`, the "
        "default) or on the optimizer's direction (`after`).",
    ),
    "optimizer": (
        "Optimizers",
        "How the clipped gradient becomes a direction: `experiment.optimizer`, or a variant's own.",
    ),
    "schedule": (
        "Learning-rate schedules",
        "A factor for the learning rate at each step: `experiment.schedule`, or a variant's own.",
    ),
    "noise": ("Noise", "Added to the gradient before anything else: `experiment.noise`. The same for all variants."),
    "weight_decay": ("Weight decay", "Where the pull towards zero enters: `experiment.weight_decay`."),
    "task": (
        "Tasks",
        "What a network is trained to do: `experiment.task`. Only where the problem is a network; without it the "
        "adding problem.",
    ),
    "init": (
        "First weights",
        "How a network's weights begin: `experiment.init`. Only where the problem is a network, which has no `start`; "
        "without it the uniform ones.",
    ),
    "plane": (
        "Planes",
        "How a picture of the loss is laid through the weights of a network: `plane` of a request for a surface, and "
        "`view.plane`. Every plane says how much of the paths it holds and how far they leave it.",
    ),
}


def catalogue_page() -> str:
    """Return `docs/reference.md`."""
    return "\n".join([INTRODUCTION, *contents(), *(line for family in FAMILIES.values() for line in section(family))])


def contents() -> Iterator[str]:
    """Yield one line per family with links to its entries."""
    for family in FAMILIES.values():
        links = ", ".join(f"[{entry.label}](#{anchor(family, entry)})" for entry in family.catalog.values())
        yield f"- **{FAMILY_TEXTS[family.key][0]}**: {links}"
    yield ""


def anchor(family: Family, entry: Entry) -> str:
    """Return the id that links of the contents lead to; kinds repeat across families, so both names are in it."""
    return f"{family.key}-{entry.kind}".replace("_", "-")


def section(family: Family) -> Iterator[str]:
    """Yield the lines of one family."""
    title, text = FAMILY_TEXTS[family.key]
    yield from (f"## {title}", "", text, "")
    for entry in family.catalog.values():
        yield from (f'<a id="{anchor(family, entry)}"></a>', "", f"### {entry.label}: `{entry.kind}`", "")
        yield from (entry.help, "", "```math", entry.formula, "```", "")
        if family.key == "problem" and entry.traits.get("group") != "network":
            yield from (facts(entry.make(**entry.defaults())), "")
        yield from parameter_table(entry.parameters)
        yield from (f"Source: {entry.source}", "")


def facts(problem: Problem) -> str:
    """Say where a problem is shown, where it starts and where its minimum is."""
    window = " x ".join(f"[{low:g}, {high:g}]" for low, high in problem.window)
    minimizers = " and ".join(point(p) for p in problem.minimizers) or "no single point"
    value = "unknown" if problem.optimal_value is None else decimal(problem.optimal_value)
    return f"With its defaults: window {window}, start {point(problem.start)}; minimum at {minimizers}, value {value}."


def point(coordinates: Iterable[float]) -> str:
    """Write a point: `(1.6, 0.9)`."""
    return "(" + ", ".join(map(decimal, coordinates)) + ")"


def decimal(number: float) -> str:
    """Write a number to six decimals: what was found by iteration is the same on every processor that far."""
    return f"{round(number, 6) + 0.0:g}"


def parameter_table(parameters: Iterable[Parameter]) -> Iterator[str]:
    """Yield a table of the parameters, or nothing when there are none."""
    rows = [f"| `{p.name}` | {p.label} | {shown(p.default)} | {accepted(p)} | {cell(p.help)} |" for p in parameters]
    if rows:
        yield from ("| parameter | on the page | default | accepted | meaning |", "|---|---|---|---|---|", *rows, "")


def accepted(parameter: Parameter) -> str:
    """Say which values a parameter takes."""
    if parameter.type == "choice":
        return " or ".join(shown(choice) for choice in parameter.choices)
    if parameter.type == "bool":
        return "true or false"
    low = "" if parameter.low is None else f"from {parameter.low:g} "
    high = "" if parameter.high is None else f"to {parameter.high:g}"
    kind = "whole numbers " if parameter.type == "int" else ""
    return (kind + low + high).strip() or "any number"


def shown(value: ParameterValue) -> str:
    """Write a value as it stands in a scenario."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else value


def cell(text: str) -> str:
    """Escape what would end a table cell."""
    return text.replace("|", "\\|")


SETTINGS_INTRODUCTION = """\
# Settings

Every option of the server is an environment variable. A misspelt name stops the server with a message; nothing is
ignored in silence. `clipscape config` prints the values in force. The limits among them are also what
`GET /api/v1/limits` answers. This page is written by `make docs` from the table in `settings.py`.

| variable | default | meaning |
|---|---|---|
"""


def settings_page() -> str:
    """Return `docs/settings.md`."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {default_of(field)} | {cell(field.description or '')} |"
        for name, field in Settings.model_fields.items()
    ]
    return SETTINGS_INTRODUCTION + "\n".join(rows) + "\n"


def default_of(field: FieldInfo) -> str:
    """Write the default of a setting; one that depends on the machine is explained in its meaning."""
    if field.default_factory is not None or not str("" if field.default is None else field.default):
        return ""
    return f"`{field.default}`"


COLUMNS_INTRODUCTION = """\
# Columns of an exported table

`clipscape export csv`, `Result.to_csv()` and `Result.to_frame()` write one line per variant and point, in the order of
the variants. The first line names the columns. Lengths, coordinates and losses are in the units of the problem. A cell
is empty where the quantity does not exist: after the last update, or between two probes of a network. A variant that
diverged ends where it stopped. Numbers have the shortest digits that read back to the same double; `inf` is infinity.
`_0`, `_1` number the coordinates, `[tensor]` stands for the name of a tensor. This page is written by `make docs` from
the table that also writes the files.

| column | unit | in runs of | meaning |
|---|---|---|---|
"""


def columns_page() -> str:
    """Return `docs/columns.md`."""
    leading = [f"| `{name}` | | both | {text} |" for name, text in LEADING]
    return COLUMNS_INTRODUCTION + "\n".join([*leading, *map(_column_line, COLUMNS)]) + "\n"


def _column_line(column: Column) -> str:
    names = {"": column.stem, "coordinate": f"{column.stem}_0`, `{column.stem}_1", "tensor": f"{column.stem}[tensor]"}
    family = "both" if column.family == "both" else f"{column.family}s"
    return f"| `{names[column.per]}` | {column.unit} | {family} | {cell(column.meaning)} |"


def pages() -> dict[str, str]:
    """Return file name -> text of every generated page."""
    return {"reference.md": catalogue_page(), "settings.md": settings_page(), "columns.md": columns_page()}


def main(folder: str) -> None:
    """Write the pages into `folder`."""
    for name, text in pages().items():
        Path(folder, name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
