"""Data that was appended too late."""

from __future__ import annotations

from tests.builders import PID, epoch, fit, run_of, source
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.stale_snapshot import StaleSnapshot


def grown(rows: int = 320, now: int = 640) -> events.Event:
    return events.SourceOutgrown(pid=PID, fit=1, epoch=0, name="pool_x", rows=rows, now=now)


def test_a_list_that_outgrew_its_dataset() -> None:
    finding = found(StaleSnapshot(), run_of(fit(), source(size=320), epoch(0), grown()), "warning")
    assert "`pool_x` has grown from 320 to 640 entries, the dataset still holds 320" in finding.message


def test_near_misses() -> None:
    quiet(StaleSnapshot(), run_of(fit(), source(size=320), epoch(0)))
    quiet(StaleSnapshot(), run_of(fit(), source(size=300), epoch(0), grown()))
    quiet(StaleSnapshot(), run_of(fit(), source(size=320), epoch(0), grown(now=100)))
