"""A death by signal."""

from __future__ import annotations

from tests.builders import ended, epoch, fit, host, run_of
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.killed import Killed

TRAINING = [*fit(epochs=8), *epoch(0, 10), *epoch(1, 10)]


def test_a_kill() -> None:
    finding = found(Killed(), run_of(TRAINING, ended(signal=9)), "error")
    assert "ended by signal 9 (SIGKILL) in epoch 2 after step 10" in finding.message


def test_memory_is_the_likely_reason() -> None:
    full = host(rss=15 * 2**30, memory_total=16 * 2**30)
    assert "which is the likely reason" in found(Killed(), run_of(TRAINING, full, ended(signal=9))).message


def test_each_signal_has_its_own_advice() -> None:
    assert "faulthandler" in found(Killed(), run_of(TRAINING, ended(signal=11))).advice
    assert "batch system" in found(Killed(), run_of(TRAINING, ended(signal=15))).advice


def test_near_misses() -> None:
    quiet(Killed(), run_of(TRAINING, ended(signal=2)))
    quiet(Killed(), run_of(TRAINING, ended(exit_code=1)))
    quiet(Killed(), run_of(TRAINING, ended(signal=9, oom_killed=True)))  # out-of-memory says so
    asked = events.SignalRequested(id="1", signal=15)
    quiet(Killed(), run_of(TRAINING, asked, ended(signal=15)))
