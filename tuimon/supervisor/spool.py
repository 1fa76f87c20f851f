"""Takes over what agents kept while no supervisor was listening."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Set
from pathlib import Path

from tuimon import events, ownership, wire
from tuimon.runs import RunDirectory

RECENT = 8 * 1024 * 1024
"""Bytes at the journal's end in which everything is that an agent says again after it lost a supervisor."""


def fold(directory: RunDirectory) -> Iterator[tuple[events.Event, bytes]]:
    """The kept events with their lines, each agent's in its order, without those that are in the journal already.

    A spool is removed once it has been handed out.
    """
    spools = directory.spools()
    known = recorded(directory) if spools else frozenset()
    for path in spools.values():
        with contextlib.suppress(OSError):
            yield from ((event, line) for event, line in _fold_one(path) if hash(line) not in known)


def recorded(directory: RunDirectory) -> Set[int]:
    """Hashes of the journal's last lines. An agent stamps the time into each, so that no two are the same."""
    try:
        with open(ownership.open_to_read(directory.journal), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - RECENT))
            return frozenset(map(hash, file))
    except OSError:
        return frozenset()


def _fold_one(path: Path) -> Iterator[tuple[events.Event, bytes]]:
    """An agent locks the file to append to it, and begins a new one when it finds this one removed."""
    fd = ownership.open_own(path, os.O_RDWR)
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
