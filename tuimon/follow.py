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
    event; where the journal took no more and `run.json` tells the end, with that.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self.directory = directory
        self._found = store.restored(directory.journal)
        self._tail = Tail(directory.journal, self._found[1] if self._found else 0)
        self._newest = 0.0
        self._child_ended = False
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
        self._ended = self._child_ended and restored.state.supervisor_ended is not None
        return [restored]

    def _read(self, budget: float | None) -> list[events.Event]:
        ready = self._tail.take(budget)
        for event in ready:
            self._newest = max(self._newest, event.at)
            if isinstance(event, events.ChildEnded):
                self._child_ended = True
            elif isinstance(event, events.SupervisorEnded):
                self._ended = self._child_ended
        return ready

    def _look(self) -> list[events.Event]:
        """Whether anybody is alive; what was written in the meantime."""
        abandoned = self._child_ended and not self.directory.elsewhere() and not self.directory.supervised()
        lost = None if self._child_ended else self.directory.lost()
        beside = [] if self._child_ended else end_beside(self.directory, self._newest)
        ready: list[events.Event] = list(self._read(None))
        if abandoned:
            self._ended = True
        elif lost and not self._child_ended:
            self._ended = True
            ready.append(events.RunLost(at=self._newest, reason=lost))
        elif beside and not self._child_ended:
            self._ended = True
            ready += beside
        return ready


def end_beside(directory: RunDirectory, newest: float) -> list[events.Event]:
    """How the run ended, where `run.json` tells it and nobody will write it into the journal any more: that reached a
    limit of the size of files, say. Empty where `run.json` does not tell it, or somebody is there."""
    summary = directory.read()
    if summary.ended_at is None or directory.elsewhere() or directory.supervised():
        return []
    at = max(newest, summary.ended_at)
    return [
        events.GapRecorded(at=at, what="host", since=newest, until=at, reason="the end of the journal is missing"),
        events.ChildEnded(at=at, pid=summary.pid or 0, exit_code=summary.exit_code, signal=summary.signal),
    ]


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
