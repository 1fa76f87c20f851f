"""What is said of a run as a whole: order, headline, muting, and a rule that breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.builders import epoch, fit, run_of
from tuimon.rules import RULES, Finding, diagnose, headline, not_judged, page, rule_id, summary
from tuimon.rules.mute import EVERYTHING, muted_by
from tuimon.state import Run


@dataclass(frozen=True)
class Fires:
    rule: str = "fires"
    at: float = 1.0
    fit: int | None = 0

    def check(self, run: Run) -> Iterator[Finding]:
        yield Finding(self.rule, "error", f"{self.rule} fired", fit=self.fit, at=self.at)

    def unjudged(self, run: Run) -> str | None:
        return None


@dataclass(frozen=True)
class Breaks:
    def check(self, run: Run) -> Iterator[Finding]:
        yield Finding("test-diagnose", "warning", "before it broke", at=5.0)
        raise ZeroDivisionError("by nothing")

    def unjudged(self, run: Run) -> str | None:
        raise KeyError("signal")


def test_the_newest_evidence_comes_first() -> None:
    found = diagnose(run_of(fit()), [Fires("old", at=1.0), Fires("new", at=2.0)])
    assert [finding.rule for finding in found] == ["new", "old"]


def test_a_rule_that_raises_becomes_a_note_about_the_rule() -> None:
    found = diagnose(run_of(fit()), [Breaks(), Fires()])
    assert [(finding.rule, finding.severity) for finding in found] == [
        ("test-diagnose", "note"),
        ("test-diagnose", "warning"),
        ("fires", "error"),
    ]
    assert "ZeroDivisionError: by nothing" in found[0].message


def test_a_rule_that_raises_is_not_judged() -> None:
    assert not_judged(run_of(fit()), [Breaks()]) == [("test-diagnose", "the rule failed: KeyError: 'signal'")]


@pytest.mark.parametrize(
    ("comment", "muted"),
    [
        ("# tuimon: ignore[stalled]", {"stalled"}),
        ("#tuimon:ignore[input-bound, low_coverage]", {"input-bound", "low-coverage"}),
        ("# slow disk; tuimon: ignore[stalled]  # noqa", {"stalled"}),
        ("# tuimon: ignore", {EVERYTHING}),
        ("# tuimon: ignore[]", set()),
        ("# type: ignore[stalled]", set()),
        ("", set()),
    ],
)
def test_a_comment_names_the_rules_that_it_mutes(comment: str, muted: set[str]) -> None:
    assert muted_by(comment) == muted


def test_a_comment_mutes_its_own_fit_only() -> None:
    run = run_of(fit(1, comment="# tuimon: ignore[fires]"), fit(2))
    found = diagnose(run, [Fires(fit=0), Fires(fit=1), Fires(fit=None), Fires("other", fit=0)])
    assert {(finding.rule, finding.fit) for finding in found} == {("fires", 1), ("fires", None), ("other", 0)}


def said(rule: str, severity: str = "error", fit: int | None = 0, at: float = 1.0, over: bool = False) -> Finding:
    return Finding(rule, severity, rule, fit=fit, at=at, over=over)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("findings", "first"),
    [
        ([], None),
        ([said("loss-plateau", "note")], None),
        ([said("input-bound"), said("low-coverage"), said("empty-epoch")], "empty-epoch"),
        ([said("script-failed"), said("out-of-memory")], "out-of-memory"),
        ([said("ended-early"), said("ran-short")], "ran-short"),
        ([said("ended-early"), said("missing-targets")], "missing-targets"),
        ([said("non-finite-loss"), said("killed")], "killed"),
        ([said("stalled", "warning"), said("non-finite-loss")], "non-finite-loss"),
        ([said("ran-short", over=True), said("input-bound")], "input-bound"),
        ([said("retracing", at=9.0), said("oversized-buffer", at=3.0)], "oversized-buffer"),
    ],
)
def test_the_headline_is_the_most_telling_finding(findings: list[Finding], first: str | None) -> None:
    chosen = headline(findings)
    assert (chosen.rule if chosen else None) == first


def test_the_headline_of_a_fit_is_its_own_or_the_runs() -> None:
    findings = [said("empty-epoch", fit=0), said("input-bound", fit=1)]
    second = headline(findings, fit=1)
    assert second is not None
    assert second.rule == "input-bound"
    ended = headline([*findings, said("killed", fit=None)], fit=1)
    assert ended is not None
    assert ended.rule == "killed"


def test_every_rule_has_a_name_of_its_own_and_a_page() -> None:
    assert len({rule_id(rule) for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert summary(rule).endswith("."), rule_id(rule)
        assert len(page(rule).split("\n\n")) >= 2, rule_id(rule)


def test_a_healthy_run_has_no_findings() -> None:
    run = run_of(fit(), *(epoch(index, loss=1.0 / (index + 1)) for index in range(3)), status=0)
    assert [finding for finding in diagnose(run) if finding.severity != "note"] == []
