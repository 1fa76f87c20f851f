"""Findings of one rule in several fits of a run: a search that trains twenty models says the same twenty times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tuimon.rules import sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Run


def alike(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Those of one rule, one severity and different fits together, in the order in which the first of each comes."""
    groups: dict[object, list[Finding]] = {}
    met: Counter[object] = Counter()
    for finding in findings:
        kind = finding.rule, finding.severity, finding.over
        groups.setdefault((kind, met[kind, finding.fit]), []).append(finding)
        met[kind, finding.fit] += 1
    return list(groups.values())


def where(run: Run, group: Sequence[Finding]) -> str:
    """``fit 2``, ``fits 1–3``; empty where the run trains once only, and for what belongs to no fit."""
    indices = [finding.fit for finding in group if finding.fit is not None]
    return sayings.numbered(indices, "fit") if indices and run.trained > 1 else ""
