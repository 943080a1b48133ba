"""The chart as an SVG of a few kilobytes, for pages that show pictures only."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator

from clipscape.reproduce.chart import Chart

COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7")
"""Okabe and Ito (2008): told apart by everyone."""

_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 76, 52


def svg_of(chart: Chart) -> str:
    """Return the picture."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" role="img" font-family="sans-serif" font-size="13">',
        f"<title>{html.escape(chart.title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        _text(_WIDTH / 2, 24, chart.title, "middle", 'font-weight="bold"'),
        *_axes(chart),
        *_rules(chart),
        *_legend(chart),
    ]
    for index in range(len(chart.series)):
        parts += _series(chart, index)
    return "\n".join([*parts, "</svg>", ""])


def _x(chart: Chart, place: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (place + 0.5) / len(chart.places)


def _y(chart: Chart, value: float) -> float:
    low, high = chart.y_range
    if chart.log_y:
        low, high, value = math.log10(low), math.log10(high), math.log10(max(value, low))
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (value - low) / (high - low)


def _text(x: float, y: float, words: str, anchor: str, more: str = 'fill="#333"') -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{html.escape(words)}</text>'


def _line(y: float, style: str) -> str:
    return f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" {style}/>'


def _ticks(chart: Chart) -> list[float]:
    low, high = chart.y_range
    if chart.log_y:
        return [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    return [low + (high - low) * fifth / 5 for fifth in range(6)]


def _axes(chart: Chart) -> Iterator[str]:
    for value in _ticks(chart):
        height = _y(chart, value)
        yield _line(height, 'stroke="#ddd"')
        yield _text(_LEFT - 8, height + 4, f"{value:g}", "end")
    for place, name in enumerate(chart.places):
        yield _text(_x(chart, place), _HEIGHT - _BOTTOM + 20, name, "middle")
    yield _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, chart.x_label, "middle")
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    yield _text(18, middle, chart.y_label, "middle", f'fill="#333" transform="rotate(-90 18 {middle:.0f})"')


def _rules(chart: Chart) -> Iterator[str]:
    for name, value in chart.rules:
        yield _line(_y(chart, value), 'stroke="#555" stroke-dasharray="3 3"')
        yield _text(_WIDTH - _RIGHT - 4, _y(chart, value) - 4, name, "end")


def _legend(chart: Chart) -> Iterator[str]:
    step = (_WIDTH - _LEFT - _RIGHT) / len(chart.series)
    for index, series in enumerate(chart.series):
        x = _LEFT + step * index
        yield f'<circle cx="{x + 6:.1f}" cy="50" r="5" fill="{COLOURS[index % len(COLOURS)]}"/>'
        yield _text(x + 16, 54, series.label, "start")


def _series(chart: Chart, index: int) -> Iterator[str]:
    colour = COLOURS[index % len(COLOURS)]
    points = [(_x(chart, point.place), _y(chart, point.y), point.note) for point in chart.series[index].points]
    if chart.joined:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for x, y, note in points:
        title = f"<title>{html.escape(note)}</title>"
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}" fill-opacity="0.8">{title}</circle>'
