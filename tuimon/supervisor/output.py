"""The script's output files: how long they are, the epoch lines in them, room for them on a disk that fills up, and
copies of them where they were removed while the script prints."""

from __future__ import annotations

import ctypes
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from tuimon import events, leftovers, ownership
from tuimon.runs import RunDirectory

EPOCH_LINE = re.compile(rb"^\W*epoch\b[\s:#=\[(]*(\d{1,9})(?:\s*(?:/|of)\s*(\d{1,9}))?", re.IGNORECASE)
LINE_END = re.compile(rb"[\r\n]+")
LONGEST_LINE = 4096
AT_ONCE = 1 << 20
"""Bytes read of a file at a time; a script that prints more per second is read later or, far behind, in part."""
MOST_LINES = 50
"""Epoch lines recorded at a time."""

AHEAD = 8 * 1024 * 1024
"""Bytes of disk kept ready for each file, so that a full disk does not fail the script's next `print`."""
KEEP_SIZE = 1

PATIENCE = 0.5
"""Seconds that a screen which just reads the files is waited for."""

LARGEST_COPY = 64 * 1024 * 1024
"""Bytes of a removed file that are copied: who removes a larger one wants the room on the disk."""


class Output:
    def __init__(self, directory: RunDirectory, read_to: int = 0) -> None:
        self._paths = (directory.stdout, directory.stderr)
        self._copies = tuple(map(Copy, self._paths))
        self._sizes = (0, 0)
        self._kept = [0, 0]
        self._offset = read_to
        self._line = b""

    def look(self, now: float) -> Iterator[events.Event]:
        """What has changed since the last look."""
        for copy in self._copies:
            yield from copy.look(now)
        out, err = map(_size, self._paths)
        if (out, err) != self._sizes:
            self._sizes = (out, err)
            self._keep_ahead()
            yield events.OutputGrew(at=now, stdout=out, stderr=err)
            yield from self._epoch_lines(now, out)

    def _epoch_lines(self, now: float, size: int) -> Iterator[events.EpochLinePrinted]:
        if size < self._offset:
            self._offset, self._line = 0, b""  # somebody emptied it
        if size - self._offset > 16 * AT_ONCE:
            self._offset, self._line = size - AT_ONCE, b""
        try:
            with open(ownership.open_to_read(self._paths[0]), "rb") as file:
                file.seek(self._offset)
                chunk = file.read(AT_ONCE)
        except OSError:
            return
        self._offset += len(chunk)
        *lines, rest = LINE_END.split(self._line + chunk)
        self._line = rest[-LONGEST_LINE:]
        found = (EPOCH_LINE.match(line[:LONGEST_LINE]) for line in lines)
        for match in [match for match in found if match][-MOST_LINES:]:
            epoch, epochs = match.groups()
            yield events.EpochLinePrinted(at=now, epoch=int(epoch), epochs=None if epochs is None else int(epochs))

    # --- room on the disk

    def _keep_ahead(self) -> None:
        for index, path in enumerate(self._paths):
            size = _size(path)
            if self._kept[index] - size < AHEAD // 2:
                self._kept[index] = size + _reserve(path, size)

    def keep_ahead(self) -> None:
        """Set room aside for what will be printed, where the file system can."""
        self._keep_ahead()

    def release(self) -> None:
        """Give back the room that was not used. Where a process of the script's lives on and may still print, whoever
        lists the runs later does."""
        for copy in self._copies:
            copy.close()
        deadline = time.monotonic() + PATIENCE
        for path in self._paths:
            while not leftovers.give_back(path) and time.monotonic() < deadline:
                time.sleep(0.02)


class Copy:
    """One of the files. Where it is removed, the script goes on printing into what nobody else can open: as long as it
    is not too large, it is copied to where it was, and what is added to it as well."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._source: int | None = None  # what the script prints to
        self._target: int | None = None
        self._copied = 0

    def look(self, now: float) -> Iterator[events.GapRecorded]:
        try:
            if self._source is None:
                self._source = None if os.path.islink(self._path) else ownership.open_to_read(self._path)
                return
            if not os.path.lexists(self._path):
                self._begin()
                if self._target is None:
                    reason = f"{self._path.name} was deleted"
                    yield events.GapRecorded(at=now, what="output", since=now, until=now, reason=reason)
            self._go_on()
        except OSError:
            return  # the directory is gone, or the disk full: another time

    def _begin(self) -> None:
        assert self._source is not None
        self._end()
        if os.fstat(self._source).st_size > LARGEST_COPY:
            os.close(ownership.open_own(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))  # said once
            return
        self._target = ownership.open_own(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL)
        self._copied = 0

    def _go_on(self) -> None:
        if self._target is None or self._source is None:
            return
        while chunk := os.pread(self._source, AT_ONCE, self._copied):
            self._copied += os.write(self._target, chunk)

    def close(self) -> None:
        self._end()
        if self._source is not None:
            os.close(self._source)
            self._source = None

    def _end(self) -> None:
        target, self._target = self._target, None
        if target is not None:
            os.close(target)


def _size(path: os.PathLike[str]) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _reserve(path: os.PathLike[str], size: int) -> int:
    """Set bytes aside behind the end of the file, fewer on a small disk; how many there are now.

    A link leads to a file of the program's own: that is only read.
    """
    try:
        disk = os.statvfs(path)
        ahead = min(AHEAD, disk.f_bavail * disk.f_frsize // 8)
        fd = ownership.open_own(path, os.O_WRONLY)
    except OSError:
        return 0
    try:
        fallocate = ctypes.CDLL(None, use_errno=True).fallocate
        offset = ctypes.c_longlong
        failed = ahead <= 0 or fallocate(fd, KEEP_SIZE, offset(0), offset(size + ahead))
        return 0 if failed else ahead
    except AttributeError:
        return 0
    finally:
        os.close(fd)
