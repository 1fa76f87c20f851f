"""The last line: what was just done, or the keys that matter now."""

from __future__ import annotations

from tuimon.tui.ink import Row
from tuimon.tui.pane import Painted
from tuimon.tui.view import View

KEYS = "q leave  ? help  tab pane  enter zoom  f finding  e epochs  m model  r runs  : commands  space pause"


class Footer(Painted):
    DEFAULT_CSS = "Footer { background: ansi_default; height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.hint = ""

    def rows(self, view: View, width: int) -> list[Row]:
        row = Row(" ")
        if view.notice:
            return [row.add(view.notice, view.theme.accent)]
        if self.hint:
            row.add(self.hint, view.theme.text).add("  ")
        return [row.add(KEYS, view.theme.dim)]
