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


def test_a_kill_that_was_not_the_kernels() -> None:
    full = host(rss=15 * 2**30, memory_total=16 * 2**30)
    message = found(Killed(), run_of(TRAINING, full, ended(signal=9, oom_killed=False))).message
    assert "not by the kernel for want of memory" in message
    assert "likely reason" not in message


def test_a_crash_says_where_and_why() -> None:
    crash = ["Fatal Python error: Segmentation fault", '  File "/me/train.py", line 8 in load']
    assert 'Python was at "/me/train.py", line 8 in load' in _message(11, crash)
    assert ": F0000 Check failed: rank == 2" in _message(6, ["F0000 Check failed: rank == 2"])


def _message(signal: int, words: list[str]) -> str:
    return found(Killed(), run_of(TRAINING, ended(signal=signal, last_words=words)), "error").message


def test_near_misses() -> None:
    quiet(Killed(), run_of(TRAINING, ended(signal=2)))
    quiet(Killed(), run_of(TRAINING, ended(exit_code=1)))
    quiet(Killed(), run_of(TRAINING, ended(signal=9, oom_killed=True)))  # out-of-memory says so
    no_memory = ["  what():  std::bad_alloc"]
    quiet(Killed(), run_of(TRAINING, ended(signal=6, last_words=no_memory)))
    asked = events.SignalRequested(id="1", signal=15)
    quiet(Killed(), run_of(TRAINING, asked, ended(signal=15)))
