"""`Result`: what a run left behind, with numpy arrays, sentences, a figure, a table and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clipscape.exports.columns import Array
from clipscape.exports.document import document_of, series_of
from clipscape.exports.table import csv_lines, table_of
from clipscape.finished import Finished, Progress
from clipscape.library.scenarios import Scenario
from clipscape.page_files import page_folder
from clipscape.problems.base import Problem
from clipscape.wire import dump_json

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


@dataclass(frozen=True)
class VariantResult:
    """One variant of a run. Its arrays are attributes: `loss`, `params`, `grad_norm`, and all others in `series`."""

    name: str
    status: str
    """"converged", "bounded", "stalled", "descending" or "diverged"; for networks see the reference."""
    step: int | None
    """When it happened, where there is such a step."""
    headline: str
    sentence: str
    summary: Mapping[str, Any]
    series: Mapping[str, Array]
    """By the names of the API, up to where it stopped; arrays of points have one entry more than those of updates."""

    def __getattr__(self, name: str) -> Array:
        """Find the arrays of `series` as attributes."""
        if name.startswith("_") or name not in self.series:
            raise AttributeError(f"a variant has no {name}; its arrays are {', '.join(self.series)}")
        return self.series[name]


class Result(Mapping[str, VariantResult]):
    """What a run left behind: a mapping from the variants' names to what happened to each.

    >>> import clipscape
    >>> result = clipscape.run("leash-or-cap")
    >>> list(result)
    ['No clipping', 'Norm', 'Value']
    >>> result["Norm"].params.shape
    (301, 2)
    """

    def __init__(self, finished: Finished, scenario: Scenario | None) -> None:
        self._finished = finished
        self.scenario = scenario
        """None where the problem is one of your own."""

    @property
    def problem(self) -> Problem:
        """What was minimised."""
        return self._finished.plan.problem

    @cached_property
    def variants(self) -> tuple[VariantResult, ...]:
        """Every variant in the order asked."""
        return tuple(self._variant(row) for row in range(self._finished.plan.rows))

    def _variant(self, row: int) -> VariantResult:
        verdict = self._finished.verdicts[row]
        return VariantResult(
            name=self._finished.names[row],
            status=verdict.outcome.status,
            step=verdict.outcome.step,
            headline=verdict.headline,
            sentence=verdict.sentence,
            summary=asdict(verdict.summary),
            series=series_of(self._finished, row),
        )

    @property
    def sentences(self) -> dict[str, str]:
        """How every variant ended, and why, in one sentence each."""
        return {variant.name: variant.sentence for variant in self.variants}

    def __getitem__(self, name: str) -> VariantResult:
        return {variant.name: variant for variant in self.variants}[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._finished.names)

    def __len__(self) -> int:
        return len(self._finished.names)

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {sentence}" for name, sentence in self.sentences.items())

    def figure(self, *, theme: str = "light") -> go.Figure:
        """Return a Plotly figure: paths on the landscape, loss and gradient norm. `theme` is "light" or "dark".

        >>> import clipscape
        >>> len(clipscape.run("leash-or-cap").figure().data) > 3
        True
        """
        from clipscape.library.figures import figure_of

        return figure_of(self._finished, theme)

    def to_frame(self) -> pd.DataFrame:
        """Return the whole table as a pandas DataFrame, one line per variant and point; needs pandas.

        Its columns are those of the CSV file; see docs/library.md.
        """
        try:
            import pandas as pd
        except ImportError:
            raise ImportError("to_frame() needs pandas, which is not installed: pip install pandas") from None
        return pd.DataFrame(table_of(self._finished))

    def to_csv(self) -> str:
        """Return the table as CSV text: shortest digits that read back, empty where a quantity does not exist."""
        return "".join(csv_lines(self._finished))

    def to_json(self) -> bytes:
        """Return scenario and run as JSON. Raises ValueError for a problem of your own, which is no scenario."""
        if self.scenario is None:
            raise ValueError("a problem of your own is no scenario, so there is no JSON of it: save it as .csv")
        return dump_json(document_of(self.scenario.document, self._finished))

    def to_html(self, *, theme: str = "light") -> str:
        """Return a page with the figure, which needs no network."""
        return str(self.figure(theme=theme).to_html(include_plotlyjs=True))

    def to_page(self, site: str = "") -> bytes:
        """Return an HTML file that plays the run: panels, arrows, curves and player, without a network.

        `site` is the address of a Clipscape, where its link shall open. Raises ValueError for a problem of your own.

        >>> import clipscape
        >>> page = clipscape.run("leash-or-cap").to_page()
        >>> page.startswith(b"<!doctype html>"), len(page) < 1_500_000
        (True, True)
        """
        from clipscape.exports.page import page_data, page_of, title_of_page

        if self.scenario is None:
            raise ValueError("a problem of your own cannot be a page that plays: use to_html() for its figure")
        document = self.scenario.document
        data = page_data(document, self._finished, self.scenario.link(site))
        return page_of(page_folder(), title_of_page(document), data)

    def to_gif(self, *, theme: str = "light", progress: Progress | None = None) -> bytes:
        """Return an animation of the run as a GIF, 1080 pixels wide and at most 15 seconds long.

        `theme` is "light" or "dark"; `progress(done, total)` is called after every frame. Of a network, gradients
        through time grow update by update. Raises ValueError for a problem of your own.
        """
        from clipscape.exports.animation.gif import draw
        from clipscape.exports.animation.look import LOOKS

        if self.scenario is None:
            raise ValueError("a problem of your own cannot be an animation: use figure() for its figure")
        if theme not in LOOKS:
            raise ValueError('theme must be "light" or "dark"')
        drawing = draw(self.scenario.document, self._finished, theme)
        while True:
            try:
                done, total = next(drawing)
            except StopIteration as end:
                return bytes(end.value)
            if progress is not None:
                progress(done, total)

    def save(self, path: str | PathLike[str]) -> None:
        """Write a file in the format that its name ends in.

        `.csv`: the table. `.json`: scenario and run. `.html`: a page that plays the run and needs no network; of a
        problem of your own, one with its figure. `.gif`: an animation. Raises ValueError for another
        ending.
        """
        file = Path(path)
        match file.suffix.lower():
            case ".csv":
                file.write_bytes(self.to_csv().encode())
            case ".json":
                file.write_bytes(self.to_json())
            case ".html":
                file.write_bytes(self.to_html().encode() if self.scenario is None else self.to_page())
            case ".gif":
                file.write_bytes(self.to_gif())
            case ending:
                raise ValueError(f"cannot write {ending or 'a file without an ending'}: use .csv, .json, .html or .gif")
