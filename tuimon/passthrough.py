"""The script's output as it comes, byte for byte, with our own lines between its lines."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tuimon import ownership
from tuimon.clean import printable
from tuimon.runs import RunDirectory

CHUNK = 1 << 16

PATIENCE = 2.0
"""Seconds for which a line of ours waits for the script to end the line that it has begun."""


class Stream:
    """One file of the script's output, copied to a descriptor. A reader that went away is not missed."""

    def __init__(self, path: Path, to: int, start: int = 0) -> None:
        self.path = path
        self.to = to
        self.offset = start
        self.in_line = False
        self._broken = False

    def copy(self) -> bool:
        """Copy what has been added; whether anything was."""
        moved = False
        while chunk := self._read():
            moved = True
            self.offset += len(chunk)
            self.in_line = chunk[-1:] != b"\n"
            self._write(chunk)
        return moved

    def _read(self) -> bytes:
        try:
            with open(ownership.open_to_read(self.path), "rb") as file:
                if any(_same(file.fileno(), to) for to in (self.to, 1, 2)):
                    return b""  # what is written there would be read again, without end
                if os.fstat(file.fileno()).st_size < self.offset:
                    self.offset = 0  # somebody emptied it
                file.seek(self.offset)
                return file.read(CHUNK)
        except OSError:
            return b""

    def _write(self, chunk: bytes) -> None:
        try:
            while chunk and not self._broken:
                chunk = chunk[os.write(self.to, chunk) :]
        except BlockingIOError:
            time.sleep(0.01)
            self._write(chunk)
        except OSError:
            self._broken = True


class Passthrough:
    """Both streams, kept apart, and our lines on standard error."""

    def __init__(self, directory: RunDirectory | None, out: int = 1, err: int = 2, history: bool = True) -> None:
        """`directory` is None where there is no output to pass on; without `history` it begins at what is new."""
        self._err = err
        self._streams: list[Stream] = []
        for path, to in ((directory.stdout, out), (directory.stderr, err)) if directory else ():
            self._streams.append(Stream(path, to, 0 if history or not path.exists() else path.stat().st_size))
        self._waiting: list[str] = []
        self._since = 0.0

    def say(self, line: str) -> None:
        """Say a line of ours, once no line of the script is open where it goes."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append(f"tuimon: {printable(line)}\n")

    def turn(self, last: bool = False) -> bool:
        """Pass on what has come, then say what waits; whether the script said anything."""
        moved = sum(stream.copy() for stream in self._streams) > 0
        opened = [stream for stream in self._streams if stream.in_line and _same(stream.to, self._err)]
        if self._waiting and (last or not opened or time.monotonic() - self._since > PATIENCE):
            text = ("\n" if opened else "") + "".join(self._waiting)
            for stream in opened:
                stream.in_line = False
            self._waiting = []
            Stream(Path(), self._err)._write(text.encode(errors="replace"))
        return moved


def _same(one: int, other: int) -> bool:
    """Both descriptors lead to the same place."""
    if one == other:
        return True
    try:
        return os.path.sameopenfile(one, other)
    except OSError:
        return False
