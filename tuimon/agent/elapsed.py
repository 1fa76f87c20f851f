"""The seconds between two reads of a sum that a graph keeps, by a steady clock and by the clock that graphs read.

`Timestamp` reads the machine's clock. If that is set while a batch is waited for, or the machine sleeps, the wait is
wrong by as much; comparing the two clocks gives the amount.
"""

from __future__ import annotations

import time
from typing import Tuple

NOISE = 0.001
"""Seconds by which the two clocks may differ without one having been set: they are read one after the other."""


class Elapsed:
    """Seconds since the sum last grew: `passed` by the steady clock, and `jumped`, by which the machine's clock
    differs."""

    def __init__(self) -> None:
        self.passed = self.jumped = 0.0
        self._at, self._ahead = _read()

    def look(self) -> None:
        """Read both clocks. To be called before the sum is read."""
        at, ahead = _read()
        self.passed += at - self._at
        if abs(ahead - self._ahead) > NOISE:
            self.jumped += ahead - self._ahead
        self._at, self._ahead = at, ahead

    def split(self, value: float, batch: float) -> Tuple[int, float]:
        """The batches in a sum to which each adds `batch` seconds, and the seconds of wait in it. Resets both
        clocks."""
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
