"""Memory that grows with the steps."""

from __future__ import annotations

from collections.abc import Callable

from tests.builders import epoch, fit, host, run_of, source, steps
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.memory_leak import MemoryLeak
from tuimon.state import Run

MiB = 2**20


def resident(size: Callable[[int], float], epochs: int = 5, *before: events.Event, planned: int = 5) -> Run:
    """Epochs of 80 steps with so many MiB at each report, four of them an epoch."""
    parts: list[events.Event] = [*before, *fit(epochs=planned, steps=80)]
    for e in range(epochs):
        for n in range(4):
            parts.append(steps(e, 20, step=20 * n + 19, rss=round(size(80 * e + 20 * n + 20) * MiB)))
        parts += epoch(e, 80, rss=round(size(80 * e + 80) * MiB))
    return run_of(parts)


def test_arrays_that_are_kept() -> None:
    finding = found(MemoryLeak(), resident(lambda step: 280 + 1.6 * step), "warning")
    assert "memory grows by 1.6 MiB per step" in finding.message
    assert finding.epoch == 0


def test_with_few_reports_the_ends_of_epochs_count() -> None:
    parts = [part for e in range(5) for part in epoch(e, 80, rss=(400 + 120 * e) * MiB)]
    reports = [steps(e, 80, step=79, rss=(400 + 120 * e) * MiB + 1) for e in range(5)]
    found(MemoryLeak(), run_of(fit(), [x for e in range(5) for x in (reports[e], *parts[2 * e : 2 * e + 2])]))


def test_a_limit_that_will_be_reached_makes_it_an_error() -> None:
    small = host(memory_total=2000 * MiB)
    run = resident(lambda step: 280 + 1.6 * step, 5, small, planned=20)
    assert "reaches the limit of 2.0 GiB in about" in found(MemoryLeak(), run, "error").message


def test_near_misses() -> None:
    quiet(MemoryLeak(), resident(lambda step: 280))
    quiet(MemoryLeak(), resident(lambda step: 280 + min(step, 80)))  # a cache that the first epoch fills
    quiet(MemoryLeak(), resident(lambda step: 280 + min(step, 150)))  # it has levelled off
    quiet(MemoryLeak(), resident(lambda step: 280 + 0.1 * step))  # 32 MiB in all
    quiet(MemoryLeak(), resident(lambda step: 5000 + 0.5 * step))  # 3%
    quiet(MemoryLeak(), resident(lambda step: 280 + 1.6 * step, epochs=1))  # the first epoch fills what it needs
    one_fold = [resident(lambda step, fold=fold: 280 + 20 * fold, epochs=3) for fold in range(5)]  # type: ignore[misc]
    for run in one_fold:
        quiet(MemoryLeak(), run)


def test_a_single_long_epoch_is_judged_later() -> None:
    long = [steps(0, 100, step=100 * n + 99, rss=(300 + 10 * n) * MiB) for n in range(30)]
    found(MemoryLeak(), run_of(fit(), long), "warning")
    quiet(MemoryLeak(), run_of(fit(), source(pipeline=[{"op": "cache"}]), long))
