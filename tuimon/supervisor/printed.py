"""Progress of a process that no agent is in, as far as it prints it: Keras' bars and lines in its output file.

What has been printed before is history, whose times nobody knows; what is printed from now on has the time at which it
was seen.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tuimon import events, ownership
from tuimon.readers import keras_text

CHUNK = 1 << 20
MOST = 64 << 20
"""Bytes of a longer file that are read: its end."""


class Printed:
    """A sampler over the file. Fits are told as the process's own."""

    def __init__(self, path: Path, pid: int, history: bool = True) -> None:
        self._path = path
        self._pid = pid
        self._reader = keras_text.Reader(path.name)
        size = _size(path)
        self._offset = max(0, size - MOST) if history else size
        self._before = size  # bytes that were there when we came

    def sample(self, now: float) -> Iterator[events.Event]:
        if self._offset < self._before:
            yield from _as_history(self._told(now, self._before))
        yield from self._told(now, _size(self._path))

    def close(self) -> None:
        """Nothing is kept open."""

    def _told(self, now: float, end: int) -> Iterator[events.AgentEvent]:
        if end <= self._offset:
            return
        with open(ownership.open_to_read(self._path), "rb") as file:
            file.seek(self._offset)
            while self._offset < end:
                data = file.read(min(CHUNK, end - self._offset))
                if not data:
                    return
                self._offset += len(data)
                for event in self._reader.feed(data):
                    if isinstance(event, events.AgentEvent):
                        yield dataclasses.replace(event, at=now, pid=self._pid)


def _as_history(told: Iterable[events.AgentEvent]) -> Iterator[events.AgentEvent]:
    """The same, told afterwards: ended epochs without the steps within them, and how far the running one is."""
    running: events.EpochStarted | None = None
    newest: events.StepsEnded | None = None
    for event in told:
        if isinstance(event, events.EpochStarted):
            running, newest = dataclasses.replace(event, joined=True), None
        elif isinstance(event, events.StepsEnded):
            newest = event
        elif isinstance(event, events.EpochEnded):
            running = newest = None
            yield dataclasses.replace(event, backfilled=True)
        elif isinstance(event, events.FitStarted):
            yield dataclasses.replace(event, joined=True)
        elif not isinstance(event, events.ValidationEnded):
            yield event
    if running is not None:
        yield running
    if newest is not None:
        yield newest


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
