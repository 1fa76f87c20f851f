"""Prints, after the tests, the table of the cases: what was found, missed, and said wrongly."""

from __future__ import annotations

import pytest

from tests.harness import tuimon as tuimon


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rows = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == "case"
    ]
    if not rows:
        return
    terminalreporter.section("cases")
    for name, found, said in sorted(rows):
        terminalreporter.write_line(f"{name:56} {found:7} {'wrong: ' + said if said else ''}".rstrip())
    missed = sum(found != "found" for _, found, _ in rows)
    wrong = sum(bool(said) for _, _, said in rows)
    terminalreporter.write_line(
        f"{len(rows)} cases: {len(rows) - missed} found, {missed} missed, {wrong} with a wrong one"
    )
