"""What a run answered at length: the stacks of its threads."""

from __future__ import annotations

from tuimon.tui.ink import Row
from tuimon.tui.page import Page
from tuimon.tui.view import View


class AnswerPage(Page):
    def __init__(self, heading: str, text: str) -> None:
        super().__init__()
        self.heading = heading
        self.text = text

    def title_row(self, view: View) -> Row:
        return Row(self.heading, view.theme.strong)

    def content(self, view: View, width: int) -> list[Row]:
        return [Row(line, view.theme.text) for line in self.text.splitlines()]
