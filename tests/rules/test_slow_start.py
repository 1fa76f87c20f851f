"""A first step that takes long is normal."""

from __future__ import annotations

from tests.builders import epoch, fit, run_of, steps
from tests.rules.judging import found, quiet
from tuimon.rules.slow_start import SlowStart
from tuimon.state import Run


def began(first_step: float, step: float = 0.01) -> Run:
    return run_of(fit(), steps(0, 20, durations=[step] * 20), epoch(0, 20, first_step=first_step, first_wait=1.5))


def test_tracing_is_a_note() -> None:
    finding = found(SlowStart(), began(45.0), "note")
    assert "the first step took 45 s, 1.5 s of it until the first batch came; a step takes 10 ms" in finding.message
    assert finding.over


def test_more_than_twenty_minutes_are_an_error() -> None:
    found(SlowStart(), began(1300.0), "error")


def test_near_misses() -> None:
    quiet(SlowStart(), began(5.0))
    quiet(SlowStart(), began(15.0, step=2.0))
    quiet(SlowStart(), run_of(fit(), epoch(0, 20)))
