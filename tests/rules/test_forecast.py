"""When a limit will be reached."""

from __future__ import annotations

import pytest

from tests.builders import host, run_of
from tuimon.rules import forecast
from tuimon.rules.memory_near_limit import MemoryNearLimit
from tuimon.series import Series

GIB = 2**30


def series(*values: float) -> Series:
    made = Series()
    for second, value in enumerate(values):
        made.append(float(second), value)
    return made


def test_a_steady_rise_goes_on() -> None:
    assert forecast.seconds_left(series(*(10.0 * n for n in range(60))), 1000.0, 59.0) == pytest.approx(41.0)


def test_only_the_newest_past_counts() -> None:
    quiet_then_rising = series(*[0.0] * 400, *(10.0 * n for n in range(130)))
    assert forecast.seconds_left(quiet_then_rising, 2000.0, 529.0) == pytest.approx(71.0)


@pytest.mark.parametrize(
    "values",
    [
        [5.0] * 60,
        [float(n) for n in range(10)],  # too few
        [100.0 - n for n in range(60)],
        [10.0 * n for n in range(30)] + [300.0] * 30,  # it has levelled off
        [50.0 + 30 * (-1) ** n + 0.1 * n for n in range(60)],  # up and down
        [0.0001 * n for n in range(60)],  # for months
    ],
)
def test_no_forecast_without_a_steady_rise(values: list[float]) -> None:
    assert forecast.seconds_left(series(*values), 1000.0, len(values) - 1.0) is None


def test_nothing_is_foretold_beyond_the_limit() -> None:
    assert forecast.seconds_left(series(*(10.0 * n for n in range(60))), 500.0, 59.0) is None


def test_a_finding_says_how_long_it_takes() -> None:
    used = [7 * GIB + n * GIB // 128 for n in range(100)]
    run = run_of([host(memory_limit=8 * GIB, memory_in_cgroup=each) for each in used])
    (finding,) = MemoryNearLimit().check(run)
    assert "at this pace it is full in about 29 s" in finding.message
    assert finding.numbers["seconds_left"] == pytest.approx(29.0, abs=0.1)
