"""Drive one transform by hand: what the loop does, without a problem and without a learning rate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clipscape.catalog import Entry
from clipscape.transforms import RowContext, Transform

Array = npt.NDArray[np.float64]


def drive(
    transform: Transform, grads: Array, params: Array | None = None, seeds: list[int] | None = None, n_steps: int = 5000
) -> Array:
    """Feed `grads` `(steps, dim, rows)` through `transform`; return what it passed on, same shape."""
    steps, dim, rows = grads.shape
    fixed = np.zeros((steps, dim, rows)) if params is None else params
    context = RowContext(dim=dim, rows=rows, n_steps=n_steps, seeds=np.array(seeds or [0] * rows, dtype=np.int64))
    state = transform.init(context)
    outputs = np.full_like(grads, np.nan)
    with np.errstate(all="ignore"):
        for step in range(steps):
            before = grads[step].copy()
            transform.update(grads[step], state, fixed[step], outputs[step])
            assert np.array_equal(grads[step], before, equal_nan=True), "a transform must not modify its input"
    return outputs


def scalar_run(transform: Transform, grads: list[float]) -> Array:
    """Feed a sequence of one-dimensional gradients through a transform of one row; return the sequence it passed on."""
    return drive(transform, np.array(grads, dtype=np.float64)[:, None, None])[:, 0, 0]


def row(*values: float) -> Array:
    """Return parameters of that many rows."""
    return np.array(values, dtype=np.float64)


def spread_parameters(entry: Entry, rows: int) -> dict[str, Array]:
    """Return parameters for an entry: a different value in every row, within what is accepted (choices: in turn)."""
    generator = np.random.default_rng(5)
    spread: dict[str, Array] = {}
    for p in entry.parameters:
        if p.type == "choice":
            spread[p.name] = np.resize(np.array(p.choices, dtype=np.float64), rows)
            continue
        low = float(p.low if p.slider_low is None else p.slider_low)  # type: ignore[arg-type]
        high = float(p.high if p.slider_high is None else p.slider_high)  # type: ignore[arg-type]
        share = generator.random(rows)
        values = np.exp(np.log(low) + share * np.log(high / low)) if p.scale == "log" else low + share * (high - low)
        spread[p.name] = np.round(values) if p.type == "int" else values
    return spread


def defaults(entry: Entry, rows: int = 1) -> dict[str, Array]:
    """Return the default parameters of an entry for that many rows."""
    return {name: np.full(rows, float(value)) for name, value in entry.defaults().items()}


def entry_problems(entry: Entry) -> list[str]:
    """Say what is wrong with a catalogue entry as a description of a control; empty when all is well."""
    found = [f"{name} is empty" for name in ("label", "help", "formula", "source") if not getattr(entry, name)]
    found += [f"{p.name}: default {p.problem_with(p.default)}" for p in entry.parameters if p.problem_with(p.default)]
    for p in (p for p in entry.parameters if p.type in ("float", "int")):
        low = p.low if p.slider_low is None else p.slider_low
        high = p.high if p.slider_high is None else p.slider_high
        if low is None or high is None or not p.help.endswith("."):
            found.append(f"{p.name}: no bounds or no sentence")
        elif not (p.low <= low <= float(p.default) <= high <= p.high):  # type: ignore[operator]
            found.append(f"{p.name}: default outside its slider")
        elif p.scale == "log" and low <= 0:
            found.append(f"{p.name}: a log slider cannot start at {low}")
    return found
