"""Where events come from, for whoever folds them: a journal that is still growing, or one played at some pace.

A screen, headless mode and every exporter take a `Source` and cannot tell which one it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from tuimon import events


class Source(Protocol):
    """Hands out events in order; never blocks."""

    def take(self, budget: float) -> list[events.Event]:
        """The events that are due now, as many as can be had in `budget` seconds."""
        ...

    @property
    def ended(self) -> bool:
        """Nothing will follow: everything has been handed out and the run is over."""
        ...


@runtime_checkable
class Playable(Source, Protocol):
    """A recording that is played at some pace. A screen offers keys for what is here, and for nothing else.

    Whoever folds it looks at `restarts` before each `take`: when it has risen, what follows begins at the first event
    again, and is to be folded into a fresh `Run`. Times are those of the events, seconds since 1970.
    """

    paused: bool
    speed: float
    """Seconds of the recording to a second; `math.inf` is as fast as it can be read."""

    @property
    def restarts(self) -> int: ...

    @property
    def position(self) -> float:
        """The time that has been played up to."""
        ...

    @property
    def span(self) -> tuple[float, float]:
        """The times of the first and the last event."""
        ...

    @property
    def epochs(self) -> Sequence[float]:
        """When each epoch began, as far as is known."""
        ...

    def whole(self) -> Iterator[events.Event]:
        """All events, apart from what is played; from a state that is kept where there is one."""
        ...

    def seek(self, at: float) -> None:
        """Play on from this time. Everything up to it is handed out at once."""
        ...

    def step(self, by: int) -> None:
        """Pause, and go so many events forward, or back."""
        ...
