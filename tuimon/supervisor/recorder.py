"""Writes the journal, through full disks and removed or truncated files.

While the disk is full, events other than samples wait in memory. A removed journal is restored whole; a truncated one
gets the lines again without which the rest cannot be understood.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections import deque
from pathlib import Path

from tuimon import events, ownership, wire
from tuimon.journal import Journal
from tuimon.supervisor.essentials import WAITING, Essentials

ROOM = 4 * 1024 * 1024
"""Bytes of events that may wait in memory while nothing can be written."""

RESERVE = 128 * 1024
"""Bytes on disk that are given up when the last facts of a run would not fit otherwise."""

SAMPLES = (events.HostSampled, events.GpusSampled, events.WaitEstimated, events.OutputGrew)
"""Repeated every second: not kept while nothing can be written."""


class Recorder:
    def __init__(self, directory: Path) -> None:
        self.journal = Journal(directory)
        self.newest = 0.0  # time of the newest event
        self._first = 0.0  # and of the first
        self._reserve = directory / "reserve"
        self._waiting: deque[tuple[events.Event, bytes]] = deque()
        self._room = ROOM
        self._paused_since: float | None = None
        self._reason = ""
        self._lost = 0
        self._essentials = Essentials()
        self._complained = ""
        self._set_aside()

    def record(self, event: events.Event, line: bytes | None = None) -> None:
        """Write an event down, as `line` where it came encoded. Never raises for want of room."""
        self.newest = max(self.newest, event.at)
        self._first = self._first or event.at
        line = line if line is not None else wire.encode(event)
        if not self.paused:
            try:
                if self.journal.cut:
                    self._make_good(event.at)
            except OSError as error:
                self._pause(event.at, error)
        self._write(event, line)

    def _write(self, event: events.Event, line: bytes) -> None:
        if not self.paused:
            try:
                self.journal.append_line(line)
                self._essentials.add(event, line, self.journal.size)
                return
            except OSError as error:
                self._pause(event.at, error)
        self._keep(event, line)

    def _pause(self, at: float, error: OSError) -> None:
        self._paused_since, self._reason = at, error.strerror or str(error)

    def _keep(self, event: events.Event, line: bytes) -> None:
        if isinstance(event, SAMPLES):
            return
        self._essentials.add(event, line, WAITING)
        if len(line) > self._room:
            self._lost += 1
            return
        self._room -= len(line)
        self._waiting.append((event, line))

    @property
    def paused(self) -> bool:
        return self._paused_since is not None

    def resume(self, now: float) -> None:
        """Restore the file if need be. Where recording is paused, try again; on success, write what waited and record
        what was lost."""
        self._look_after_file(now)
        if self._paused_since is None:
            return
        try:
            self.journal.finish()
            while self._waiting:
                event, line = self._waiting[0]
                self.journal.append_line(line)
                self._essentials.add(event, line, self.journal.size)
                self._waiting.popleft()
                self._room += len(line)
        except OSError:
            return
        since, lost, reason = self._paused_since, self._lost, f"recording paused: {self._reason}"
        self._paused_since, self._lost, self._room = None, 0, ROOM
        self.record(events.GapRecorded(at=now, what="host", since=since, until=now, reason=reason))
        if lost:
            self.record(events.EventsLost(at=now, count=lost, since=since, reason=reason))

    def close(self, now: float) -> bool:
        """Write what waits, into the reserved space if need be. False when it could not be written."""
        with contextlib.suppress(OSError):  # the directory may have become read-only, or be gone
            self._reserve.unlink()
        self.resume(now)
        self.journal.close()
        return not self.paused

    # --- what others do to the file

    def _look_after_file(self, now: float) -> None:
        try:
            if self.journal.cut:
                self._make_good(now)
            if self.journal.removed:
                self.journal.put_back()
                self._complain("the journal was removed; it has been put back whole")
            self._complained = ""
        except OSError as error:
            if error.errno == errno.ESTALE:
                self._begin_anew(now)
            else:
                self._complain(f"the journal was removed, and cannot be put back: {error.strerror or error}")

    def _make_good(self, at: float, everything: bool = False) -> None:
        """Write again what is kept of the lost lines, and record the gap. Raises OSError."""
        self.journal.mend()
        since = self.journal.newest() or self._first
        reason = "the journal was deleted" if everything or not self.journal.size else "the journal was cut short"
        for line in self._essentials.behind(-1 if everything else self.journal.size):
            self._write(line.event, line.bytes)
        gap = events.GapRecorded(at=at, what="everything", since=since, until=at, reason=reason)
        self._write(gap, wire.encode(gap))

    def _begin_anew(self, at: float) -> None:
        """On a network file system, a file that another machine removed can no longer be read."""
        try:
            self.journal.begin_anew()
            self._make_good(at, everything=True)
        except OSError as error:
            self._complain(f"the journal was removed, and cannot be begun anew: {error.strerror or error}")

    def _complain(self, what: str) -> None:
        """Once, to the supervisor's log."""
        if what != self._complained:
            self._complained = what
            with contextlib.suppress(OSError):
                print(f"{self.journal.path}: {what}", file=sys.stderr, flush=True)

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
