"""What is wrong: severity, since when, and one sentence each; enter opens the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from tuimon.rules.alike import alike, where
from tuimon.tui import units
from tuimon.tui.ink import Row, wrapped
from tuimon.tui.pane import Pane
from tuimon.tui.view import View

if TYPE_CHECKING:
    from tuimon.rules.finding import Finding


class FindingsPane(Pane):
    """Keeps which finding is selected, or which that several fits have alike."""

    number = 6
    label = "findings"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k,left_square_bracket", "move(-1)", "previous"),
        Binding("down,j,right_square_bracket", "move(1)", "next"),
        Binding("enter", "open", "whole page"),
    ]

    class Opened(Message):
        def __init__(self, finding: Finding) -> None:
            super().__init__()
            self.finding = finding

    def __init__(self) -> None:
        super().__init__()
        self.selected = 0
        self._rows_of: list[int] = []  # row → finding

    def hint(self) -> str:
        return "↑↓ choose  enter page"

    def aside(self, view: View) -> Row:
        row = Row()
        for severity in ("error", "warning", "note"):
            number = sum(1 for each in view.findings if each.severity == severity and not each.over)
            if number:
                row.add(f"{view.glyphs.severity(severity)} {number} ", view.theme.severity(severity))
        return row

    def draw(self, view: View, width: int, height: int) -> list[Row]:
        groups = alike(view.ordered_findings)
        self._rows_of = []
        summed = view.run.summed.training
        words = f"{units.count(summed)} of {units.count(view.run.trained)} fits are not judged one by one"
        more = [Row(words, view.theme.dim)] if summed and height > 1 else []
        if not groups:
            words = "nothing found" if view.run.fits else "nothing to judge yet"
            return [Row(f"{view.glyphs.good} {words}", view.theme.good if view.run.fits else view.theme.dim), *more]
        height -= len(more)
        self.selected = min(self.selected, len(groups) - 1)
        each = max(1, height // len(groups))  # rows for one
        first = max(0, self.selected - height + 1) if each == 1 else 0
        rows: list[Row] = []
        for index, group in enumerate(groups[first:], first):
            for row in self._finding(view, group, width, each, index == self.selected and self.has_focus):
                rows.append(row)
                self._rows_of.append(index)
        return [*rows[:height], *more]

    def _finding(self, view: View, group: list[Finding], width: int, most: int, selected: bool) -> list[Row]:
        """At most `most` rows: with a title from three on, else the sentence alone. The newest of the group speaks."""
        theme, glyphs, finding = view.theme, view.glyphs, group[-1]
        fits = where(view.run, group)
        style = theme.dim if finding.over else theme.severity(finding.severity)
        words = theme.selected if selected else theme.dim if finding.over else theme.text
        lead = Row(glyphs.cursor if selected else " ", theme.accent).add(f"{glyphs.severity(finding.severity)} ", style)
        indent = " " * lead.width
        message = f"{fits}: {finding.message}" if fits and most <= 2 else finding.message
        sentence = wrapped(message, width - lead.width, words, most=most - (most > 2))
        if most > 2:
            since = "over" if finding.over else _since(view, group[0])
            told = (Row(each, theme.dim) for each in (fits, since) if each)
            title = Row(finding.rule, theme.selected if selected else style)
            sentence = [title.items(told, width - lead.width), *sentence]
        return [lead.extend(sentence[0]), *(Row(indent).extend(row) for row in sentence[1:])]

    def on_click(self, event: object) -> None:
        row = getattr(event, "y", 0) - 1
        if 0 <= row < len(self._rows_of):
            again = self.selected == self._rows_of[row]
            self.selected = self._rows_of[row]
            self.repaint()
            if again:
                self.action_open()

    def action_move(self, step: int) -> None:
        self.selected = max(0, min(len(alike(self.view.findings)) - 1, self.selected + step))
        self.repaint()

    def action_open(self) -> None:
        groups = alike(self.view.ordered_findings)
        if groups:
            self.post_message(self.Opened(groups[min(self.selected, len(groups) - 1)][-1]))


def _since(view: View, finding: Finding) -> str:
    began = view.run.started_at
    if finding.at is not None and began is not None and finding.at >= began:
        return f"since {units.clock(finding.at - began)}"
    if finding.epoch is not None:
        return f"epoch {finding.epoch + 1}"
    return ""
