"""The time between two readings of what graphs have summed up, by a steady clock and by the one that graphs read.

`Timestamp` tells the machine's clock. Where it is set while a batch is waited for, or the machine sleeps meanwhile, the
wait is wrong by as much; how much that is can be known.
"""

from __future__ import annotations

import time
from typing import Tuple

NOISE = 0.001
"""Seconds between the two clocks that tell nothing: they are read one after the other."""


class Elapsed:
    """`passed` are the seconds since the last batches came, `jumped` what the machine's clock has shown beside them."""

    def __init__(self) -> None:
        self.passed = self.jumped = 0.0
        self._at, self._ahead = _read()

    def look(self) -> None:
        """To be called before a sum is read."""
        at, ahead = _read()
        self.passed += at - self._at
        if abs(ahead - self._ahead) > NOISE:
            self.jumped += ahead - self._ahead
        self._at, self._ahead = at, ahead

    def split(self, value: float, batch: float) -> Tuple[int, float]:
        """Batches, and the seconds that they were waited for, of a sum in which each batch stands for so many seconds.
        What is known of the clock begins anew."""
        passed, jumped = self.passed, self.jumped
        self.passed = self.jumped = 0.0
        batches, seconds = _split(value, batch)
        if not jumped or 0.0 <= seconds <= passed:
            return batches, seconds
        batches, seconds = _split(value - jumped, batch)
        return batches, min(max(0.0, seconds), passed)


class Waits(Elapsed):
    """Corrects a sum of seconds that only grows."""

    def __init__(self) -> None:
        super().__init__()
        self._sum = self._corrected = 0.0

    def seconds(self, sum_so_far: float) -> float:
        """The sum as it would be had nobody set the clock."""
        more, self._sum = sum_so_far - self._sum, sum_so_far
        if not more:
            return self._corrected
        passed, jumped = self.passed, self.jumped
        self.passed = self.jumped = 0.0
        if jumped and not 0.0 <= more <= passed:
            more = min(max(0.0, more - jumped), passed)
        self._corrected += more
        return self._corrected


def _split(value: float, batch: float) -> Tuple[int, float]:
    batches = round(value / batch)
    return batches, value - batches * batch


def _read() -> Tuple[float, float]:
    at = time.perf_counter()
    return at, time.time() - at
