"""A run's journal as it grows, wherever the run is: a `tuimon.source.Source` for screens, headless mode, exporters."""

from __future__ import annotations

import time
from collections.abc import Iterable

from tuimon import events
from tuimon.checkpoints import store
from tuimon.journal import Tail
from tuimon.runs import RunDirectory
from tuimon.state import Restored

LOOK_EVERY = 1.0
"""Seconds between two looks at who is alive."""


class Follow:
    """Hands out all of the journal, from a state that is kept or from its start, then what is added to it.

    When nobody is left who could record how the run ended, it ends with `events.RunLost`, at the time of the newest
    event.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self.directory = directory
        self._found = store.restored(directory.journal)
        self._tail = Tail(directory.journal, self._found[1] if self._found else 0)
        self._newest = 0.0
        self._child_ended = self._supervisor_ended = False
        self._remaining = False  # processes of the run that outlive the script
        self._looked = time.monotonic()
        self._ended = False

    @property
    def ended(self) -> bool:
        return self._ended

    @property
    def caught_up(self) -> bool:
        """What was on disk at the last `take` has been handed out."""
        return self._tail.caught_up

    @property
    def unreadable(self) -> int:
        """Lines that could not be read."""
        return self._tail.unreadable

    def take(self, budget: float) -> list[events.Event]:
        if self._found is not None:
            restored, self._found = self._found[0], None
            return self._resumed(restored)
        if self._ended:
            return []
        ready = self._read(budget)
        if not ready and self.caught_up and time.monotonic() - self._looked >= LOOK_EVERY:
            self._looked = time.monotonic()
            ready = self._look()
        return ready

    def _resumed(self, restored: Restored) -> list[events.Event]:
        """Begin with what is kept of the journal's beginning."""
        self._newest = restored.at
        self._child_ended = restored.state.child_ended is not None
        self._remaining = bool(restored.state.left)
        self._supervisor_ended = restored.state.supervisor_ended is not None
        self._ended = self._over and self._tail.place == self.directory.journal.stat().st_size
        return [restored]

    @property
    def _over(self) -> bool:
        """As far as was read, nobody is left who could add anything."""
        return self._child_ended and self._supervisor_ended and not self._remaining

    def _read(self, budget: float | None) -> list[events.Event]:
        ready = self._tail.take(budget)
        for event in ready:
            self._newest = max(self._newest, event.at)
            if isinstance(event, events.ChildEnded):
                self._child_ended = True
            elif isinstance(event, events.ProcessesRemained):
                self._remaining = bool(event.pids)
            elif isinstance(event, events.SupervisorStarted | events.SupervisorEnded):
                self._supervisor_ended = isinstance(event, events.SupervisorEnded)
        self._ended = self._over and self.caught_up
        return ready

    def _look(self) -> list[events.Event]:
        """Whether anybody is alive; what was written in the meantime."""
        abandoned = self._child_ended and not self.directory.elsewhere() and not self.directory.supervised()
        lost = None if self._child_ended else self.directory.lost()
        ready: list[events.Event] = list(self._read(None))
        if abandoned and not self.directory.remaining():
            self._ended = True
        elif lost and not self._child_ended:
            self._ended = True
            ready.append(events.RunLost(at=self._newest, reason=lost))
        return ready


class Recorded:
    """A journal, or another log's events, from its start to where it ends now."""

    def __init__(self, those: Iterable[events.Event]) -> None:
        self._those = iter(those)
        self._ended = False

    @property
    def ended(self) -> bool:
        return self._ended

    def take(self, budget: float) -> list[events.Event]:
        deadline = time.perf_counter() + budget
        ready: list[events.Event] = []
        for event in self._those:
            ready.append(event)
            if len(ready) % 256 == 0 and time.perf_counter() > deadline:
                return ready
        self._ended = True
        return ready
