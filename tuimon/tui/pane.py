"""Widgets that are rows made from the view: they paint once a tick, and only the cells that changed."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tuimon.tui.ink import Row, wrapped
from tuimon.tui.view import View


class Painted(Widget):
    """Rows over the whole widget. Subclasses turn the view into rows in `rows`."""

    DEFAULT_CSS = "Painted { background: ansi_default; color: ansi_default; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view = View()
        self._strips: list[Strip] = []

    def rows(self, view: View, width: int) -> list[Row]:
        raise NotImplementedError

    def paint(self, view: View) -> None:
        """Draw from the view, and refresh the cells that differ from what is shown."""
        self.view = view
        if not self.is_mounted or not self.size:
            return
        width = self.size.width
        ascii_only = not view.glyphs.braille
        old, self._strips = self._strips, [row.strip(width, ascii_only) for row in self.rows(view, width)]
        if len(old) != len(self._strips):
            self.refresh()
            return
        changed = [
            Region(first, y, last - first, 1)
            for y, (before, now) in enumerate(zip(old, self._strips, strict=True))
            if before != now
            for first, last in changed_spans(before, now)
        ]
        if changed:
            self.refresh(*changed)

    def repaint(self) -> None:
        """Draw again after the user chose something."""
        self.paint(self.view)

    def render_line(self, y: int) -> Strip:
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    def on_resize(self) -> None:
        self._strips = []
        self.repaint()


class Pane(Painted, can_focus=True):
    """A frame, a title, and rows. Subclasses keep only what the user chose (a cursor, a scale)."""

    number: ClassVar[int] = 0  # the digit that hides and shows it
    label: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__(id=self.label)
        self.boxed = False
        self.zoomed = False

    def draw(self, view: View, width: int, height: int) -> list[Row]:
        """The rows inside the frame: at most `height` of at most `width` cells."""
        raise NotImplementedError

    def aside(self, view: View) -> Row:
        """A few words at the right end of the title."""
        return Row()

    def needs(self, view: View) -> int:
        """Rows without which something important is missing; 0 when any number will do."""
        return 0

    def hint(self) -> str:
        """The keys of this pane alone, for the last line of the screen."""
        return ""

    def on_focus(self) -> None:
        self.repaint()

    def on_blur(self) -> None:
        self.repaint()

    @property
    def inner_height(self) -> int:
        return max(0, self.size.height - (2 if self.boxed else 1))

    def rows(self, view: View, width: int) -> list[Row]:
        """The frame and what is in it."""
        height = self.inner_height
        if width < 4 or height < 1:
            return []
        inner = width - (4 if self.boxed else 1)
        rows = self._drawn(view, inner, height)[:height]
        rows += [Row() for _ in range(height - len(rows))]
        if not self.boxed:
            return [self._top(view, width), *(row.cut(inner) for row in rows)]
        style = view.theme.focus if self.has_focus else view.theme.frame
        side, corners = view.glyphs.vertical, view.glyphs.corners
        return [
            self._top(view, width),
            *(Row(side, style).add(" ").extend(row.cut(inner).pad(inner + 1)).add(side, style) for row in rows),
            Row(corners[2] + view.glyphs.horizontal * (width - 2) + corners[3], style),
        ]

    def _drawn(self, view: View, width: int, height: int) -> list[Row]:
        """A pane that cannot draw what it was given says so; the screen goes on."""
        try:
            return self.draw(view, width, height)
        except Exception as error:
            text = f"{view.glyphs.error} this pane failed (a mistake in tuimon): {type(error).__name__}: {error}"
            return wrapped(text, width, view.theme.bad)

    def _top(self, view: View, width: int) -> Row:
        theme, glyphs = view.theme, view.glyphs
        style = theme.focus if self.has_focus else theme.frame
        line = glyphs.horizontal
        row = Row(glyphs.corners[0] if self.boxed else line, style)
        row.add(f" {self.number} ", theme.dim).add(f"{self.label} ", theme.focus if self.has_focus else theme.title)
        end = Row(glyphs.corners[1] if self.boxed else " ", style)
        aside = self.aside(view)
        if aside.width and row.width + aside.width + 4 + end.width <= width:
            row.add(line * (width - row.width - aside.width - 3 - end.width), style)
            row.add(" ").extend(aside).add(" ").add(line, style)
        return row.add(line * (width - row.width - end.width), style).extend(end)


GAP = 8
"""Unchanged cells that are sent all the same, as moving the cursor over them costs as much."""


def changed_spans(before: Strip, now: Strip) -> list[tuple[int, int]]:
    """First and last cell (exclusive) of each stretch in which a strip differs from the one before it."""
    spans: list[tuple[int, int]] = []
    for x, (old, new) in enumerate(zip(_cells(before), _cells(now), strict=False)):
        if old == new:
            continue
        if spans and x - spans[-1][1] < GAP:
            spans[-1] = spans[-1][0], x + 1
        else:
            spans.append((x, x + 1))
    return spans


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    """Character and style of each cell; both cells of a wide character hold it, so that they change together."""
    cells: list[tuple[str, Style | None]] = []
    for text, style, _ in strip:
        if text.isascii() or cell_len(text) == len(text):
            cells += [(char, style) for char in text]
        else:
            cells += [(char, style) for char in text for _ in range(cell_len(char))]
    return cells
