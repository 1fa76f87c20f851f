"""Prints, after the tests, the table of the cases: what was found, missed, and said wrongly."""

from __future__ import annotations

import pytest


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
    for name, found, wrong in sorted(rows):
        terminalreporter.write_line(f"{name:56} {found:7} {'wrong: ' + wrong if wrong else ''}".rstrip())
    missed = sum(found != "found" for _, found, _ in rows)
    terminalreporter.write_line(
        f"{len(rows)} cases: {len(rows) - missed} found, {missed} missed, {sum(bool(row[2]) for row in rows)} with a wrong one"
    )
