"""Takes over what agents kept while no supervisor was listening."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from tuimon import events, wire
from tuimon.runs import RunDirectory


def fold(directory: RunDirectory) -> Iterator[tuple[events.Event, bytes]]:
    """The kept events with their lines, each agent's in its order. A spool is removed once it has been handed out."""
    for path in directory.spools().values():
        with contextlib.suppress(OSError):
            yield from _fold_one(path)


def _fold_one(path: Path) -> Iterator[tuple[events.Event, bytes]]:
    """An agent locks the file to append to it, and begins a new one when it finds this one removed."""
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    with open(fd, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        torn = 0
        for line in file:
            event = _decoded(line)
            if event is None:
                torn += 1
            else:
                yield event, line
        if torn:
            lost = events.EventsLost(at=os.fstat(fd).st_mtime, count=torn, reason="a torn spool")
            yield lost, wire.encode(lost)
        path.unlink()


def _decoded(line: bytes) -> events.Event | None:
    try:
        return wire.decode(line) if line.endswith(b"\n") else None
    except (ValueError, TypeError, RecursionError):
        return None
