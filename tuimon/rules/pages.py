"""What users read about a rule: its page, its thresholds with their sources, and its line in the table of all rules."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tuimon.rules.chosen import defaults, rule_id
from tuimon.rules.finding import Rule

_FIELD = re.compile(r"^ +(\w+): [^=]+ = .*?  # (.+)$", re.MULTILINE)
"""A threshold's line in the source of its rule: the comment says what it is, and where it comes from."""


@dataclass(frozen=True)
class Threshold:
    name: str
    value: Any
    meaning: str
    source: str


def page(rule: Rule) -> str:
    """The module's docstring: what the trouble means, why it matters, how it is decided, what to do."""
    return inspect.cleandoc(sys.modules[type(rule).__module__].__doc__ or "")


def summary(rule: Rule) -> str:
    """The first sentence of a rule's page."""
    return page(rule).partition("\n")[0]


def thresholds(rule: Rule) -> list[Threshold]:
    """In the order of declaration."""
    comments = dict(_comments(rule))
    return [Threshold(name, value, *comments.get(name, ("", ""))) for name, value in defaults(rule).items()]


def _comments(rule: Rule) -> Iterator[tuple[str, tuple[str, str]]]:
    try:
        source = inspect.getsource(type(rule))
    except OSError:  # installed without sources
        return
    for match in _FIELD.finditer(source):
        meaning, _, origin = match[2].partition("; ")
        yield match[1], (meaning, origin)


def markdown(rules: Iterable[Rule]) -> str:
    """The table of rules, as README shows it."""
    rows = [f"| `{rule_id(rule)}` | {summary(rule)} |" for rule in rules]
    return "\n".join(["| Rule | What it finds |", "| --- | --- |", *rows])
