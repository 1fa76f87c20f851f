"""A recording played at some pace: a `tuimon.source.Playable` over anything that can be read from its start again."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tuimon import events
from tuimon.state import Restored

SLOWEST, FASTEST = 0.25, 1000.0
"""The paces that a screen offers, beside as fast as possible (infinity)."""

LONGEST_PAUSE = 2.0
"""Seconds for which nothing is shown at most: what the recording waited longer for is skipped."""

MOST_AT_ONCE = 2000
"""Events between two looks at the clock."""


@dataclass(frozen=True)
class Survey:
    """What must be known of a recording before it is played: the times of its ends, and of each epoch's beginning.

    `kept` are the times of which a state is kept.
    """

    span: tuple[float, float]
    epochs: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)


Opened = Callable[[float, float], Iterator[events.Event]]
"""Gives the same events each time it is called; but may begin with a `Restored` state that is no later than a time, and
after no more than a number of events."""


class Player:
    """Plays what `opened` gives.

    Nothing is kept of what has been played: going back reads the recording again, from a state that was kept or from
    its start, up to the place that is wanted.
    """

    def __init__(
        self,
        opened: Opened,
        survey: Survey,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.restarts = 0
        self._paused = False
        self._opened, self._clock = opened, clock
        self._survey = survey
        self._speed = speed
        self._wanted = -math.inf  # everything up to this time is due at once
        self._wanted_events = 0  # and so many events
        self._begin(*((math.inf, math.inf) if math.isinf(speed) else (-math.inf, 0.0)))

    def _begin(self, at: float, most: float) -> None:
        self._events = self._opened(at, most)
        self._next = next(self._events, None)
        self._played = 0
        self._position = self.span[0]
        self._since = self._clock()  # when `_position` was shown

    # --- what a source gives

    @property
    def ended(self) -> bool:
        return self._next is None and not self.paused

    def take(self, budget: float) -> list[events.Event]:
        ready: list[events.Event] = []
        deadline = time.perf_counter() + budget
        until = self._due()
        while self._next is not None and (self._played < self._wanted_events or self._is_due(self._next, until)):
            ready.append(self._hand_out(self._next))
            if len(ready) % MOST_AT_ONCE == 0 and time.perf_counter() > deadline:
                return ready
        if not self.paused and self._next is not None and until > self._position and math.isfinite(until):
            self._move(until)
        return ready

    def _due(self) -> float:
        """The time of the recording that has come by now."""
        if self.paused:
            return self._wanted
        if math.isinf(self._speed):
            return math.inf
        now = self._position + (self._clock() - self._since) * self._speed
        if self._next is not None and self._next.at - now > LONGEST_PAUSE * self._speed:
            now = self._next.at - LONGEST_PAUSE * self._speed if now < self._next.at else now
        return max(now, self._wanted)

    def _is_due(self, event: events.Event, until: float) -> bool:
        # Headers have no time of their own, and nothing waits for them.
        return event.at <= until or not event.at

    def _hand_out(self, event: events.Event) -> events.Event:
        self._played += event.state.events if isinstance(event, Restored) else 1
        if event.at > self._position:
            self._move(event.at)
        self._next = next(self._events, None)
        return event

    def _move(self, position: float) -> None:
        self._position, self._since = position, self._clock()

    # --- what a screen asks for

    @property
    def paused(self) -> bool:
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._since = self._clock()  # the time that it stood still does not count
        self._paused = paused

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._since = self._clock()
        self._speed = speed if math.isinf(speed) else min(FASTEST, max(SLOWEST, speed))

    @property
    def position(self) -> float:
        return self._position

    @property
    def span(self) -> tuple[float, float]:
        return self._survey.span

    @property
    def epochs(self) -> Sequence[float]:
        return self._survey.epochs

    def whole(self) -> Iterator[events.Event]:
        return self._opened(math.inf, math.inf)

    def seek(self, at: float) -> None:
        at = min(max(at, self.span[0]), self.span[1])
        self._wanted_events = 0
        if at < self._position or any(self._position < kept <= at for kept in self._survey.kept):
            self._restart(at, math.inf)
        self._wanted = at
        self._move(at)

    def step(self, by: int) -> None:
        self.paused = True
        self._wanted = -math.inf
        self._wanted_events = max(1, self._played + by)
        if by < 0:
            self._restart(math.inf, self._wanted_events)

    def _restart(self, at: float, most: float) -> None:
        self.restarts += 1
        self._begin(at, most)


def survey(recording: Iterable[events.Event]) -> Survey:
    """Reads all of it."""
    first, last = math.inf, 0.0
    epochs: list[float] = []
    for event in recording:
        if event.at:
            first, last = min(first, event.at), max(last, event.at)
            if isinstance(event, events.EpochStarted):
                epochs.append(event.at)
    return Survey((first, last) if last else (0.0, 0.0), epochs)
