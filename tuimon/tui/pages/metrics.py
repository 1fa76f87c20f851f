"""Which metrics are drawn: all there are, each with a mark."""

from __future__ import annotations

from tuimon.tui.ink import Row
from tuimon.tui.page import Page
from tuimon.tui.panes.metrics import MetricsPane, available
from tuimon.tui.view import View


class MetricsPage(Page):
    choosing = True
    keys = "esc back  ↑↓ choose  enter show or hide  a all"

    BINDINGS = [("a", "all", "all")]  # noqa: RUF012 - Textual's own way to declare them

    def __init__(self, pane: MetricsPane) -> None:
        super().__init__()
        self.pane = pane

    def title_row(self, view: View) -> Row:
        return Row("metrics to show", view.theme.strong)

    def content(self, view: View, width: int) -> list[Row]:
        theme = view.theme
        if view.fit is None or not (names := available(view.fit)):
            return [Row("no metric yet", theme.dim)]
        rows = []
        for name in names:
            shown = name not in self.pane.hidden
            mark = Row(f"[{view.glyphs.good if shown else ' '}] ", theme.good if shown else theme.dim)
            rows.append(mark.add(name, theme.text if shown else theme.dim))
        return rows

    def chosen(self, index: int) -> None:
        fit = self.sheet.view.fit
        if fit is not None and index < len(available(fit)):
            self.pane.hidden ^= {available(fit)[index]}
            self.sheet.repaint()

    def action_all(self) -> None:
        self.pane.hidden.clear()
        self.sheet.repaint()
