"""Line charts in braille dots (or ASCII), as rows: plain functions of numbers and a size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.style import Style

from tuimon.tui import units
from tuimon.tui.glyphs import Glyphs
from tuimon.tui.ink import Row
from tuimon.tui.theme import Theme

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bit of a braille cell by row and column."""

GUTTER = 9
"""Cells left of the plot: the labels of the y axis."""


Words = Callable[[float], str]


class Extent(NamedTuple):
    """What lies in one dot column: the line goes through `last`; the extremes are dots of their own."""

    low: float
    high: float
    last: float


@dataclass(eq=False)
class Curve:
    """Values by dot column, two columns to a cell; None where there is none."""

    name: str
    style: Style
    columns: Sequence[Extent | None]
    dashed: bool = False
    marks: Sequence[int] = ()  # columns where a value was not finite
    best: tuple[int, float] | None = None


class Scale(NamedTuple):
    """The y axis: `low` to `high`, linear or logarithmic."""

    low: float
    high: float
    log: bool

    def height(self, value: float) -> float:
        """Where a value lies, 0 at the bottom and 1 at the top."""
        if self.log:
            value = math.log10(max(value, 10**self.low))
        return (value - self.low) / (self.high - self.low)

    def ticks(self, most: int, words: Words = units.short) -> list[tuple[float, str]]:
        """At most about `most` round values of the axis: their height and their label."""
        span = self.high - self.low
        step = 10 ** math.floor(math.log10(span / max(1, most)))
        step *= next((factor for factor in (1, 2, 5, 10) if span / (step * factor) <= most), 10)
        if self.log:
            step = max(1.0, step) if span >= 1 else step
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [
            ((index * step - self.low) / span, words(10 ** (index * step) if self.log else index * step))
            for index in range(first, last + 1)
        ]


def scale_of(curves: Sequence[Curve], log: bool) -> Scale | None:
    """A scale that holds all values, its ends round so that it moves rarely. None without a value."""
    extents = [extent for curve in curves for extent in curve.columns if extent is not None]
    if not extents:
        return None
    low, high = min(extent.low for extent in extents), max(extent.high for extent in extents)
    if log:
        positive = [value for extent in extents for value in extent if value > 0]
        if not positive:
            return scale_of(curves, log=False)
        low, high = math.log10(min(positive)), math.log10(max(high, *positive))
        if high - low < 0.1:
            low, high = low - 0.1, high + 0.1
        return Scale(low, high, True)
    return Scale(*rounded(low, high), False)


def rounded(low: float, high: float) -> tuple[float, float]:
    """Limits moved outward to steps of 1, 2 or 5."""
    if high <= low:
        margin = abs(high) * 0.1 or 1.0
        low, high = low - margin, high + margin
    step = 10 ** math.floor(math.log10((high - low) / 2))
    for factor in (1, 2, 5, 10):
        if (high - low) / (step * factor) <= 8:
            step *= factor
            break
    return math.floor(low / step) * step, math.ceil(high / step) * step


def plot(
    curves: Sequence[Curve],
    width: int,
    height: int,
    theme: Theme,
    glyphs: Glyphs,
    *,
    log: bool = False,
    ends: tuple[str, str] = ("", ""),
    cursor: int | None = None,
    words: Words = units.short,
) -> list[Row]:
    """`height` rows: the plot, an axis below it. `cursor` is a cell of the plot that a line is drawn through; `words`
    says values of the y axis in seven characters."""
    scale = scale_of(curves, log)
    cells, lines = width - GUTTER, height - 1
    if scale is None or cells < 4 or lines < 1:
        return []
    canvas = Canvas(cells, lines, glyphs)
    for curve in curves:
        canvas.draw(curve, scale)
    for curve in curves:
        canvas.mark(curve, scale, theme)
    if cursor is not None:
        canvas.line(min(cursor, cells - 1), Style.combine([theme.dim]))
    rows, labels = [], _labels(scale, lines, words)
    for y, row in enumerate(canvas.rows()):
        label = labels.get(y, "")
        rows.append(
            Row(f"{label:>{GUTTER - 2}} ", theme.dim)
            .add("┤" if label and glyphs.braille else glyphs.vertical, theme.frame)
            .extend(row)
        )
    axis = Row(" " * (GUTTER - 1)).add(("╰" if glyphs.braille else "+") + glyphs.horizontal * 1, theme.frame)
    axis.add(ends[0] and f" {ends[0]} ", theme.dim)
    tail = Row(ends[1] and f" {ends[1]}", theme.dim)
    axis.add(glyphs.horizontal * max(0, width - axis.width - tail.width), theme.frame)
    rows.append(axis.extend(tail))
    return rows


def _labels(scale: Scale, lines: int, words: Words) -> dict[int, str]:
    """Row → label, no two on one row."""
    labels: dict[int, str] = {}
    for height, label in scale.ticks(max(1, min(6, (lines - 1) // 2)), words):
        labels.setdefault(round((1 - height) * (lines - 1)), label)
    return labels


class Canvas:
    """A grid of cells, each with dots of its curves and a character over them."""

    def __init__(self, cells: int, lines: int, glyphs: Glyphs) -> None:
        self.cells, self.lines, self.glyphs = cells, lines, glyphs
        self._bits = [bytearray(cells) for _ in range(lines)]
        self._styles: list[list[Style | None]] = [[None] * cells for _ in range(lines)]
        self._over: dict[tuple[int, int], tuple[str, Style]] = {}

    def draw(self, curve: Curve, scale: Scale) -> None:
        """A line through the last values, joined across columns without one; extremes as dots beside it."""
        previous: tuple[int, int] | None = None  # column and dot
        for column, extent in enumerate(curve.columns[: 2 * self.cells]):
            if extent is None:
                continue
            here = column, self._dot(scale.height(extent.last))
            for extreme in (extent.low, extent.high):
                dot = self._dot(scale.height(extreme))
                self._column(column, dot, dot, curve)
            self._join(previous or here, here, curve)
            previous = here

    def _join(self, one: tuple[int, int], other: tuple[int, int], curve: Curve) -> None:
        span, before = other[0] - one[0], one[1]
        for step in range(1, span + 1):
            dot = round(one[1] + (other[1] - one[1]) * step / span)
            self._column(one[0] + step, min(dot, before + 1), max(dot, before - 1), curve)
            before = dot
        if not span:
            self._column(other[0], other[1], other[1], curve)

    def _dot(self, height: float) -> int:
        return round((1 - min(1.0, max(0.0, height))) * (4 * self.lines - 1))

    def _column(self, column: int, top: int, bottom: int, curve: Curve) -> None:
        if curve.dashed and column % 4 >= 2 and bottom - top < 3:
            return
        cell, side = column >> 1, column & 1
        for y in range(top, bottom + 1):
            self._bits[y >> 2][cell] |= DOTS[y & 3][side]
            self._styles[y >> 2][cell] = curve.style

    def mark(self, curve: Curve, scale: Scale, theme: Theme) -> None:
        for column in curve.marks:
            self._over[0, min(self.cells - 1, column >> 1)] = (self.glyphs.error, theme.bad)
        if curve.best is not None:
            column, value = curve.best
            y = self._dot(scale.height(value)) >> 2
            self._over[y, min(self.cells - 1, column >> 1)] = (self.glyphs.best, theme.strong)

    def line(self, cell: int, style: Style) -> None:
        for y in range(self.lines):
            if not self._bits[y][cell]:
                self._over.setdefault((y, cell), (self.glyphs.vertical, style))

    def rows(self) -> list[Row]:
        return [self._row(y) for y in range(self.lines)]

    def _row(self, y: int) -> Row:
        row, run, style = Row(), "", Style.null()
        for x in range(self.cells):
            over = self._over.get((y, x))
            if over is not None:
                char, here = over
            else:
                char, here = self._char(self._bits[y][x]), self._styles[y][x] or style
            if here != style:
                row.add(run, style)
                run, style = "", here
            run += char
        return row.add(run, style)

    def _char(self, bits: int) -> str:
        if not bits:
            return " "
        if self.glyphs.braille:
            return chr(0x2800 + bits)
        return "'" if not bits & 0xE4 else "." if not bits & 0x1B else "*" if bits & 0x24 else ":"
