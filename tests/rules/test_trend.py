"""Statistics that outliers do not turn."""

from __future__ import annotations

import pytest

from tuimon.rules import trend


def test_one_outlier_does_not_turn_a_slope() -> None:
    points = [(float(x), 2.0 * x) for x in range(20)]
    points[7] = (7.0, 1e9)
    assert trend.slope(points) == pytest.approx(2.0, rel=0.01)


def test_a_slope_needs_two_places() -> None:
    assert trend.slope([]) is None
    assert trend.slope([(1.0, 1.0), (1.0, 2.0)]) is None


def test_many_points_are_thinned_with_both_ends() -> None:
    points = [(float(x), 0.0) for x in range(10_000)]
    kept = trend.thinned(points, 48)
    assert len(kept) == 48
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]


def test_windows_are_medians_of_equal_parts() -> None:
    assert trend.windows([1, 1, 2, 2, 3, 99], 3) == [1, 2, 51]
    assert trend.windows([1, 2], 3) == []


def test_rising() -> None:
    assert trend.rising([1, 2, 3])
    assert not trend.rising([1, 1, 2])


@pytest.mark.parametrize(
    ("hits", "trials", "chance", "expected"),
    [(1, 1, 0.5, 0.5), (2, 2, 0.5, 0.25), (0, 5, 0.1, 1.0), (3, 3, 1.0, 1.0), (3, 3, 0.0, 0.0), (9, 10, 0.9, 0.7361)],
)
def test_binomial_tail(hits: int, trials: int, chance: float, expected: float) -> None:
    assert trend.at_least(hits, trials, chance) == pytest.approx(expected, abs=1e-4)


def test_outliers() -> None:
    assert trend.outliers([1.0] * 30 + [9.0], 3.0) == [30]
    assert trend.outliers([1.0] * 30, 3.0) == []


def test_growing_tells_a_rise_from_noise() -> None:
    assert trend.growing([1.0, 2.0, 3.0, 4.0]) == 1.0
    assert trend.growing([1.0, 3.0, 2.0, 4.0]) == pytest.approx(5 / 6)
    assert trend.growing([4.0, 3.0, 2.0]) == 0.0
    assert trend.growing([1.0]) == 0.5
