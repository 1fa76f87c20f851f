"""Bars and sparklines as rows: plain functions of numbers and a width."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.style import Style

from tuimon.tui.glyphs import Glyphs
from tuimon.tui.ink import Row

Part = tuple[float, str, Style]
"""A share of the bar (0..1), the character that fills it, and its style."""


def stacked(parts: Sequence[Part], width: int) -> Row:
    """Parts side by side in `width` cells. Each part above zero keeps at least one cell; shares above one are cut."""
    row = Row()
    cells = _cells([max(0.0, share) for share, _, _ in parts], width)
    for (_, glyph, style), wide in zip(parts, cells, strict=True):
        row.add(glyph * wide, style)
    return row.pad(width)


def _cells(shares: list[float], width: int) -> list[int]:
    total = sum(shares)
    scale = width / max(1.0, total)
    cells, edge = [], 0.0
    for share in shares:
        start = round(edge)
        edge += share * scale
        cells.append(round(edge) - start)
    for index, share in enumerate(shares):
        if share > 0 and cells[index] == 0 and width >= 2 * len(shares):
            widest = max(range(len(cells)), key=cells.__getitem__)
            cells[widest] -= cells[widest] > 1
            cells[index] = 1
    while sum(cells) > width:
        cells[max(range(len(cells)), key=cells.__getitem__)] -= 1
    return cells


def meter(share: float | None, width: int, style: Style, back: Style, glyphs: Glyphs) -> Row:
    """One smooth bar over an empty track. An unknown share leaves the track empty."""
    share = 0.0 if share is None or not math.isfinite(share) else min(1.0, max(0.0, share))
    steps = len(glyphs.eighths) - 1
    filled = round(share * width * steps)
    whole, part = divmod(filled, steps)
    row = Row(glyphs.full * whole, style)
    if part:
        row.add(glyphs.eighths[part], style)
    return row.add(glyphs.empty * (width - row.width), back)


def spark(values: Sequence[float | None], width: int, style: Style, glyphs: Glyphs, top: float | None = None) -> Row:
    """The newest `width` values as heights below `top` (the highest value when None). None is drawn as a gap."""
    shown = list(values)[-width:]
    finite = [value for value in shown if value is not None and math.isfinite(value)]
    limit = top if top is not None else max(finite, default=0.0)
    levels = len(glyphs.heights) - 1
    text = ""
    for value in shown:
        if value is None or not math.isfinite(value):
            text += " "
        elif limit <= 0:
            text += glyphs.heights[1]
        else:
            text += glyphs.heights[max(1, min(levels, math.ceil(value / limit * levels)))]
    return Row(text, style)


def columns(
    values: Sequence[float | None], height: int, style: Style, glyphs: Glyphs, top: float | None = None
) -> list[Row]:
    """A sparkline `height` rows high, one column a value."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    limit = (top if top is not None else max(finite, default=0.0)) or 1.0
    levels = len(glyphs.heights) - 1
    filled = [
        0
        if value is None or not math.isfinite(value)
        else max(1, min(height * levels, round(value / limit * height * levels)))
        for value in values
    ]
    rows = []
    for below in range(height - 1, -1, -1):
        text = "".join(glyphs.heights[max(0, min(levels, each - below * levels))] for each in filled)
        rows.append(Row(text, style))
    return rows
