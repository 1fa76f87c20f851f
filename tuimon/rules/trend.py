"""Trends and chances: small statistics that a few outliers cannot turn."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from statistics import median

MOST_POINTS = 48
"""Points that a slope is taken of: all pairs of them are compared."""


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """The Theil–Sen slope: the median of the slopes of all pairs. None with fewer than two different x."""
    those = thinned(points, MOST_POINTS)
    slopes = [
        (y2 - y1) / (x2 - x1) for index, (x1, y1) in enumerate(those) for x2, y2 in those[index + 1 :] if x2 != x1
    ]
    return median(slopes) if slopes else None


def thinned(points: Sequence[tuple[float, float]], most: int) -> Sequence[tuple[float, float]]:
    """At most `most` of them, evenly spread, the first and the last among them."""
    if len(points) <= most:
        return points
    last = len(points) - 1
    return [points[round(index * last / (most - 1))] for index in range(most)]


def windows(values: Sequence[float], count: int) -> list[float]:
    """The medians of `count` consecutive parts of about the same length. Empty with fewer values than parts."""
    if len(values) < count:
        return []
    edges = [round(index * len(values) / count) for index in range(count + 1)]
    return [median(values[first:last]) for first, last in itertools.pairwise(edges)]


def rising(values: Sequence[float]) -> bool:
    """Each is higher than the one before."""
    return all(one < other for one, other in itertools.pairwise(values))


def growing(values: Sequence[float]) -> float:
    """The share of pairs of which the later value is higher: 1 for a clean rise, a half for noise."""
    those = [value for _, value in thinned(list(enumerate(values)), MOST_POINTS)]
    pairs = list(itertools.combinations(those, 2))
    return sum(one < other for one, other in pairs) / len(pairs) if pairs else 0.5


def at_least(hits: int, trials: int, chance: float) -> float:
    """The probability of `hits` or more in independent `trials` with this `chance` each."""
    if hits <= 0 or chance >= 1.0:
        return 1.0
    if chance <= 0.0:
        return 0.0
    log, log_not = math.log(chance), math.log1p(-chance)
    return min(
        1.0,
        sum(
            math.exp(
                math.lgamma(trials + 1)
                - math.lgamma(k + 1)
                - math.lgamma(trials - k + 1)
                + k * log
                + (trials - k) * log_not
            )
            for k in range(hits, trials + 1)
        ),
    )


def outliers(values: Sequence[float], deviations: float) -> list[int]:
    """Indices of the values that lie more than so many standard deviations above the mean."""
    if len(values) < 2:
        return []
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    return [index for index, value in enumerate(values) if deviation and value > mean + deviations * deviation]
