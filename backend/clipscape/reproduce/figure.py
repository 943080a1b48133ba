"""The chart as a Plotly figure: JSON, and a page that needs no network because Plotly is inside it."""

from __future__ import annotations

import html
import math
from pathlib import Path
from typing import Any

import orjson

from clipscape.plotly_file import PlotlyFile
from clipscape.reproduce.chart import Chart
from clipscape.reproduce.drawing import COLOURS

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><script>{plotly}</script></head>
<body><div id="figure" style="height: 32rem"></div>
<script>
const figure = {figure};
Plotly.newPlot("figure", figure.data, figure.layout, {{responsive: true}});
</script></body>
</html>
"""


def figure_of(chart: Chart) -> dict[str, Any]:
    """Return the Plotly figure, `{"data", "layout"}`."""
    axis: dict[str, Any] = {"title": {"text": chart.y_label}, "range": list(chart.y_range)}
    if chart.log_y:
        axis |= {"type": "log", "range": [math.log10(limit) for limit in chart.y_range]}
    else:
        axis["range"] = [chart.y_range[0] - 4, chart.y_range[1] + 4]
    return {
        "data": [_trace(chart, index) for index in range(len(chart.series))],
        "layout": {
            "title": {"text": chart.title},
            "xaxis": {
                "title": {"text": chart.x_label},
                "tickvals": list(range(len(chart.places))),
                "ticktext": list(chart.places),
                "range": [-0.5, len(chart.places) - 0.5],
                "zeroline": False,
            },
            "yaxis": axis,
            "shapes": [
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": y,
                    "y1": y,
                    "line": {"dash": "dot", "width": 1},
                }
                for _, y in chart.rules
            ],
            "annotations": [
                {
                    "text": name,
                    "xref": "paper",
                    "x": 1,
                    "xanchor": "right",
                    "y": math.log10(y) if chart.log_y else y,
                    "yanchor": "bottom",
                    "showarrow": False,
                }
                for name, y in chart.rules
            ],
        },
    }


def _trace(chart: Chart, index: int) -> dict[str, Any]:
    series = chart.series[index]
    return {
        "type": "scatter",
        "mode": "lines+markers" if chart.joined else "markers",
        "name": series.label,
        "x": [point.place for point in series.points],
        "y": [point.y for point in series.points],
        "text": [point.note for point in series.points],
        "hoverinfo": "text",
        "marker": {"size": 9, "color": COLOURS[index % len(COLOURS)]},
        "line": {"color": COLOURS[index % len(COLOURS)]},
    }


def write_figure(chart: Chart, path: Path) -> list[Path]:
    """Write the figure beside `path` as .json and .html; return both."""
    figure = orjson.dumps(figure_of(chart), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    plain, page = path.with_suffix(".json"), path.with_suffix(".html")
    plain.write_bytes(figure)
    plotly = PlotlyFile(path.parent).source.read_text(encoding="utf-8")
    inside = figure.decode().replace("</", "<\\/")
    page.write_text(_PAGE.format(title=html.escape(chart.title), plotly=plotly, figure=inside), encoding="utf-8")
    return [plain, page]
