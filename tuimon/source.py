"""Where events come from, for whoever folds them: a journal that is still growing, or one played at some pace.

A screen, headless mode and every exporter take a `Source` and cannot tell which one it is.
"""

from __future__ import annotations

from typing import Protocol

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
