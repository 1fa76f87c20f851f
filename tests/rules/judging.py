"""How rules are asked in tests: one finding, or none."""

from __future__ import annotations

from tuimon.rules import Finding, Rule, rule_id
from tuimon.state import Run


def found(rule: Rule, run: Run, severity: str | None = None) -> Finding:
    """The one finding of the rule, which must have all that a finding needs."""
    findings = list(rule.check(run))
    assert len(findings) == 1, [finding.message for finding in findings]
    finding = findings[0]
    assert finding.rule == rule_id(rule)
    assert finding.at is not None
    assert finding.advice.endswith((".", "`."))
    assert severity in (None, finding.severity), (finding.severity, finding.message)
    return finding


def quiet(rule: Rule, run: Run) -> None:
    """The rule says nothing."""
    assert [finding.message for finding in rule.check(run)] == []


def at_most_a_note(rule: Rule, run: Run) -> None:
    """The rule says nothing that alarms."""
    assert [finding.message for finding in rule.check(run) if finding.severity != "note"] == []
