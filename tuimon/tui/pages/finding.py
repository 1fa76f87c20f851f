"""The whole page of one finding: the sentence, its numbers, what to do, and corrected code."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from tuimon.rules import RULES, page, rule_id
from tuimon.rules.finding import Finding
from tuimon.tui import units
from tuimon.tui.ink import Row, wrapped
from tuimon.tui.page import Page
from tuimon.tui.view import View


class FindingPage(Page):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket,left", "turn(-1)", "previous finding"),
        Binding("right_square_bracket,right", "turn(1)", "next finding"),
        Binding("y", "copy", "copy the corrected code"),
    ]

    keys = "esc back  ↑↓ scroll  [ ] previous, next finding  y copy the code"

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self.finding = finding

    def title_row(self, view: View) -> Row:
        style = view.theme.severity(self.finding.severity)
        sign = view.glyphs.severity(self.finding.severity)
        row = Row(f"{sign} {self.finding.severity} ", style).add(self.finding.rule, view.theme.strong)
        return row.add("  over" if self.finding.over else "", view.theme.dim)

    def content(self, view: View, width: int) -> list[Row]:
        theme, finding = view.theme, self.finding
        wide = min(width, 100)
        rows = [Row(), *wrapped(finding.message, wide, theme.strong), Row()]
        if place := _place(view, finding):
            rows += [Row(place, theme.dim), Row()]
        if finding.advice:
            rows += [Row("what to do", theme.accent), *wrapped(finding.advice, wide, theme.text), Row()]
        if finding.snippet:
            rows += [Row("corrected code", theme.accent)]
            rows += [Row("  ").add(line, theme.good) for line in finding.snippet.split("\n")]
            rows.append(Row())
        told = {name: value for name, value in finding.numbers.items() if value != ""}
        texts = {name: value for name, value in told.items() if isinstance(value, str) and "\n" in value}
        if told.keys() > texts.keys():
            rows.append(Row("numbers", theme.accent))
            rows += [_number(view, name, value) for name, value in told.items() if name not in texts]
            rows.append(Row())
        for name, text in texts.items():
            rows.append(Row(name.replace("_", " "), theme.accent))
            rows += [Row("  ").add(line, theme.text) for line in text.rstrip().split("\n")]
            rows.append(Row())
        explained = next((page(rule) for rule in RULES if rule_id(rule) == finding.rule), "")
        if explained:
            rows.append(Row("about this rule", theme.accent))
            rows += [
                row for part in explained.split("\n\n") for row in [*wrapped(_joined(part), wide, theme.text), Row()]
            ]
        return rows

    def action_turn(self, step: int) -> None:
        findings = self.sheet.view.ordered_findings
        if findings:
            here = next((i for i, each in enumerate(findings) if _same(each, self.finding)), 0)
            self.finding = findings[(here + step) % len(findings)]
            self.at = 0
            self.sheet.repaint()

    def action_copy(self) -> None:
        copy = getattr(self.app, "copy", None)
        if copy is not None:
            copy(self.finding.snippet or self.finding.message)


def _same(one: Finding, other: Finding) -> bool:
    return (one.rule, one.fit, one.epoch, one.step) == (other.rule, other.fit, other.epoch, other.step)


def _joined(part: str) -> str:
    """A paragraph on one line, so that it can be broken anew; indented text stays as it is."""
    return part if part.startswith((" ", "-", "*")) else " ".join(part.split("\n"))


def _place(view: View, finding: Finding) -> str:
    words = []
    if finding.fit is not None:
        words.append(f"fit {finding.fit + 1}")
    if finding.epoch is not None:
        words.append(f"epoch {finding.epoch + 1}")
    if finding.step is not None:
        words.append(f"step {finding.step + 1:,}")
    began = view.run.started_at
    if finding.at is not None and began is not None:
        words.append(f"{units.clock(max(0.0, finding.at - began))} after the start")
    return ", ".join(words)


def _number(view: View, name: str, value: Any) -> Row:
    if isinstance(value, bool) or value is None:
        text = {True: "yes", False: "no", None: units.UNKNOWN}[value]
    elif isinstance(value, int):
        text = units.count(value)
    elif isinstance(value, float):
        text = units.value_of(value)
    else:
        text = str(value)
    return Row(f"  {name.replace('_', ' '):<28} ", view.theme.dim).add(text, view.theme.text)
