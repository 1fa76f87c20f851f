"""The lines of a journal without which the rest of it cannot be understood, kept in memory to be written again."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import NamedTuple

from tuimon import events

ROOM = 1 << 20
"""Bytes of lines that are kept about fits and processes, and as many of the history."""

OF_RUN = (events.JournalOpened, events.RunStarted, events.ChildStarted)
OF_PROCESS = (events.SupervisorStarted, events.AgentStarted, events.FrameworkSeen, events.DevicesSeen)
OF_FIT = (events.FitStarted, events.SourceDescribed, events.ModelDescribed, events.EpochStarted, events.FitEnded)
HISTORY = (events.EpochEnded, events.ValidationEnded, events.ExceptionRaised, events.EventsLost, events.GapRecorded)
"""One line for each epoch, and what went wrong."""

WAITING = math.inf
"""The place of a line that is not written yet."""


class Line(NamedTuple):
    number: int
    place: float  # the byte of the journal behind it
    event: events.Event
    bytes: bytes


class Essentials:
    """Keeps the newest line of each fact that the fold builds on, and the newest lines about epochs."""

    def __init__(self) -> None:
        self._of_run: dict[Hashable, Line] = {}
        self._of_fits = Newest()
        self._history = Newest()
        self._number = 0

    def add(self, event: events.Event, line: bytes, place: float) -> None:
        """`place` is the byte of the journal behind the line, or `WAITING`."""
        self._number += 1
        kind = type(event).__name__
        kept = Line(self._number, place, event, line)
        if isinstance(event, OF_RUN):
            self._of_run[kind] = kept
        elif isinstance(event, OF_PROCESS + OF_FIT):
            parts = (getattr(event, name, None) for name in ("pid", "fit", "role"))
            self._of_fits.put((kind, *parts), kept)
        elif isinstance(event, HISTORY):
            self._history.put(line, kept)

    def behind(self, place: int) -> list[Line]:
        """The lines that were written after this byte of the journal, in their order."""
        every = [*self._of_run.values(), *self._of_fits.lines.values(), *self._history.lines.values()]
        return sorted((line for line in every if place < line.place < WAITING), key=lambda line: line.number)


class Newest:
    """As many of the newest lines as there is room for."""

    def __init__(self) -> None:
        self.lines: dict[Hashable, Line] = {}
        self._room = ROOM

    def put(self, key: Hashable, line: Line) -> None:
        before = self.lines.pop(key, None)
        self._room += len(before.bytes) if before is not None else 0
        self.lines[key] = line
        self._room -= len(line.bytes)
        while self._room < 0:
            self._room += len(self.lines.pop(next(iter(self.lines))).bytes)
