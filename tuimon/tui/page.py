"""A page over the whole screen: a title and rows that can be scrolled, or chosen from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar, overload

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tuimon.tui.ink import Row
from tuimon.tui.pane import Painted
from tuimon.tui.view import View

T = TypeVar("T")


class Sheet(Painted, can_focus=True):
    """The page's only widget: asks the page for its rows and shows those that fit."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page

    def rows(self, view: View, width: int) -> list[Row]:
        return self.page.framed(view, width, self.size.height)

    def on_click(self, event: object) -> None:
        self.page.clicked(getattr(event, "y", 0))

    def on_mouse_scroll_up(self) -> None:
        self.page.action_move(-3)

    def on_mouse_scroll_down(self) -> None:
        self.page.action_move(3)


class Made(Sequence[Row]):
    """Rows that are made when they are shown: a list may have 100,000."""

    def __init__(self, items: Sequence[T], make: Callable[[T], Row]) -> None:
        self._items, self._make = items, make

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self._make(item) for item in self._items[index]]
        return self._make(self._items[index])


class Page(Screen[None]):
    """Subclasses make `content`. With `choosing`, one row is selected, else the keys scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "app.return_to", "back"),
        Binding("up,k", "move(-1)", "up"),
        Binding("down,j", "move(1)", "down"),
        Binding("pageup", "page(-1)", "page up"),
        Binding("pagedown,space", "page(1)", "page down"),
        Binding("home", "move(-1000000)", "first"),
        Binding("end", "move(1000000)", "last"),
        Binding("enter", "choose", "choose"),
    ]

    DEFAULT_CSS = "Page { background: ansi_default; } Sheet { width: 100%; height: 100%; }"

    choosing: ClassVar[bool] = False
    restless: ClassVar[bool] = False  # changes though the run does not
    keys: str = "esc back  ↑↓ scroll"

    def __init__(self) -> None:
        super().__init__()
        self.sheet = Sheet(self)
        self.at = 0  # the selected row, or the first one shown
        self._first = 0
        self._length = 0
        self._room = 1

    def compose(self) -> ComposeResult:
        yield self.sheet

    def title_row(self, view: View) -> Row:
        raise NotImplementedError

    def head(self, view: View, width: int) -> list[Row]:
        """Rows above the content that do not scroll: a table's header."""
        return []

    def content(self, view: View, width: int) -> Sequence[Row]:
        raise NotImplementedError

    def chosen(self, index: int) -> None:
        """The user pressed enter on a row."""

    # --- drawing

    def paint(self, view: View) -> None:
        self.sheet.paint(view)

    def framed(self, view: View, width: int, height: int) -> list[Row]:
        theme, line = view.theme, view.glyphs.horizontal
        head, content = self.head(view, width - 2), self.content(view, width - 2)
        self._length, self._room = len(content), max(1, height - 3 - len(head))
        self._clamp()
        shown = content[self._first : self._first + self._room]
        rows = [Row(" ").extend(self.title_row(view)), Row(line * width, theme.frame)]
        rows += [Row(" ").extend(each) for each in head]
        for index, row in enumerate(shown, self._first):
            rows.append(Row(" ").extend(row))
            if self.choosing and index == self.at:
                rows[-1] = (
                    Row(view.glyphs.cursor, theme.accent)
                    .extend(row.cut(width - 2).pad(width - 2))
                    .styled(theme.selected)
                )
        rows += [Row() for _ in range(height - 1 - len(rows))]
        last = Row(f" {self.keys}", theme.dim)
        if self._length > self._room:
            last.right(
                Row(f"{self._first + 1}{view.glyphs.dash}{self._first + len(shown)} of {self._length} ", theme.dim),
                width,
            )
        return [*rows, last]

    def _clamp(self) -> None:
        if self.choosing:
            self.at = max(0, min(self.at, self._length - 1))
            self._first = max(0, min(self._first, self.at), self.at - self._room + 1)
        else:
            self.at = self._first = max(0, min(self.at, self._length - self._room))

    # --- what the user does

    def action_move(self, step: int) -> None:
        self.at += step
        self._clamp()
        self.sheet.repaint()

    def action_page(self, step: int) -> None:
        self.action_move(step * max(1, self._room - 1))

    def action_choose(self) -> None:
        if self.choosing and self._length:
            self.chosen(self.at)

    def clicked(self, y: int) -> None:
        index = y - 2 - len(self.head(self.sheet.view, self.size.width - 2)) + self._first
        if self.choosing and 0 <= index < self._length:
            again, self.at = index == self.at, index
            self.sheet.repaint()
            if again:
                self.action_choose()
