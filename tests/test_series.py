"""A series stays small for ever, and no extreme is lost on the way."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimon.series import CAPACITY, MAX_MARKS, Point, Series

FINITE = st.floats(-1e12, 1e12)
VALUE = FINITE | st.sampled_from([math.nan, math.inf, -math.inf])


def series_of(values: list[float], capacity: int = CAPACITY) -> Series:
    series = Series(capacity)
    for x, value in enumerate(values):
        series.append(x, value)
    return series


def test_what_fits_is_kept_as_it_is() -> None:
    assert list(series_of([3.0, 1.0])) == [Point(0, 3.0, 3.0, 3.0), Point(1, 1.0, 1.0, 1.0)]


@given(st.lists(VALUE, max_size=200), st.integers(4, 12))
def test_whatever_comes_it_is_bounded_and_keeps_its_extremes(values: list[float], capacity: int) -> None:
    series = series_of(values, capacity)
    finite = [value for value in values if math.isfinite(value)]
    points = list(series)

    assert len(points) <= capacity
    assert series.count == len(values)
    assert series.non_finite == len(values) - len(finite)
    assert [x for x, _ in series.marks] == [x for x, value in enumerate(values) if not math.isfinite(value)]
    assert series.low == min(finite, default=None)
    assert series.high == max(finite, default=None)
    assert [point.x for point in points] == sorted(point.x for point in points)
    if finite:
        assert points[-1].last == finite[-1]
    for point in points:
        assert point.low <= point.last <= point.high


@given(st.lists(FINITE, min_size=1, max_size=300), st.integers(4, 12))
def test_each_point_tells_of_all_the_values_since_the_one_before(values: list[float], capacity: int) -> None:
    begin = 0
    for point in series_of(values, capacity):
        end = int(point.x) + 1
        assert (point.last, point.low, point.high) == (
            values[end - 1],
            min(values[begin:end]),
            max(values[begin:end]),
        )
        begin = end
    assert begin == len(values)


def test_a_spike_among_a_million_values_stays() -> None:
    series = Series()
    for x in range(1_000_000):
        series.append(x, 99.0 if x == 123_456 else 1.0)

    assert series.high == 99.0
    (spike,) = [point for point in series if point.high == 99.0]
    assert abs(spike.x - 123_456) <= series.stride
    assert len(series) <= CAPACITY


def test_the_first_marks_are_kept_and_all_are_counted() -> None:
    series = series_of([math.nan] * (MAX_MARKS + 10))

    assert (series.non_finite, len(series.marks), len(series)) == (MAX_MARKS + 10, MAX_MARKS, 0)


def test_extremes_that_came_with_a_value_are_kept_with_it() -> None:
    series = Series()
    series.append(1, 0.5, 0.1, 0.9)
    series.append(2, math.nan, 0.2, 0.8)
    series.append(3, 0.5, math.nan, None)

    assert list(series) == [Point(1, 0.5, 0.1, 0.9), Point(2, 0.8, 0.2, 0.8), Point(3, 0.5, 0.5, 0.5)]
    assert [x for x, _ in series.marks] == [2]


def test_an_x_that_goes_back_is_taken_as_equal() -> None:
    series = Series()
    for x in (1.0, 5.0, 3.0):
        series.append(x, x)

    assert [point.x for point in series] == [1.0, 5.0, 5.0]


def test_what_is_asked_of_it() -> None:
    series = series_of([float(value) for value in range(10)])

    assert [point.x for point in series.between(2, 4)] == [2, 3, 4]
    assert [point.x for point in series.newest(2)] == [8, 9]
    assert series.at(4.5) == Point(4, 4.0, 4.0, 4.0)
    assert series.at(-1) is None
    assert series.buckets([-1, 2, 2, 9]) == [Point(2, 2.0, 0.0, 2.0), None, Point(9, 9.0, 3.0, 9.0)]


@pytest.mark.parametrize("ask", ["latest", "low", "high"])
def test_an_empty_one_knows_nothing(ask: str) -> None:
    assert getattr(Series(), ask) is None
