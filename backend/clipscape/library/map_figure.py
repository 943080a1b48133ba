"""The figure of a sweep: one map of outcomes per variant, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

if TYPE_CHECKING:
    from clipscape.library.sweeps import Map

COLOURS = {
    "converged": "#1b7837",
    "bounded": "#e0a100",
    "stalled": "#8c6bb1",
    "descending": "#74a9cf",
    "thrown": "#f4a582",
    "diverged": "#b8390e",
}
"""By outcome; those of the page have patterns, too."""


def figure_of_map(found: Map) -> go.Figure:
    """Return the figure."""
    names, words = list(found), list(found.words.values())
    count = len(words)
    figure = make_subplots(rows=1, cols=len(names), subplot_titles=names, shared_yaxes=True, horizontal_spacing=0.03)
    colours = [COLOURS[outcome] for outcome in found.words]
    scale = [[(index + edge) / count, colours[index]] for index in range(count) for edge in (0, 1)]
    bar = {"tickvals": [index + 0.5 for index in range(count)], "ticktext": words, "len": 0.8}
    for column, name in enumerate(names, start=1):
        outcomes = found.outcomes(name)
        places = np.vectorize(words.index)(outcomes)
        figure.add_trace(
            go.Heatmap(
                x=found.x.values,
                y=found.y.values,
                z=places + 0.5,
                zmin=0,
                zmax=count,
                colorscale=scale,
                colorbar=bar,
                showscale=column == len(names),
                customdata=np.stack([outcomes, found[name]["final_loss"]], axis=-1),
                hovertemplate="%{x:.4g}, %{y:.4g}<br>%{customdata[0]}, loss %{customdata[1]:.4g}<extra></extra>",
            ),
            row=1,
            col=column,
        )
        figure.update_xaxes(title_text=found.x.label, type=found.x.scale, exponentformat="power", row=1, col=column)
    figure.update_yaxes(type=found.y.scale, exponentformat="power")
    figure.update_yaxes(title_text=found.y.label, row=1, col=1)
    figure.update_layout(template="plotly_white", height=420, margin={"l": 70, "r": 24, "t": 48, "b": 56})
    return figure
