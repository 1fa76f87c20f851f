"""A report's numbers as people read them; what is not known is a dash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuimon.clean import line

UNKNOWN = "–"


def whole(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else UNKNOWN


def decimal(value: Any) -> str:
    """Four significant digits; the names of what is no number as they are."""
    if isinstance(value, str):
        return line(value)
    return f"{value:.4g}" if isinstance(value, (int, float)) else UNKNOWN


def seconds(value: Any) -> str:
    if not isinstance(value, (int, float)):
        return UNKNOWN
    if value < 120:
        return f"{value:.1f} s" if value >= 1 else f"{value * 1000:.0f} ms"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def size(value: Any) -> str:
    if not isinstance(value, (int, float)):
        return UNKNOWN
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            return f"{value:,.0f} {unit}" if unit == "B" else f"{value:,.1f} {unit}"
        value /= 1024
    return UNKNOWN


def share(part: Any, of: Any) -> str:
    known = isinstance(part, (int, float)) and isinstance(of, (int, float)) and of > 0
    return f"{part / of:.0%}" if known else UNKNOWN


def estimate(value: Mapping[str, Any] | None) -> str | None:
    """Input wait that was guessed from outside, or why it could not be; None where there is nothing to say."""
    if not value:
        return None
    if value["share"] is None:
        return line(value["unknown_because"] or "") or None
    return (
        f"input wait ~{value['share']:.0%} of the time, ±{100 * value['error']:.0f} points: an estimate from outside "
        f"({line(value['known_by'] or '')}, {value['looks']:,} looks in {seconds(value['seconds'])})"
    )


def coverage(epoch: Mapping[str, Any], source: Mapping[str, Any]) -> str:
    """Samples of the epoch, of one pass of the data where its size is known."""
    if source.get("size") is None:
        return whole(epoch["samples"])
    return f"{whole(epoch['samples'])} of {whole(source['size'])}"


def metrics(values: Mapping[str, Any], most: int = 6) -> str:
    named = [f"{line(name)} {decimal(value)}" for name, value in list(values.items())[:most]]
    return ", ".join(named) + (", …" if len(values) > most else "")


def place(finding: Mapping[str, Any]) -> str:
    """Where a finding was first seen, counted from 1."""
    named = [f"{what} {finding[what] + 1}" for what in ("epoch", "step") if isinstance(finding[what], int)]
    return ", ".join(named)
