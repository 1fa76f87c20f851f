"""The rules of a run with the settings that it was started with: which ones, and with which thresholds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tuimon.rules.finding import Rule


def rule_id(rule: Rule) -> str:
    """The name users see: that of the rule's file, with dashes."""
    return type(rule).__module__.rpartition(".")[2].replace("_", "-")


def chosen(settings: Mapping[str, Any], rules: Sequence[Rule]) -> list[Rule]:
    """These rules without the ignored ones, or only the selected ones, with their thresholds set.

    `settings` are those that a run carries: `ignore` and `select` (lists of rules) and `rules` (rule → threshold →
    value). What they name and this version does not know is left alone: a journal may be of another version.
    """
    ignored, selected = _names(settings.get("ignore")), _names(settings.get("select"))
    thresholds = _table(settings.get("rules"))
    return [
        with_thresholds(rule, _table(thresholds.get(name)))
        for rule in rules
        for name in (rule_id(rule),)
        if name not in ignored and (not selected or name in selected)
    ]


def _names(given: object) -> set[str]:
    return {name for name in given if isinstance(name, str)} if isinstance(given, list) else set()


def _table(given: object) -> Mapping[str, Any]:
    return given if isinstance(given, dict) else {}


def with_thresholds(rule: Rule, values: Mapping[str, Any]) -> Rule:
    known = {name: value for name, value in values.items() if name in defaults(rule)}
    return dataclasses.replace(rule, **known) if known else rule  # type: ignore[type-var]


def defaults(rule: Rule) -> dict[str, Any]:
    """Threshold → value, in the order of declaration."""
    return {name: getattr(rule, name) for name in getattr(rule, "__dataclass_fields__", {})}
