"""What a killed supervisor leaves in a run's directory: reserved disk space, half-written files, and a `run.json`
without the end that the journal holds.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import signal
from pathlib import Path

from tuimon import events, ownership, wire
from tuimon.runs import RunDirectory, process_started

HALF_MADE = re.compile(r"(?:run\.json|digest\.json|\d+\.[0-9a-f]{16})\.(\d+)\.new")
"""Files that a process, whose id is in their name, was about to rename; see `ownership.replace`."""

WITHOUT_A_NUMBER = ("reserve", "journal.jsonl.new")
"""Made by a supervisor, of which there is one at a time."""

ENOUGH = 1 << 18
"""Bytes at the journal's end that are searched for the script's end: few events follow it."""

SLACK = 1 << 16
"""Bytes of disk that a file may take beyond its size without a reservation."""


def clear(directory: RunDirectory) -> None:
    """Remove it, unless a process of the run is alive. What cannot be removed stays."""
    if directory.owner or directory.elsewhere() or directory.supervised() or directory.child_alive():
        return
    if directory.remaining():
        return
    _note_end(directory)
    for path in (directory.stdout, directory.stderr):
        give_back(path)
    for folder in (directory.path, directory.path / "checkpoints"):
        with contextlib.suppress(OSError):
            _clear(ownership.open_directory(folder))


def _clear(folder: int) -> None:
    """Of a link nothing is removed: what it leads to may be any directory of the user's."""
    try:
        for name in filter(_is_left, os.listdir(folder)):
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=folder)
    finally:
        os.close(folder)


def _note_end(directory: RunDirectory) -> None:
    """Write the script's end into `run.json` where only the journal has it."""
    summary = directory.read()
    if summary.pid is None or summary.ended_at is not None:
        return
    with contextlib.suppress(OSError):
        for line in ownership.read_end(directory.journal, ENOUGH).split(b"\n"):
            with contextlib.suppress(ValueError, TypeError, RecursionError):
                event = wire.decode(line)
                if isinstance(event, events.ChildEnded) and event.pid == summary.pid:
                    status = "killed" if event.signal is not None else "failed" if event.exit_code else "finished"
                    ended = {"ended_at": event.at, "exit_code": event.exit_code, "signal": event.signal}
                    directory.update(status=status, **ended)


def _is_left(name: str) -> bool:
    made = HALF_MADE.fullmatch(name)
    if made is None:
        return name in WITHOUT_A_NUMBER
    return process_started(int(made[1])) is None


def give_back(path: Path) -> bool:
    """Free the disk space reserved behind the end of the file. False where another process has the file open: what it
    is about to print must not be cut off."""
    try:
        fd = ownership.open_own(path, os.O_WRONLY)
    except OSError:
        return True
    try:
        status = os.fstat(fd)
        if status.st_blocks * 512 <= status.st_size + SLACK:
            return True
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)  # sent when the file is opened; ignored by default
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)  # the kernel gives it to the only one who has the file open
        os.ftruncate(fd, os.fstat(fd).st_size)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            return False
        with contextlib.suppress(OSError):  # the file system has no leases
            os.ftruncate(fd, os.fstat(fd).st_size)
    finally:
        os.close(fd)
    return True
