"""Numbers as people read them. What is not known is a dash, never a zero."""

from __future__ import annotations

import math

UNKNOWN = "–"


def count(value: float | None) -> str:
    """A whole number with thousands separated: 60,000."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def short(value: float | None) -> str:
    """A number in about four characters: 950, 12.3k, 4.56M."""
    if value is None:
        return UNKNOWN
    if not math.isfinite(value):
        return value_of(value)
    if abs(value) >= 1e15:
        return f"{value:.0e}".replace("e+", "e")
    for limit, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit * 0.9995:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.3g}"


def ratio(value: float | None) -> str:
    """A share of one as per cent."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    percent = 100 * value
    return f"{percent:.1f}%" if 0 < percent < 9.95 else f"{percent:.0f}%"


def size(value: float | None) -> str:
    """Bytes in binary units: 31.2 GiB."""
    if value is None:
        return UNKNOWN
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or abs(value) >= 100 else f"{value:.3g} {unit}"
        value /= 1024
    return f"{value:.3g} TiB"


def duration(value: float | None) -> str:
    """Seconds as a span of time: 840 µs, 12.3 ms, 4.2 s, 1:02, 2:03:04, 3 d 4 h."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if value < 0.001:
        return f"{value * 1e6:.0f} µs" if value > 0 else "0 s"
    if value < 1:
        return f"{value * 1e3:.3g} ms"
    if value < 60:
        return f"{value:.1f} s"
    return clock(value)


def clock(value: float | None) -> str:
    """Whole seconds as a clock shows them: 0:07, 1:02, 2:03:04, 3 d 4 h."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    whole = int(value)
    hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def value_of(value: float | None) -> str:
    """A metric's value in at most seven characters or so."""
    if value is None:
        return UNKNOWN
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    magnitude = abs(value)
    if magnitude == 0:
        return "0"
    if magnitude >= 1e5 or magnitude < 1e-3:
        return f"{value:.2e}".replace("e-0", "e-").replace("e+0", "e+")
    return f"{value:.4f}" if magnitude < 10 else f"{value:.5g}"


def rate(value: float | None) -> str:
    """Something per second, without the unit."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return short(value) if value >= 1000 else f"{value:.3g}"


def plural(number: int, noun: str) -> str:
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"
