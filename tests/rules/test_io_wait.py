"""Waiting for storage."""

from __future__ import annotations

from tests.builders import epoch, fit, host, run_of
from tests.rules.judging import found, quiet
from tuimon.rules.io_wait import IoWait
from tuimon.state import Run


def waiting(share: float, seconds: int = 130, full: float = 0.0) -> Run:
    """Samples of which this share finds the process waiting."""
    samples = [host(io_waiting=n % 10 < 10 * share, pressure={"io_full": full}) for n in range(seconds)]
    return run_of(fit(), epoch(0), samples)


def test_most_samples_find_it_waiting() -> None:
    finding = found(IoWait(), waiting(0.8), "warning")
    assert "waiting for storage in" in finding.message
    assert not finding.over


def test_pressure_counts_when_it_is_our_own() -> None:
    found(IoWait(), waiting(0.2, full=0.4), "warning")


def test_near_misses() -> None:
    quiet(IoWait(), waiting(0.3))
    quiet(IoWait(), waiting(0.0, full=0.9))  # others
    quiet(IoWait(), waiting(0.8, seconds=30))
