"""Input wait as guessed from outside, of a run that no agent measures."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tuimon import events
from tuimon.series import Series

RECENT = 30
"""Guesses, of about a second each, that "now" is the mean of."""

SMOOTHED = 10
"""Guesses that a point of the curve is the mean of: a single one is off by 14 points."""

SYSTEMATIC = 0.05
"""How far the share may be off however long one looks. Measured: see `tests/benchmarks/wait_estimate.py`."""


class Share:
    """A part of some time, known by looking at random moments."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.wait = 0.0
        self.looks = 0
        self.batches_at_most: int | None = 0

    def add(self, guess: events.WaitEstimated) -> None:
        self.seconds += guess.seconds or 0.0
        self.wait += guess.wait or 0.0
        self.looks += guess.looks
        if self.batches_at_most is not None:
            batches = guess.batches_at_most
            self.batches_at_most = None if batches is None else self.batches_at_most + batches

    @property
    def value(self) -> float | None:
        """Ratio; None before the first look."""
        return min(1.0, self.wait / self.seconds) if self.seconds > 0 else None

    @property
    def error(self) -> float:
        """By how much the ratio may be off: two standard deviations, and what no number of looks takes away."""
        if not self.looks or self.value is None:
            return 1.0
        doubt = (self.value * self.looks + 1) / (self.looks + 2)  # never certain
        return SYSTEMATIC + 2 * math.sqrt(doubt * (1 - doubt) / self.looks)

    @property
    def per_batch_at_least(self) -> float | None:
        """Seconds of wait for a batch, at least; None when not known."""
        return self.wait / self.batches_at_most if self.batches_at_most else None


class WaitEstimate:
    """All that was guessed. `shares` has a point a second; x in seconds since 1970."""

    def __init__(self) -> None:
        self.whole = Share()
        self.shares = Series()
        self.known_by = ""
        self.reason = ""  # why there is none
        self.first_at: float | None = None
        self._newest: list[events.WaitEstimated] = []

    def apply(self, guess: events.WaitEstimated) -> None:
        self.reason = guess.reason
        if guess.looks <= 0 or not guess.seconds or guess.wait is None:
            return
        if not 0 <= guess.wait < math.inf or not 0 < guess.seconds < math.inf:
            return  # nobody guesses so
        self.first_at = self.first_at if self.first_at is not None else guess.at
        self.known_by = guess.known_by or self.known_by
        self.whole.add(guess)
        self._newest = [*self._newest, guess][-RECENT:]
        smooth = _together(self._newest[-SMOOTHED:])
        if smooth.value is not None:
            self.shares.append(guess.at, smooth.value)

    @property
    def recent(self) -> Share:
        return _together(self._newest)


def _together(guesses: Iterable[events.WaitEstimated]) -> Share:
    share = Share()
    for guess in guesses:
        share.add(guess)
    return share
