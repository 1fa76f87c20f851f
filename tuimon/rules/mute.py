"""Comments in the script that mute rules: `model.fit(…)  # tuimon: ignore[stalled, input-bound]`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Run

_COMMENT = re.compile(r"tuimon:\s*ignore(?:\s*\[([^\]]*)\])?")

EVERYTHING = "*"


def muted_by(comment: str) -> set[str]:
    """The rules that a comment mutes; `EVERYTHING` when it names none."""
    match = _COMMENT.search(comment)
    if match is None:
        return set()
    if match[1] is None:
        return {EVERYTHING}
    return {name.strip().replace("_", "-") for name in match[1].split(",") if name.strip()}


class Mutes:
    """What the comments on the lines of a run's fit calls mute, each for its own fit."""

    def __init__(self, run: Run) -> None:
        self._by_fit = {fit.index: muted_by(fit.started.comment) for fit in run.fits if fit.started.comment}

    def cover(self, finding: Finding) -> bool:
        if finding.fit is None:
            return False
        rules = self._by_fit.get(finding.fit, set())
        return finding.rule in rules or EVERYTHING in rules
