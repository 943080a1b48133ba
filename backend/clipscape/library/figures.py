"""The figure of a run: paths on the landscape above, loss and gradient norm below."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from clipscape.finished import Finished
from clipscape.problems.landscapes import LANDSCAPES
from clipscape.surfaces import surface
from clipscape.training import TrainingRun

COLOURS = {
    "light": ("#b8390e", "#0b5cad", "#00694b", "#8f3f86"),
    "dark": ("#ff8a5c", "#74b8ff", "#4fd6a5", "#e79be0"),
}
"""The page's colours of the variants, after Okabe and Ito (2008)."""
_DASHES = ("solid", "dash", "dot", "dashdot")
_HEIGHTS = {
    "light": ((0.0, "#93c4e0"), (0.33, "#bfdfe4"), (0.67, "#f0f3e2"), (1.0, "#f3e4cb")),
    "dark": ((0.0, "#04192b"), (0.33, "#0b2a3b"), (0.67, "#1d3f41"), (1.0, "#574c36")),
}
_RESOLUTION, _OWN_RESOLUTION = 121, 61


def figure_of(finished: Finished, theme: str) -> go.Figure:
    """Return the figure; raise ValueError for an unknown theme."""
    if theme not in COLOURS:
        raise ValueError('theme must be "light" or "dark"')
    problem = finished.plan.problem
    has_map = problem.dim == 2
    figure = make_subplots(
        rows=2 if has_map else 1,
        cols=2,
        specs=[[{"colspan": 2}, None], [{}, {}]] if has_map else [[{}, {}]],
        row_heights=[0.62, 0.38] if has_map else None,
        vertical_spacing=0.12,
        horizontal_spacing=0.1,
    )
    if has_map:
        _add_map(figure, finished, theme)
    _add_curves(figure, finished, theme, row=2 if has_map else 1)
    ink, paper = ("#e9eef2", "#141b22") if theme == "dark" else ("#15212c", "#ffffff")
    figure.update_layout(
        template="plotly_dark" if theme == "dark" else "plotly_white",
        paper_bgcolor=paper,
        plot_bgcolor=paper,
        font={"color": ink},
        height=760 if has_map else 420,
        margin={"l": 70, "r": 24, "t": 48, "b": 56},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )
    return figure


def _style(index: int, theme: str) -> dict[str, Any]:
    return {"color": COLOURS[theme][index % 4], "dash": _DASHES[index % 4], "width": 2}


def _add_map(figure: go.Figure, finished: Finished, theme: str) -> None:
    problem = finished.plan.problem
    grid = surface(problem, resolution=_RESOLUTION if problem.kind in LANDSCAPES else _OWN_RESOLUTION)
    scale = [[place, colour] for place, colour in _HEIGHTS[theme]]
    levels = {"contours": {"coloring": "fill"}, "ncontours": 24, "colorscale": scale, "showscale": False}
    line = {"width": 0.5, "color": "rgba(128,128,128,0.5)"}
    heights = _evenly_coloured(grid.z)
    figure.add_trace(
        go.Contour(x=grid.x, y=grid.y, z=heights, customdata=grid.z, line=line, name="loss", showlegend=False,
                   hovertemplate="(%{x:.4g}, %{y:.4g})<br>loss %{customdata:.6g}<extra></extra>", **levels),
        row=1, col=1,
    )  # fmt: skip
    for index, name in enumerate(finished.names):
        steps = int(finished.run.n_steps[index])
        path = finished.run.params[: steps + 1, index]  # type: ignore[union-attr]
        figure.add_trace(
            go.Scatter(x=path[:, 0], y=path[:, 1], mode="lines+markers", name=name, legendgroup=name,
                       line=_style(index, theme), marker={"size": 4},
                       customdata=np.stack([np.arange(steps + 1), finished.run.loss[: steps + 1, index]], axis=1),
                       hovertemplate="step %{customdata[0]}: (%{x:.6g}, %{y:.6g})<br>loss %{customdata[1]:.6g}"),
            row=1, col=1,
        )  # fmt: skip
    for minimizer in problem.minimizers:
        figure.add_trace(
            go.Scatter(x=[minimizer[0]], y=[minimizer[1]], mode="markers", name="minimum", showlegend=False,
                       marker={"symbol": "x-thin", "size": 10, "line": {"width": 2, "color": "#808890"}},
                       hovertemplate="minimum (%{x:.6g}, %{y:.6g})<extra></extra>"),
            row=1, col=1,
        )  # fmt: skip
    (x_low, x_high), (y_low, y_high) = problem.window
    figure.update_xaxes(title_text=problem.axis_labels[0], range=[x_low, x_high], row=1, col=1)
    figure.update_yaxes(title_text=problem.axis_labels[1], range=[y_low, y_high], row=1, col=1)


def _evenly_coloured(z: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Rank heights instead of measuring them, so that floor and wall both show; equal heights stay equal."""
    flat, places = np.unique(z, return_inverse=True)
    return np.asarray(places.reshape(z.shape) / max(1, len(flat) - 1))


def _add_curves(figure: go.Figure, finished: Finished, theme: str, row: int) -> None:
    run = finished.run
    for index, name in enumerate(finished.names):
        steps = int(run.n_steps[index])
        common = {"mode": "lines", "name": name, "legendgroup": name}
        style = _style(index, theme)
        shown = finished.plan.problem.dim != 2
        points, updates = np.arange(steps + 1), np.arange(steps)
        loss = run.loss[: steps + 1, index]
        if isinstance(run, TrainingRun):
            reached = run.probes.steps <= steps
            points, loss = run.probes.steps[reached], run.probes.held_out_loss[reached, index]
        figure.add_trace(go.Scatter(x=points, y=loss, showlegend=shown, line=style, **common), row=row, col=1)
        norm = run.grad_norm[:steps, index]
        figure.add_trace(go.Scatter(x=updates, y=norm, showlegend=False, line=style, **common), row=row, col=2)
    label = "Held-out loss" if isinstance(run, TrainingRun) else "Loss"
    for column, title in ((1, label), (2, "Gradient norm before the clip")):
        figure.update_xaxes(title_text="Step", row=row, col=column)
        figure.update_yaxes(title_text=title, type="log" if _is_positive(finished, column) else "linear",
                            exponentformat="power", row=row, col=column)  # fmt: skip


def _is_positive(finished: Finished, column: int) -> bool:
    numbers = finished.run.loss if column == 1 else finished.run.grad_norm
    return bool((numbers[np.isfinite(numbers)] > 0).any())
