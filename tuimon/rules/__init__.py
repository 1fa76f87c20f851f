"""The rules, in display order, and what they say of a run.

A rule is named after its file: `stalled.py` holds the rule `stalled`, its page (the module's docstring), its thresholds
and its check. The files are loaded when the first of them is needed: a screen's first picture waits for none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuimon.rules.chosen import rule_id
from tuimon.rules.finding import SEVERITIES, Finding, Rule, Severity
from tuimon.rules.headline import headline

if TYPE_CHECKING:
    from tuimon.rules.catalogue import RULES, diagnose, not_judged, rules_of
    from tuimon.rules.pages import page, summary

__all__ = [
    "RULES",
    "SEVERITIES",
    "Finding",
    "Rule",
    "Severity",
    "diagnose",
    "headline",
    "not_judged",
    "page",
    "rule_id",
    "rules_of",
    "summary",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tuimon.rules import catalogue, pages

    return getattr(pages if name in ("page", "summary") else catalogue, name)
