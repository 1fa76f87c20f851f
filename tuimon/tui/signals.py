"""What reaches a user who looks elsewhere: the terminal's bell, and its title."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tuimon.tui import units
from tuimon.tui.ink import clean
from tuimon.tui.view import View

if TYPE_CHECKING:
    from tuimon.rules.finding import Finding

KEEP, RESTORE = "\x1b[22;2t", "\x1b[23;2t"
"""Have the terminal remember its title, and show it again."""


MOST_KNOWN = 4096


class News:
    """Which errors and warnings have been rung for: each rule once for each fit, and again when it gets worse."""

    def __init__(self) -> None:
        self._known: set[tuple[str, int | None, str]] = set()

    def of(self, findings: Sequence[Finding]) -> bool:
        """Something is new since the last call."""
        now: set[tuple[str, int | None, str]] = {
            (each.rule, each.fit, each.severity) for each in findings if each.severity != "note"
        }
        new = not now <= self._known
        self._known = now if len(self._known) > MOST_KNOWN else self._known | now
        return new


def title(view: View) -> str:
    """The sequence that makes the run the terminal's title."""
    run, fit = view.run, view.fit
    words = [clean(run.name or run.id or "tuimon")]
    if run.status != "running":
        words.append(run.status)
    elif fit is not None and fit.epoch is not None:
        planned = f"/{units.count(fit.started.epochs)}" if fit.started.epochs else ""
        words.append(f"epoch {units.count(fit.epoch.index + 1)}{planned}")
    if view.headline is not None:
        words.append(f"{view.glyphs.severity(view.headline.severity)} {clean(view.headline.rule)}")
    return f"\x1b]2;{'  '.join(words)}\x07"
