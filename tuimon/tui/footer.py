"""The last line: what was just done, or the keys that matter now."""

from __future__ import annotations

from typing import ClassVar

from tuimon.tui.ink import Row
from tuimon.tui.pane import Painted
from tuimon.tui.view import View

KEYS = "q leave|? help|: commands|f finding|e epochs|m model|r runs|tab pane|enter zoom|space pause|1-7 hide"
"""The most wanted first: those that do not fit are left out."""


class Footer(Painted):
    HEIGHT: ClassVar[int] = 1
    DEFAULT_CSS = f"Footer {{ background: ansi_default; height: {HEIGHT}; }}"

    def __init__(self) -> None:
        super().__init__()
        self.hint = ""

    def rows(self, view: View, width: int) -> list[Row]:
        row = Row(" ")
        if view.notice:
            return [row.add(view.notice, view.theme.accent)]
        if self.hint:
            row.add(self.hint, view.theme.text).add("  ")
        for key in KEYS.split("|"):
            if row.width + len(key) + 1 > width:
                break
            row.add(f"{key}  ", view.theme.dim)
        return [row]
