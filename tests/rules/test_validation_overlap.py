"""Validation rows that were trained."""

from __future__ import annotations

from tests.builders import PID, epoch, fit, run_of
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.validation_overlap import ValidationOverlap
from tuimon.state import Run


def compared(overlapping: int, of: int, expected: float | None = None, ended: bool = True) -> Run:
    seen = events.ValidationOverlapped(pid=PID, fit=1, looked_at=of, overlapping=overlapping, expected=expected)
    return run_of(fit(validation=True), epoch(0) if ended else [], seen)


def test_rows_in_both() -> None:
    finding = found(ValidationOverlap(), compared(96, 96), "error")
    assert "96 of 96 validation rows (100%) are also trained (limit: 1.0%)" in finding.message
    found(ValidationOverlap(), compared(10, 200), "warning")


def test_near_misses() -> None:
    quiet(ValidationOverlap(), compared(0, 200))
    quiet(ValidationOverlap(), compared(2, 40))  # two coincidences
    quiet(ValidationOverlap(), compared(60, 200, expected=59.0))  # the data has few different rows
    quiet(ValidationOverlap(), compared(96, 96, ended=False))  # not before the first epoch has ended
