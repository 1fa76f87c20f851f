"""What every pane is given to draw from: the run as it is known now, and how the user wants to see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tuimon.state import Fit, Run
from tuimon.tui.glyphs import UNICODE, Glyphs
from tuimon.tui.theme import DARK, Theme

if TYPE_CHECKING:  # loading the rules takes longer than the first picture may
    from tuimon.rules.finding import Finding

SEVERITIES = ("error", "warning", "note")
"""Worst first."""


@dataclass
class View:
    """One for the whole screen. Panes read it while they draw and keep nothing of it."""

    run: Run = field(default_factory=Run)
    findings: Sequence[Finding] = ()
    headline: Finding | None = None
    theme: Theme = DARK
    glyphs: Glyphs = UNICODE
    other: Run | None = None  # a second run, to compare curves with
    chosen: int | None = None  # index of a fit; None, or a fit that is not kept, means the newest that trains
    paused: bool = False
    readonly: bool = False
    notice: str = ""  # what the last key did, until the next one

    @property
    def fit(self) -> Fit | None:
        return self.run.fit_at(self.chosen) or self.run.fit

    @property
    def stalled(self) -> Finding | None:
        return next((each for each in self.findings if each.rule == "stalled" and not each.over), None)

    @property
    def ordered_findings(self) -> list[Finding]:
        """Worst first; what is over comes last."""
        return sorted(self.findings, key=lambda each: (each.over, SEVERITIES.index(each.severity)))


def called(run: Run) -> str:
    """A run in a word or two: its name, else its script and the end of its id."""
    return run.name if run.name != run.id else f"{script_of(run)} {run.id[-4:]}".strip()


def script_of(run: Run) -> str:
    command = run.started.command if run.started else []
    return next((part.rpartition("/")[2] for part in command if part.endswith(".py")), "")
