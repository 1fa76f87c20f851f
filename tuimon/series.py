"""Bounded numeric columns: append for ever, draw from a few thousand points, lose no extreme."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

CAPACITY = 4096
"""Points kept of one series. When it is full, neighbours are merged two by two."""

MAX_MARKS = 256
"""Non-finite points kept apart, the first ones."""


class Point(NamedTuple):
    """One drawn point: the value last seen at `x`, and the lowest and highest finite value since the point before."""

    x: float
    last: float
    low: float
    high: float


class Series:
    """Values over a growing x (time, step or epoch).

    Each point has its last, lowest and highest value, so that merging neighbours keeps every extreme. Non-finite values
    are kept as marks and drawn as events; they never enter a point, but the finite extremes that came with one do, and
    the highest of them stands for the last. A missing value (None) is not appended: the gap is
    in x. An x lower than the one before is taken as equal to it.
    """

    __slots__ = ("_high", "_last", "_low", "_pending", "_x", "capacity", "count", "marks", "non_finite", "stride")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity: int = max(4, capacity)
        self.stride = 1
        self.count = 0
        self.non_finite = 0
        self.marks: list[tuple[float, float]] = []
        self._x = array("d")
        self._last = array("d")
        self._low = array("d")
        self._high = array("d")
        self._pending = 0

    def __len__(self) -> int:
        return len(self._x)

    def __iter__(self) -> Iterator[Point]:
        return map(Point, self._x, self._last, self._low, self._high)

    def append(self, x: float, last: float, low: float | None = None, high: float | None = None) -> None:
        """Add a value with, where it stands for several, the lowest and highest of them."""
        self.count += 1
        if self._pending:  # by far the most frequent: finite, and to be merged
            if low is None and high is None:
                if last - last == 0.0:
                    self._merge(x, last, last, last)
                    return
            elif low is not None and high is not None and low <= last <= high and high - low < math.inf:
                self._merge(x, last, low, high)
                return
        if not math.isfinite(last):
            self.non_finite += 1
            if len(self.marks) < MAX_MARKS:
                self.marks.append((x, last))
            finite = [value for value in (low, high) if value is not None and math.isfinite(value)]
            if not finite:
                return
            last = max(finite)
        low = last if low is None or not math.isfinite(low) else min(low, last)
        high = last if high is None or not math.isfinite(high) else max(high, last)
        if self._pending:
            self._merge(x, last, low, high)
            return
        if len(self._x) >= self.capacity:
            self._halve()
        self._x.append(max(x, self._x[-1]) if self._x else x)
        self._last.append(last)
        self._low.append(low)
        self._high.append(high)
        self._pending = 1 % self.stride

    def _merge(self, x: float, last: float, low: float, high: float) -> None:
        """Into the newest point, which does not stand for as many values as the others yet."""
        self._last[-1] = last
        if x > self._x[-1]:
            self._x[-1] = x
        if low < self._low[-1]:
            self._low[-1] = low
        if high > self._high[-1]:
            self._high[-1] = high
        self._pending = (self._pending + 1) % self.stride

    def _halve(self) -> None:
        tail = slice(len(self._x) // 2 * 2, None)  # an odd one stays as it is
        pairs = len(self._x) // 2 * 2
        self._x = self._x[1:pairs:2] + self._x[tail]
        self._last = self._last[1:pairs:2] + self._last[tail]
        self._low = array("d", map(min, self._low[0:pairs:2], self._low[1:pairs:2])) + self._low[tail]
        self._high = array("d", map(max, self._high[0:pairs:2], self._high[1:pairs:2])) + self._high[tail]
        self.stride *= 2

    @property
    def latest(self) -> Point | None:
        return Point(self._x[-1], self._last[-1], self._low[-1], self._high[-1]) if self._x else None

    @property
    def low(self) -> float | None:
        return min(self._low) if self._low else None

    @property
    def high(self) -> float | None:
        return max(self._high) if self._high else None

    def between(self, first: float, last: float) -> list[Point]:
        """The points with first <= x <= last."""
        span = range(bisect_left(self._x, first), bisect_right(self._x, last))
        return [Point(self._x[i], self._last[i], self._low[i], self._high[i]) for i in span]

    def at(self, x: float) -> Point | None:
        """The newest point at or before `x`."""
        index = bisect_right(self._x, x) - 1
        if index < 0:
            return None
        return Point(self._x[index], self._last[index], self._low[index], self._high[index])

    def newest(self, count: int) -> list[Point]:
        """The last `count` points."""
        span = range(max(0, len(self._x) - count), len(self._x))
        return [Point(self._x[i], self._last[i], self._low[i], self._high[i]) for i in span]

    def buckets(self, edges: Sequence[float]) -> list[Point | None]:
        """One point for each pair of neighbouring `edges` (first < x <= last), made of all that lie there, else None.

        The cost is that of the points, in C; a chart asks for as many buckets as it has columns.
        """
        cuts = [bisect_right(self._x, edge) for edge in edges]
        return [
            Point(self._x[last - 1], self._last[last - 1], min(self._low[first:last]), max(self._high[first:last]))
            if last > first
            else None
            for first, last in pairwise(cuts)
        ]
