"""Steps that take longer and longer."""

from __future__ import annotations

from collections.abc import Callable

from tests.builders import fit, host, run_of, steps
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.slowing_down import SlowingDown
from tuimon.state import Run


def paced(
    seconds: Callable[[int], float],
    reports: int = 40,
    others: Callable[[int], float] | None = None,
    fastest: float | None = None,
) -> Run:
    """Reports of ten steps each, with so many seconds per step, on a machine that others use so much."""
    parts: list[events.Event] = [*fit()]
    for n in range(reports):
        single = [fastest, seconds(n)] if fastest else []
        parts.append(steps(0, 10, step=10 * n + 9, seconds=10 * seconds(n), durations=single))
        if others:
            parts.append(host(cpu_ratio=0.25 + others(n), cpu_cores=1.0, cores=4))
    return run_of(parts)


def test_steps_that_grow() -> None:
    finding = found(SlowingDown(), paced(lambda n: 0.002 + 0.0015 * n), "warning")
    assert "(limit 2 times), rising all the while" in finding.message


def test_near_misses() -> None:
    quiet(SlowingDown(), paced(lambda n: 0.01))
    quiet(SlowingDown(), paced(lambda n: 0.0002 + 0.00005 * n))  # microseconds
    quiet(SlowingDown(), paced(lambda n: 0.02 + 0.0002 * n))  # by half
    quiet(SlowingDown(), paced(lambda n: 0.06 if n > 30 else 0.01))  # a jump, not a rise
    quiet(SlowingDown(), paced(lambda n: 0.002 + 0.0015 * n, reports=9))  # too few steps
    quiet(SlowingDown(), paced(lambda n: 0.002 + 0.0015 * n, others=lambda n: 0.018 * n))  # others came
    quiet(SlowingDown(), paced(lambda n: 0.002 + 0.0015 * n, fastest=0.002))  # some are as fast as ever


def test_steps_that_go_up_and_down() -> None:
    quiet(SlowingDown(), paced(lambda n: (0.010 + 0.001 * n) * (1.0, 1.8)[n % 2]))
