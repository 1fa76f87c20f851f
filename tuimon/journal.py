"""The append-only file of a run, and how it is read: from the start, or followed as it grows.

One line of JSON per event (see `tuimon.wire`). A last line without its newline is "not yet", never an error; a line
that cannot be read is counted and left out.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from tuimon import __version__, events, ownership, wire

NAME = "journal.jsonl"
"""The file's name in the run's directory."""

CHUNK = 1 << 20


class Journal:
    """The writing end. The directory exists and is this user's; the file is made private to him."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / NAME
        self._fd = ownership.open_own(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        self._begun = b""  # what is still to be written of a line that a full disk cut off
        self._mend()

    def append(self, event: events.Event) -> None:
        """Add one event. Raises OSError when nothing of it could be written."""
        self.append_line(wire.encode(event))

    def append_line(self, line: bytes) -> None:
        """Add an event that is encoded already. Raises OSError when nothing of it could be written.

        A line that could be written in part only is finished by the next call, or by `finish`: what has been written
        is never taken back, because a reader may have seen it.
        """
        self.finish()
        self._begun = line[os.write(self._fd, line) :]
        with contextlib.suppress(OSError):
            self.finish()

    def finish(self) -> None:
        """Write the rest of a line that was cut off. Raises OSError when there is still no room."""
        while self._begun:
            self._begun = self._begun[os.write(self._fd, self._begun) :]

    def open_with_header(self, run: str, at: float) -> None:
        self.append(events.JournalOpened(at=at, schema=events.SCHEMA_VERSION, tuimon=__version__, run=run))

    def close(self) -> None:
        os.close(self._fd)

    def _mend(self) -> None:
        """End a line that a killed writer left torn, so that the next one starts afresh."""
        size = os.fstat(self._fd).st_size
        if size and os.pread(self._fd, 1, size - 1) != b"\n":
            self._begun = b"\n"
            with contextlib.suppress(OSError):
                self.finish()


class Tail:
    """The reading end: hands out what has been written since the last call.

    `unreadable` counts lines that are none, or longer than any event is.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        """`offset` is where to begin, at the start of a line."""
        self.path = path / NAME if path.is_dir() else path
        self.unreadable = 0
        self.caught_up = False
        self._offset = offset
        self._rest = b""
        self._skipping = False  # the rest of a line that is too long

    def take(self, budget: float | None = None) -> list[events.Event]:
        """The events that are ready, as many as can be read in `budget` seconds (all when None)."""
        deadline = None if budget is None else time.perf_counter() + budget
        ready: list[events.Event] = []
        while True:
            chunk = self._read()
            self.caught_up = len(chunk) < CHUNK
            self._decode(self._lines(chunk), ready)
            if self.caught_up or (deadline is not None and time.perf_counter() > deadline):
                return ready

    @property
    def held(self) -> int:
        """Bytes in memory of a line whose end has not been read."""
        return len(self._rest)

    @property
    def place(self) -> int | None:
        """The byte behind the last line that has been handed out; None within one that is too long."""
        return None if self._skipping else self._offset - len(self._rest)

    def _lines(self, chunk: bytes) -> list[bytes]:
        """The lines that are complete with this chunk."""
        if self._skipping:
            _, end, chunk = chunk.partition(b"\n")
            self._skipping = not end
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > wire.MAX_LINE:
            self._rest, self._skipping = b"", True
            self.unreadable += 1
        return lines

    def _read(self) -> bytes:
        try:
            with open(ownership.open_to_read(self.path), "rb") as file:
                file.seek(self._offset)
                chunk = file.read(CHUNK)
        except FileNotFoundError:
            return b""
        self._offset += len(chunk)
        return chunk

    def _decode(self, lines: list[bytes], ready: list[events.Event]) -> None:
        loads, decode = orjson.loads, wire.decode
        for line in lines:
            if line:
                try:
                    ready.append(decode(line, loads))
                except (ValueError, TypeError, RecursionError):
                    self.unreadable += 1


def read(path: Path, offset: int = 0) -> Iterator[events.Event]:
    """All events of a journal file or run directory, in order; from the line on that begins at `offset`."""
    tail = Tail(path, offset)
    while True:
        yield from tail.take(0.0)
        if tail.caught_up:
            return


EPOCH = b'\n{"event":"EpochStarted","at":'
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
            if not newline:
                rest = b"" if len(torn) > wire.MAX_LINE else torn
                continue
            first = first or next(filter(None, map(_time, whole[: CHUNK // 8].splitlines())), 0.0)
            last = next(filter(None, map(_time, reversed(whole[-CHUNK // 8 :].splitlines()))), last)
            at = whole.find(EPOCH)
            while at >= 0:
                epochs.append(_time(whole[at : at + 100]))
                at = whole.find(EPOCH, at + 1)
            rest = newline + torn
    return (first, max(last, first)), epochs


def _time(line: bytes) -> float:
    """That of the event; 0 where it has none, or is none."""
    match = BEGINNING.match(line)
    try:
        return float(match[1]) if match else 0.0
    except ValueError:
        return 0.0
