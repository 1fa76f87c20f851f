"""When a limit will be reached: what rises steadily goes on like that."""

from __future__ import annotations

from collections.abc import Sequence

from tuimon.rules import sayings, trend
from tuimon.series import Series

WINDOW = 120.0
"""Seconds of the newest past that a forecast is made of."""

FEWEST = 20
"""Points in it; fewer say nothing."""

CLEAN = 0.9
"""Share of pairs that rise: a climb, not noise around one."""

PACE = 0.5
"""The newer half rises at least at this share of the whole pace: it has not levelled off."""

FARTHEST = 24 * 3600.0
"""Seconds; what comes later is no forecast."""


def seconds_left(series: Series, limit: float, now: float) -> float | None:
    """Until the limit is reached at the pace of the last minutes; None where nothing rises steadily towards it."""
    points = [(point.x, point.last) for point in series.between(now - WINDOW, now)]
    slope = _steady(points)
    if slope is None or points[-1][1] >= limit:
        return None
    left = (limit - points[-1][1]) / slope
    return left if left <= FARTHEST else None


def _steady(points: Sequence[tuple[float, float]]) -> float | None:
    """Bytes per second of a steady rise."""
    if len(points) < FEWEST or trend.growing([value for _, value in points]) < CLEAN:
        return None
    slope, newer = trend.slope(points), trend.slope(points[len(points) // 2 :])
    return slope if slope and newer and slope > 0 and newer >= PACE * slope else None


def said(seconds: float | None) -> str:
    """``; at this pace it is full in about 45 s``, to follow a sentence; empty without a forecast."""
    return "" if seconds is None else f"; at this pace it is full in about {sayings.duration(max(1.0, seconds))}"
