"""Writes the journal, and gets a full disk over: what matters waits in memory until there is room again."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

from tuimon import events, ownership, wire
from tuimon.journal import Journal

ROOM = 4 * 1024 * 1024
"""Bytes of events that may wait in memory while nothing can be written."""

RESERVE = 128 * 1024
"""Bytes on disk that are given up when the last facts of a run would not fit otherwise."""

SAMPLES = (events.HostSampled, events.GpusSampled, events.WaitEstimated, events.OutputGrew)
"""Come again every second: not worth keeping while nothing can be written."""


class Recorder:
    def __init__(self, directory: Path) -> None:
        self.journal = Journal(directory)
        self.newest = 0.0  # time of the newest event
        self._reserve = directory / "reserve"
        self._waiting: deque[bytes] = deque()
        self._room = ROOM
        self._paused_since: float | None = None
        self._reason = ""
        self._lost = 0
        self._set_aside()

    def record(self, event: events.Event, line: bytes | None = None) -> None:
        """Write an event down, as `line` where it came encoded. Never raises for want of room."""
        self.newest = max(self.newest, event.at)
        line = line if line is not None else wire.encode(event)
        if self._paused_since is None:
            try:
                self.journal.append_line(line)
                return
            except OSError as error:
                self._paused_since, self._reason = event.at, error.strerror or str(error)
        self._keep(event, line)

    def _keep(self, event: events.Event, line: bytes) -> None:
        if isinstance(event, SAMPLES):
            return
        if len(line) > self._room:
            self._lost += 1
            return
        self._room -= len(line)
        self._waiting.append(line)

    @property
    def paused(self) -> bool:
        return self._paused_since is not None

    def resume(self, now: float) -> None:
        """Try again, where recording is paused; when it goes on, write what waited and say what is missing."""
        if self._paused_since is None:
            return
        try:
            self.journal.finish()
            while self._waiting:
                self.journal.append_line(self._waiting[0])
                self._room += len(self._waiting.popleft())
        except OSError:
            return
        since, lost, reason = self._paused_since, self._lost, f"recording paused: {self._reason}"
        self._paused_since, self._lost, self._room = None, 0, ROOM
        self.record(events.GapRecorded(at=now, what="host", since=since, until=now, reason=reason))
        if lost:
            self.record(events.EventsLost(at=now, count=lost, since=since, reason=reason))

    def close(self, now: float) -> bool:
        """Write what waits, into the space that was set aside if need be. False when it could not be written."""
        self._reserve.unlink(missing_ok=True)
        self.resume(now)
        self.journal.close()
        return not self.paused

    def _set_aside(self) -> None:
        try:
            fd = ownership.open_own(self._reserve, os.O_WRONLY | os.O_CREAT)
        except OSError:
            return
        try:
            os.posix_fallocate(fd, 0, RESERVE)
        except OSError:
            self._reserve.unlink(missing_ok=True)
        finally:
            os.close(fd)
