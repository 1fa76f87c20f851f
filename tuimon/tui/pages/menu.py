"""A list of things to do, one of which is chosen; it can be narrowed down by typing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual.events import Key

from tuimon.tui.ink import Row
from tuimon.tui.page import Made, Page
from tuimon.tui.view import View


class Choice(NamedTuple):
    text: str
    more: str
    do: Callable[[], None]


class MenuPage(Page):
    choosing = True
    keys = "esc back  ↑↓ choose  enter do it  type to narrow down"

    def __init__(self, heading: str, choices: Sequence[Choice], explanation: str = "", narrowing: bool = True) -> None:
        super().__init__()
        self.heading = heading
        self.choices = choices
        self.explanation = explanation
        self.narrowing = narrowing
        self.typed = ""

    @property
    def matching(self) -> list[Choice]:
        words = self.typed.lower().split()
        return [each for each in self.choices if all(word in f"{each.text} {each.more}".lower() for word in words)]

    def title_row(self, view: View) -> Row:
        row = Row(self.heading, view.theme.strong)
        return row.add(f"  {self.typed}", view.theme.accent) if self.typed else row

    def head(self, view: View, width: int) -> list[Row]:
        return [Row(self.explanation, view.theme.dim), Row()] if self.explanation else []

    def content(self, view: View, width: int) -> Sequence[Row]:
        wide = max((len(each.text) for each in self.choices), default=0) + 3
        matching = self.matching
        if not matching:
            return [Row("nothing matches", view.theme.dim)]
        return Made(matching, lambda each: Row(f"{each.text:<{wide}}", view.theme.text).add(each.more, view.theme.dim))

    def chosen(self, index: int) -> None:
        matching = self.matching
        if index < len(matching):
            self.app.pop_screen()
            matching[index].do()

    async def on_key(self, event: Key) -> None:
        """Letters narrow the list; they come before the page's own keys."""
        if event.key == "backspace":
            self.typed = self.typed[:-1]
        elif self.narrowing and event.character and event.is_printable:
            self.typed += event.character
        else:
            return
        event.stop()
        event.prevent_default()
        self.at = 0
        self.sheet.repaint()
