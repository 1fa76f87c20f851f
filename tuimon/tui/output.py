"""A script's output file as lines on a terminal, read on as it grows."""

from __future__ import annotations

import codecs
from pathlib import Path

from tuimon import ownership
from tuimon.tui.terminal import Line, Terminal

FIRST = 256 * 1024
"""Bytes of the end that are read at first, and after a jump."""

MOST = 64 * 1024
"""Bytes read in one tick, so that a flood of output does not hold up the screen."""


class Printed:
    """`read` takes in what was written up to some length; going back in time starts afresh."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.size = 0
        self._start()

    def _start(self, at: int = 0) -> None:
        self._terminal = Terminal()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._offset = at
        self._from = at

    @property
    def lines(self) -> list[Line]:
        """Without an empty last one, and without a first one that was cut off."""
        lines = self._terminal.lines
        lines = lines[1:] if self._from and len(lines) > 1 else lines
        return lines[:-1] if lines and not lines[-1].chars else lines

    def read(self, until: int) -> None:
        """Take in the file up to `until` bytes; all of it when 0, as nothing was recorded about it."""
        if self.path is None:
            return
        try:
            with open(ownership.open_to_read(self.path), "rb") as file:
                end = file.seek(0, 2)
                self.size = min(until, end) if until else end
                if self.size < self._offset or self.size - self._offset > 2 * FIRST:
                    self._start(max(0, self.size - FIRST))
                if self.size == self._offset:
                    return
                file.seek(self._offset)
                data = file.read(min(self.size - self._offset, MOST if self._offset > self._from else FIRST))
        except OSError:
            return
        self._offset += len(data)
        self._terminal.feed(self._decoder.decode(data))
