"""All runs of this machine, live ones first, to switch to."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tuimon import runs
from tuimon.tui import units
from tuimon.tui.ink import Row
from tuimon.tui.page import Page
from tuimon.tui.view import View

FRESH = 2.0
"""Seconds that the list is shown before the directories are looked at again."""


class RunsPage(Page):
    choosing = True
    restless = True

    def __init__(
        self, where: Path, current: str, switch: Callable[[runs.RunDirectory], None], what: str = "watch it"
    ) -> None:
        super().__init__()
        self.keys = f"esc back  ↑↓ choose  enter {what}"
        self.where = where
        self.current = current
        self.switch = switch
        self._listed: list[tuple[runs.RunDirectory, runs.Summary, str]] = []
        self._looked_at = float("-inf")

    def title_row(self, view: View) -> Row:
        return Row("runs", view.theme.strong).add(f"  {self.where}", view.theme.dim)

    def head(self, view: View, width: int) -> list[Row]:
        return [Row(f"{'':2}{'status':<11}{'started':<18}{'took':>10}  {'name':<24} command", view.theme.dim)]

    def content(self, view: View, width: int) -> list[Row]:
        self._look()
        if not self._listed:
            return [Row("no runs here", view.theme.dim)]
        return [self._row(view, *each) for each in self._listed]

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < FRESH:
            return
        self._looked_at = now
        known = [(run, run.read(), run.status()) for run in runs.every(self.where)]
        self._listed = sorted(known, key=lambda each: each[2] != "running")

    def _row(self, view: View, run: runs.RunDirectory, summary: runs.Summary, status: str) -> Row:
        theme, glyphs = view.theme, view.glyphs
        sign, style = {
            "running": (glyphs.note, theme.accent),
            "finished": (glyphs.good, theme.good),
        }.get(status, (glyphs.error, theme.bad))
        row = Row(f"{sign} {status:<11}", style)
        row.add(time.strftime("%Y-%m-%d %H:%M  ", time.localtime(summary.started_at)), theme.text)
        took = summary.ended_at - summary.started_at if summary.ended_at is not None else None
        row.add(f"{units.clock(took):>10}  ", theme.dim)
        here = run.id == self.current
        row.add(f"{(summary.name or run.id)[:24]:<24} ", theme.strong if here else theme.text)
        return row.add(summary.line, theme.dim)

    def chosen(self, index: int) -> None:
        if index < len(self._listed):
            self.app.pop_screen()
            self.switch(self._listed[index][0])
