"""The same conditions wherever the tests run; and after them the table of the cases: what was found, missed, wrong."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

from tests.harness import tuimon as tuimon

settings.register_profile(
    "same everywhere", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same everywhere")


def pytest_configure() -> None:
    """Under `nohup`, or in the background of a shell, these are ignored, and what is started would inherit that."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


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
