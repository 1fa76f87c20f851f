"""What a supervisor leaves in a run's directory when it is killed or cannot write: room on the disk that was set aside,
half-made files, and a summary without the end that the journal tells.
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

HALF_MADE = re.compile(r"(?:run|digest)\.json\.(\d+)|\d+\.(\d+)\.new")
"""Files that a process, named by its number, was about to put in the place of others."""

WITHOUT_A_NUMBER = ("reserve", "journal.jsonl.new")
"""Made by a supervisor, of which there is one at a time."""

ENOUGH = 1 << 18
"""Bytes of the journal's end: after the script has ended little more is said."""

SLACK = 1 << 16
"""Bytes by which a file takes more of the disk than it holds without anything having been set aside."""


def clear(directory: RunDirectory) -> None:
    """Give it back, where nobody of the run is alive. What cannot be removed stays."""
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
    """In `run.json`, where only the journal has it."""
    summary = directory.read()
    if summary.pid is None or summary.ended_at is not None:
        return
    with contextlib.suppress(OSError), open(ownership.open_to_read(directory.journal), "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - ENOUGH))
        for line in file.read(ENOUGH).split(b"\n"):
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
    return process_started(int(made[1] or made[2])) is None


def give_back(path: Path) -> bool:
    """Free what was set aside behind the end of the file. False where some other process has it open: what it is about
    to print must not be cut off."""
    try:
        fd = ownership.open_own(path, os.O_WRONLY)
    except OSError:
        return True
    try:
        status = os.fstat(fd)
        if status.st_blocks * 512 <= status.st_size + SLACK:
            return True
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)  # to be sent when somebody opens it; does nothing
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)  # the kernel gives it to the only one who has the file open
        os.ftruncate(fd, os.fstat(fd).st_size)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            return False
        with contextlib.suppress(OSError):  # the file system has no such thing
            os.ftruncate(fd, os.fstat(fd).st_size)
    finally:
        os.close(fd)
    return True
