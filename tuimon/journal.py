"""The append-only file of a run, and how it is read: from the start, or followed as it grows.

One line of JSON per event (see `tuimon.wire`). A last line without its newline is "not yet", never an error; a line
that cannot be read is counted and left out.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import orjson

from tuimon import __version__, events, ownership, wire

NAME = "journal.jsonl"
"""The file's name in the run's directory."""

CHUNK = 1 << 20

ENOUGH = 1 << 16
"""Bytes at the end of the file in which a line with a time is."""

SEEN = 64
"""Bytes by which a file is known again. A line holds its time to the microsecond: no other file has them there."""


class Journal:
    """The writing end. The directory exists and is this user's; the file is made private to him."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / NAME
        self._fd = ownership.open_own(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        self.size = os.fstat(self._fd).st_size  # as far as it has been written here
        self._begun = b""  # what is still to be written of a line that a full disk cut off
        self.mend()

    def append(self, event: events.Event) -> None:
        """Add one event. Raises OSError when nothing of it could be written."""
        self.append_line(wire.encode(event))

    def append_line(self, line: bytes) -> None:
        """Add an event that is encoded already. Raises OSError when nothing of it could be written.

        A line that could be written in part only is finished by the next call, or by `finish`: what has been written
        is never taken back, because a reader may have seen it.
        """
        self.finish()
        self._begun = self._write(line)
        with contextlib.suppress(OSError):
            self.finish()

    def finish(self) -> None:
        """Write the rest of a line that was cut off. Raises OSError when there is still no room."""
        while self._begun:
            self._begun = self._write(self._begun)

    def _write(self, data: bytes) -> bytes:
        """What could not be written of it."""
        written = os.write(self._fd, data)
        self.size += written
        return data[written:]

    def open_with_header(self, run: str, at: float) -> None:
        self.append(events.JournalOpened(at=at, schema=events.SCHEMA_VERSION, tuimon=__version__, run=run))

    def close(self) -> None:
        os.close(self._fd)

    # --- what others do to the file

    @property
    def removed(self) -> bool:
        """The path does not lead to this file any more: it was deleted, or something else was put in its place."""
        try:
            found = os.lstat(self.path)
        except OSError:
            return True
        return (found.st_dev, found.st_ino) != self._identity()

    @property
    def cut(self) -> bool:
        """The file is shorter than what has been written. Raises OSError where it cannot be asked any more."""
        return os.fstat(self._fd).st_size < self.size

    def put_back(self) -> None:
        """Put the file where it was, whole: although it was removed, it is open and can be read. Raises OSError.

        A reader sees the whole file or none, and goes on in it where he was.
        """
        if self.path.is_dir() and not self.path.is_symlink():
            raise IsADirectoryError(errno.EISDIR, "there is a directory in its place", str(self.path))
        disk = os.statvfs(self.path.parent)
        if disk.f_bavail * disk.f_frsize < os.fstat(self._fd).st_size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        fresh = self.path.with_name(f"{NAME}.new")
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()  # of one who was killed meanwhile
        target = ownership.open_own(fresh, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL)
        try:
            _copy(self._fd, target)
            fresh.rename(self.path)
        except OSError:
            os.close(target)
            with contextlib.suppress(OSError):
                fresh.unlink()
            raise
        self._change_to(target)

    def newest(self) -> float:
        """Time of the newest event among the last of the file; 0 where there is none. Raises OSError."""
        end = os.pread(self._fd, ENOUGH, max(0, os.fstat(self._fd).st_size - ENOUGH))
        return max(map(_time, end.split(b"\n")), default=0.0)

    def begin_anew(self) -> None:
        """Go on in an empty file: the one before can be read no more. Raises OSError."""
        self._change_to(ownership.open_own(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT))

    def _change_to(self, fd: int) -> None:
        with contextlib.suppress(OSError):
            os.close(self._fd)
        self._fd = fd
        self.size = os.fstat(fd).st_size

    def _identity(self) -> tuple[int, int]:
        status = os.fstat(self._fd)
        return status.st_dev, status.st_ino

    def mend(self) -> None:
        """End a line that a killed writer left torn, or that somebody cut, so that the next one starts afresh."""
        self.size = size = os.fstat(self._fd).st_size
        if size and os.pread(self._fd, 1, size - 1) != b"\n":
            self._begun = b"\n"
            with contextlib.suppress(OSError):
                self.finish()


def _copy(source: int, target: int) -> None:
    """All of one file to the end of another. Raises OSError."""
    at = 0
    while data := os.pread(source, CHUNK, at):
        at += len(data)
        while data:
            data = data[os.write(target, data) :]


class Tail:
    """The reading end: hands out what has been written since the last call.

    `unreadable` counts lines that are none, or longer than any event is. `restarts` counts how often the file was found
    to be another one than before: what follows begins at its start. `error` is why nothing could be
    read at the last call: the file is gone, or is none any more.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        """`offset` is where to begin, at the start of a line."""
        self.path = path / NAME if path.is_dir() else path
        self.unreadable = 0
        self.caught_up = False
        self.restarts = 0
        self.error: OSError | None = None
        self._offset = offset
        self._seen = b""  # the last of what has been read, by which the file is known again
        self._lines = wire.Lines()

    def take(self, budget: float | None = None) -> list[events.Event]:
        """The events that are ready, as many as can be read in `budget` seconds (all when None)."""
        deadline = None if budget is None else time.perf_counter() + budget
        ready: list[events.Event] = []
        while True:
            restarts, chunk = self.restarts, self._read()
            if self.restarts != restarts:
                ready.clear()  # those are of the file before
            self.caught_up = len(chunk) < CHUNK
            self._decode(self._lines.feed(chunk), ready)
            self.unreadable, self._lines.dropped = self.unreadable + self._lines.dropped, 0
            if self.caught_up or (deadline is not None and time.perf_counter() > deadline):
                return ready

    @property
    def held(self) -> int:
        """Bytes in memory of a line whose end has not been read."""
        return self._lines.held

    @property
    def read_nothing(self) -> bool:
        """Not a byte of the file, so far."""
        return not self._offset

    @property
    def place(self) -> int | None:
        """The byte behind the last line that has been handed out; None within one that is too long."""
        return None if self._lines.skipping else self._offset - self._lines.held

    def _read(self) -> bytes:
        try:
            with open(ownership.open_to_read(self.path), "rb") as file:
                chunk = self._goes_on(file)
                if chunk is None:
                    self._restart()
                    file.seek(0)
                    chunk = file.read(CHUNK)
        except OSError as error:
            self.error = error
            return b""
        self.error = None
        self._offset += len(chunk)
        self._seen = (self._seen + chunk[-SEEN:])[-SEEN:]
        return chunk

    def _goes_on(self, file: BinaryIO) -> bytes | None:
        """What follows what has been read; None where that is not what the file holds there."""
        file.seek(self._offset - len(self._seen))
        found = file.read(len(self._seen) + CHUNK)
        if not found.startswith(self._seen) or (not found and self._offset > os.fstat(file.fileno()).st_size):
            return None
        return found[len(self._seen) :]

    def _restart(self) -> None:
        self.restarts += 1
        self._offset, self._seen, self._lines, self.unreadable = 0, b"", wire.Lines(), 0

    def _decode(self, lines: list[bytes], ready: list[events.Event]) -> None:
        loads, decode = orjson.loads, wire.decode
        for line in lines:
            if line:
                try:
                    ready.append(decode(line, loads))
                except (ValueError, TypeError, RecursionError):
                    self.unreadable += 1


def read(path: Path, offset: int = 0) -> Iterator[events.Event]:
    """All events of a journal file or run directory, in order; from the line on that begins at `offset`.

    None where there is no file. Raises OSError where it cannot be read.
    """
    tail = Tail(path, offset)
    while True:
        ready = tail.take(0.0)
        if tail.restarts:
            return  # it is another file by now: what follows does not belong to what was read
        yield from ready
        if tail.error is not None and not isinstance(tail.error, FileNotFoundError):
            raise tail.error
        if tail.caught_up:
            return


EPOCH = b'\n{"event":"EpochStarted","at":'
BEGINS = 1000
"""Bytes of a line that are kept until its end comes: its kind and its time are the first of it."""
BEGINNING = re.compile(rb'\s*\{"event":"\w+","at":([\d.eE+-]+)[,}]')


def moments(path: Path, offset: int = 0) -> tuple[tuple[float, float], list[float]]:
    """The times of the first and the last event, and of each epoch's beginning, without decoding what lies between.

    A journal of three days is looked through in less than a second, and a line without an end takes no memory. What
    lies before `offset` is left out.
    """
    first, last, epochs = 0.0, 0.0, []
    rest = b"\n"
    with open(ownership.open_to_read(path), "rb") as file:
        file.seek(offset)
        while chunk := file.read(CHUNK):
            whole, newline, torn = (rest + chunk).rpartition(b"\n")
            first = first or next(filter(None, map(_time, whole[: CHUNK // 8].splitlines())), 0.0)
            last = next(filter(None, map(_time, reversed(whole[-CHUNK // 8 :].splitlines()))), last)
            at = whole.find(EPOCH)
            while at >= 0:
                epochs.append(_time(whole[at : at + 100]))
                at = whole.find(EPOCH, at + 1)
            rest = newline + torn[:BEGINS]
    return (first, max(last, first)), epochs


def _time(line: bytes) -> float:
    """That of the event; 0 where it has none, or is none."""
    match = BEGINNING.match(line)
    try:
        return float(match[1]) if match else 0.0
    except ValueError:
        return 0.0
