"""`sweep`: how every run of a map of settings ends."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import orjson

from clipscape.library.scenarios import Scenario, Source
from clipscape.sweeps.answers import start_answer
from clipscape.sweeps.ask import read_sweep_ask
from clipscape.sweeps.computing import compute_tile
from clipscape.sweeps.cutting import tiles
from clipscape.wire import decode_array

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

Array = npt.NDArray[Any]
Side: TypeAlias = str | tuple[str, float, float] | Mapping[str, Any]
"""An axis: a path; a path with its lowest and highest value; or {"path", "low", "high", "scale"}."""

SHORT = {"threshold": "variants.*.threshold", "learning_rate": "variants.*.learning_rate"}
"""Short names of the usual axes."""

Words: TypeAlias = Mapping[str, str]
"""By outcome, what it is called."""
OF_LANDSCAPES: Words = {
    "converged": "Converged",
    "bounded": "Bounded",
    "stalled": "Stalled",
    "descending": "Still descending",
    "thrown": "Thrown out",
    "diverged": "Diverged",
}
OF_NETWORKS: Words = {
    "converged": "Solved",
    "bounded": "Not solved",
    "stalled": "Stuck",
    "descending": "Still learning",
    "diverged": "Diverged",
}


@dataclass(frozen=True)
class Axis:
    """One side of a map."""

    path: str
    label: str
    scale: str
    values: Array


class Map(Mapping[str, Mapping[str, Array]]):
    """How every run ended: a mapping from the variants' names to their numbers, `(len(y), len(x))` each.

    `status` holds words ("converged", "bounded", ...), `final_loss`, `steps` (until it converged, else -1),
    `clip_fraction`, `max_grad_norm` and `thrown` numbers; with several seeds also
    `share_<status>`, the share of them that ends so, and `near`, the share that stays near a minimum, at rest or not.
    Printed, it counts what the page counts, in the same words: `outcomes`.
    """

    def __init__(
        self, x: Axis, y: Axis, variants: dict[str, dict[str, Array]], statuses: tuple[str, ...], words: Words
    ) -> None:
        self.x, self.y, self.statuses = x, y, statuses
        self._variants, self.words = variants, words

    def __getitem__(self, name: str) -> Mapping[str, Array]:
        return self._variants[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variants)

    def __len__(self) -> int:
        return len(self._variants)

    def __repr__(self) -> str:
        counts = {name: [(word, (self.outcomes(name) == word).mean()) for word in self.words.values()] for name in self}
        said = {name: ", ".join(f"{word} {share:.1%}" for word, share in counts[name] if share) for name in self}
        return "\n".join(f"{name}: {shares}" for name, shares in said.items())

    def outcomes(self, name: str) -> Array:
        """How the runs of a variant ended, in the words of the page's map, `(len(y), len(x))`.

        A run that was thrown out of the window and neither came back nor diverged is told as that, whatever else its
        status is.
        """
        numbers = self[name]
        lost = numbers["thrown"] & ~np.isin(numbers["status"].astype(str), ("converged", "diverged"))
        named: Array = np.vectorize(self.words.__getitem__, otypes=[object])(
            np.where(lost, "thrown", numbers["status"])
        )
        return named

    def figure(self) -> go.Figure:
        """Return a Plotly figure with one map of outcomes per variant."""
        from clipscape.library.map_figure import figure_of_map

        return figure_of_map(self)

    def columns(self) -> dict[str, Array]:
        """Return the table: one line per variant and cell, with both values and every number."""
        names = list(next(iter(self._variants.values())))
        cells = len(self.x.values) * len(self.y.values)
        table: dict[str, Array] = {
            "variant": np.repeat(np.array(list(self), dtype=object), cells),
            self.x.path: np.tile(self.x.values, len(self.y.values) * len(self)),
            self.y.path: np.tile(np.repeat(self.y.values, len(self.x.values)), len(self)),
        }
        return table | {name: np.concatenate([self[own][name].ravel() for own in self]) for name in names}

    def to_csv(self) -> str:
        """Return the table as CSV text."""
        table, text = self.columns(), io.StringIO()
        writer = csv.writer(text)
        writer.writerow(table)
        writer.writerows(zip(*(column.tolist() for column in table.values()), strict=True))
        return text.getvalue()

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a pandas DataFrame; needs pandas."""
        try:
            import pandas as pd
        except ImportError:
            raise ImportError("to_frame() needs pandas, which is not installed: pip install pandas") from None
        return pd.DataFrame(self.columns())


def sweep(
    source: Source,
    /,
    x: Side | None = None,
    y: Side | None = None,
    *,
    resolution: int | tuple[int, int] | None = None,
    seeds: int = 1,
    progress: Callable[[int, int], None] | None = None,
    **values: Any,
) -> Map:
    """Run a scenario with every pair of values of two of its numbers, and return how each run ended.

    `x` and `y` default to the threshold and the learning rate over ranges around their present values. A path names any
    other number: "optimizer.params.momentum", "problem.params.height", "start.0". `resolution` is how many values, or
    (for x, for y), by default 64, of networks 12; `seeds` runs every cell with so many seeds. `values` change the
    scenario first, as in `run`.

    >>> import clipscape
    >>> found = clipscape.sweep("leash-or-cap", x=("threshold", 0.1, 10), resolution=8)
    >>> found["Norm"]["status"].shape
    (8, 8)
    """
    scenario = Scenario.read(source)
    scenario = scenario.using(**values) if values else scenario
    sides = {name: _body(side) for name, side in (("x", x), ("y", y)) if side is not None}
    sizes = list(resolution) if isinstance(resolution, tuple) else resolution
    body = {"version": 1, "experiment": scenario.to_dict()["experiment"], **sides}
    ask = read_sweep_ask({**body, "resolution": sizes, "seeds": seeds}, "base64")
    requests, done = tiles(ask), 0
    cells: list[Array] = []
    found: list[list[dict[str, Array]]] = [[] for _ in scenario.variants]
    for request in requests:
        tile = orjson.loads(compute_tile(request))
        cells.append(decode_array(tile["cells"]))
        for numbers, blocks in zip(found, tile["variants"], strict=True):
            shares = {f"share_{status}": share for status, share in blocks.pop("shares", {}).items()}
            numbers.append({name: decode_array(block) for name, block in {**blocks, **shares}.items()})
        done += len(cells[-1])
        if progress is not None:
            progress(done, ask.cells)
    statuses = tuple(start_answer(ask)["statuses"])
    shape, order = (len(ask.y), len(ask.x)), np.concatenate(cells)
    variants = {
        name: _laid_out(numbers, order, shape, statuses) for name, numbers in zip(scenario.variants, found, strict=True)
    }
    axes = [Axis(side.path, side.label, side.scale, np.array(side.values)) for side in (ask.x, ask.y)]
    network = scenario.document.experiment.task is not None
    return Map(axes[0], axes[1], variants, statuses, words_of(network, seeds))


def words_of(network: bool, seeds: int) -> Words:
    """Return what a map calls its outcomes, in the order of its legend, as the page does (`mapWords.js`)."""
    if network:
        return OF_NETWORKS
    return {**OF_LANDSCAPES, "thrown": "Some thrown"} if seeds > 1 else OF_LANDSCAPES


def _body(side: Side) -> dict[str, Any]:
    if isinstance(side, Mapping):
        body = dict(side)
    else:
        path, *ends = (side,) if isinstance(side, str) else side
        body = {"path": path, **dict(zip(("low", "high"), map(float, ends), strict=False))}
    return {**body, "path": SHORT.get(body.get("path", ""), body.get("path"))}


def _laid_out(
    tiles_of: list[dict[str, Array]], order: Array, shape: tuple[int, int], statuses: tuple[str, ...]
) -> dict[str, Array]:
    """Put the numbers of all tiles where they belong."""
    laid = {}
    for name in tiles_of[0]:
        joined = np.concatenate([numbers[name] for numbers in tiles_of])
        grid = np.empty(len(order), dtype=joined.dtype)
        grid[order] = joined
        laid[name] = grid.reshape(shape)
    words = np.array(statuses, dtype=object)
    return {**laid, "status": words[laid["status"].astype(int)], "thrown": laid["thrown"].astype(bool)}
