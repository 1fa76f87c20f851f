"""Waits that graphs measure by a clock that is set meanwhile."""

from __future__ import annotations

import time

import pytest

from tuimon.agent import elapsed
from tuimon.agent.elapsed import Elapsed, Waits
from tuimon.agent.sums import BATCH

HOUR = 3600.0


class Moved:
    """The two clocks, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steady, self.shown = 1000.0, 1_700_000_000.0
        monkeypatch.setattr(elapsed, "time", self)

    def perf_counter(self) -> float:
        return self.steady

    def time(self) -> float:
        return self.shown

    def on(self, seconds: float, jump: float = 0.0) -> None:
        self.steady += seconds
        self.shown += seconds + jump


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Moved:
    return Moved(monkeypatch)


@pytest.mark.parametrize("jump", [0.0, 2 * HOUR, -2 * HOUR, 30 * HOUR, -30 * HOUR])
@pytest.mark.parametrize("within", [False, True])
def test_a_jump_is_no_wait(clock: Moved, jump: float, within: bool) -> None:
    known = Elapsed()
    clock.on(3.0, jump)
    known.look()
    batches, seconds = known.split(3 * BATCH + 1.5 + (jump if within else 0.0), BATCH)
    assert batches == 3
    assert seconds == pytest.approx(1.5)


def test_a_wait_that_lasts_over_several_looks(clock: Moved) -> None:
    known = Elapsed()
    for jump in (0.0, 2 * HOUR, 0.0, 0.0):
        clock.on(1.0, jump)
        known.look()
    assert known.split(BATCH + 3.5 + 2 * HOUR, BATCH) == pytest.approx((1, 3.5))
    clock.on(1.0)
    known.look()
    assert known.split(2 * BATCH + 0.25, BATCH) == pytest.approx((2, 0.25))


def test_waits_of_several_threads_are_left_alone(clock: Moved) -> None:
    known = Elapsed()
    clock.on(1.0)
    known.look()
    assert known.split(4 * BATCH + 3.9, BATCH) == pytest.approx((4, 3.9))


def test_a_growing_sum(clock: Moved) -> None:
    waits = Waits()
    clock.on(2.0)
    waits.look()
    assert waits.seconds(1.0) == 1.0
    clock.on(2.0, -HOUR)
    waits.look()
    assert waits.seconds(2.0 - HOUR) == pytest.approx(2.0)
    clock.on(2.0)
    waits.look()
    assert waits.seconds(3.5 - HOUR) == pytest.approx(3.5)


def test_the_real_clocks_do_not_jump() -> None:
    known = Elapsed()
    for _ in range(1000):
        known.look()
    assert known.jumped == 0.0
    assert known.passed < time.perf_counter()
