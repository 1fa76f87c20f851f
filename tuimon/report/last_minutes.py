"""The end of a run that died: memory in its last two minutes, for whoever asks afterwards how it came to that."""

from __future__ import annotations

from typing import Any

from tuimon.series import Series
from tuimon.state import Run

SPAN = 120.0
MOST = 120
"""Seconds before the end that are kept, and points of each curve."""

DEATHS = ("failed", "killed", "lost")


def last_minutes(run: Run) -> dict[str, Any] | None:
    """None when the run has not died. Curves are pairs of seconds (0 is the end, before it negative) and bytes."""
    if run.status not in DEATHS:
        return None
    end = run.ended_at or run.now
    host = run.host
    return {
        "seconds": SPAN,
        "rss_bytes": _curve(host.rss, end),
        "available_bytes": _curve(host.available, end),
        "in_cgroup_bytes": _curve(host.in_cgroup, end),
        "gpus": [
            {"index": gpu.index, "uuid": gpu.uuid, "used_bytes": _curve(gpu.used, end)} for gpu in run.gpus.values()
        ],
        "allocators": [
            {"name": each.name, "in_use_bytes": _curve(each.in_use, end)} for each in run.allocators.values()
        ],
    }


def _curve(series: Series, end: float) -> list[list[float]]:
    """Neighbours are merged where there are more points than wanted; the highest of them counts."""
    points = series.between(end - SPAN, end)
    wide = max(1, -(-len(points) // MOST))
    groups = [points[first : first + wide] for first in range(0, len(points), wide)]
    return [[round(group[-1].x - end, 3), int(max(point.high for point in group))] for group in groups]
