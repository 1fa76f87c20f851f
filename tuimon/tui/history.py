"""A figure of the machine since the run's start, as a chart."""

from __future__ import annotations

from rich.style import Style

from tuimon.series import Series
from tuimon.tui import charts, curves, units
from tuimon.tui.ink import Row
from tuimon.tui.view import View


def history(view: View, series: Series, width: int, height: int, style: Style, unit: float = 1.0) -> list[Row]:
    """`height` rows with both axes; values are divided by `unit`. Empty without any value."""
    began, latest = view.run.started_at or view.run.now, series.latest
    if latest is None:
        return []
    span = max(1.0, latest.x - began)
    if view.run.ended_at is None:
        span = curves.roomy(span)
    columns = 2 * max(1, width - charts.GUTTER)
    points = series.buckets([began + span * index / columns for index in range(columns + 1)])
    extents = [charts.Extent(p.low / unit, p.high / unit, p.last / unit) if p else None for p in points]
    ends = units.clock(0), units.clock(span)
    return charts.plot([charts.Curve("", style, extents)], width, height, view.theme, view.glyphs, ends=ends)
