"""A row of styled text, cut and padded to a width; the one place where text from outside is made harmless."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

NULL = Style.null()

# Control characters, and those that turn the reading direction or join cells: none may reach the terminal.
_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")

_TO_ASCII = str.maketrans("–—×·→…’“”≥≤±µ°━─═╸╺█▉▊▋▌▍▎▏│┃•✓✔✗✖", '--x->.\'""><+uo=-==-########||*vvxx')
"""Punctuation, and what progress bars are drawn with."""


def clean(text: str) -> str:
    """The text with everything that could steer a terminal replaced."""
    if text.isascii() and text.isprintable():
        return text
    return _HARMFUL.sub(lambda found: " " if found[0] in "\t\n" else "\N{REPLACEMENT CHARACTER}", text)


def plain(text: str) -> str:
    """The text in ASCII, for terminals that know nothing else."""
    return text.translate(_TO_ASCII).encode("ascii", "replace").decode("ascii")


class Row:
    """Text in the making, from left to right. `add` cleans what it is given."""

    def __init__(self, text: str = "", style: Style = NULL) -> None:
        self.segments: list[Segment] = []
        self.width = 0
        if text:
            self.add(text, style)

    def add(self, text: str, style: Style = NULL) -> Row:
        if text:
            text = clean(text)
            self.width += cell_len(text)
            if self.segments and self.segments[-1].style == style:
                text = self.segments.pop().text + text
            self.segments.append(Segment(text, style))
        return self

    def extend(self, other: Row) -> Row:
        self.segments += other.segments
        self.width += other.width
        return self

    def items(self, others: Iterable[Row], width: int, gap: str = "  ") -> Row:
        """As many of the others, in their order, as find room in `width` cells whole."""
        for other in others:
            before = gap if self.width else ""
            if self.width + len(before) + other.width <= width:
                self.add(before).extend(other)
        return self

    def right(self, other: Row, width: int) -> Row:
        """Put `other` at the right end of `width` cells; what is here is cut to make room."""
        room = width - other.width
        if room < 0:
            return self.cut(width)
        return self.cut(max(0, room - 1)).pad(room).extend(other)

    def cut(self, width: int, ellipsis: str = "…") -> Row:
        """At most `width` cells; an ellipsis shows that something is missing."""
        if self.width <= width:
            return self
        kept = Row()
        for segment in self.segments:
            room = width - kept.width
            if cell_len(segment.text) < room:
                kept._append(segment)
                continue
            if room > 0:
                text = set_cell_size(segment.text, room - 1) + ellipsis
                kept._append(Segment(text, segment.style))
            break
        self.segments, self.width = kept.segments, kept.width
        return self

    def pad(self, width: int, style: Style = NULL) -> Row:
        if self.width < width:
            self.segments.append(Segment(" " * (width - self.width), style))
            self.width = width
        return self

    def _append(self, segment: Segment) -> None:
        self.segments.append(segment)
        self.width += cell_len(segment.text)

    def styled(self, style: Style) -> Row:
        self.segments = [Segment(each.text, (each.style or NULL) + style) for each in self.segments]
        return self

    @property
    def text(self) -> str:
        return "".join(segment.text for segment in self.segments)

    def strip(self, width: int, ascii_only: bool = False) -> Strip:
        """The finished row, exactly `width` cells."""
        self.cut(width, "~" if ascii_only else "…").pad(width)
        if ascii_only:
            segments = [
                each if each.text.isascii() else Segment(plain(each.text), each.style) for each in self.segments
            ]
            return Strip(segments).adjust_cell_length(width)
        return Strip(self.segments, self.width).adjust_cell_length(width)


def wrapped(text: str, width: int, style: Style = NULL, most: int | None = None) -> list[Row]:
    """The text broken at spaces into rows of at most `width` cells; at most `most` of them, the last one cut."""
    rows: list[Row] = []
    for line in clean_lines(text):
        rows.append(Row())
        for word in line.split(" "):
            gap = " " if rows[-1].width else ""
            if rows[-1].width and rows[-1].width + 1 + cell_len(word) > width:
                rows.append(Row())
                gap = ""
            rows[-1].add(gap + word, style)
    if most is not None and len(rows) > most:
        rest = " ".join(row.text for row in rows[most - 1 :])
        rows = [*rows[: most - 1], Row(rest, style).cut(width)]
    return rows


def clean_lines(text: str) -> list[str]:
    return [clean(line) for line in text.split("\n")]
