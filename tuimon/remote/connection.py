"""One `ssh` that leads to a sender: what comes from it, as bytes, and what it complains about."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import threading
import time
from collections import deque
from typing import IO

from tuimon.clean import line as on_one_line
from tuimon.errors import TuimonError

PREAMBLE = 1 << 18
"""Bytes that a login shell may print before the run begins."""

LONGEST_COMPLAINT = 1 << 12
"""Bytes of a line on ssh's standard error that are taken at once."""

MOST_COMPLAINTS = 1 << 24
"""Bytes of them over one connection; `ssh -vvv` writes some kB."""

LONGEST_SHOWN = 500
"""Characters of a text from the other side that are shown."""

AT_ONCE = 1 << 16

TURN = 0.25
"""Seconds after which a wait looks whether anybody still waits."""


class Silent(TimeoutError):
    """Nothing came for a long time."""


class Connection:
    """Raises TuimonError when the command cannot be started."""

    def __init__(self, command: list[str]) -> None:
        self.complaints: deque[str] = deque(maxlen=20)
        self.flooded = False  # with complaints
        try:
            self._process = process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise TuimonError(f"cannot run {on_one_line(command[0])}: {reason}", "is OpenSSH installed?") from None
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        os.set_blocking(process.stdin.fileno(), False)  # one that does not listen must not hold a screen
        self._in, self._out = process.stdin, process.stdout
        self._pending = b""  # came with the greeting
        self._left = False
        self._listening = threading.Thread(target=self._hear_complaints, args=(process.stderr,), daemon=True)
        self._listening.start()

    def read_line(self, beginning: bytes, patience: float) -> bytes:
        """The first line that begins so, without its line feed; empty when there is none. Raises Silent."""
        until = time.monotonic() + patience
        seen, begin, searched = bytearray(), 0, 0
        while len(seen) < PREAMBLE:
            if not (data := self.read(until - time.monotonic())):
                return b""
            seen += data
            while (end := seen.find(b"\n", searched)) >= 0:
                if seen.startswith(beginning, begin):
                    self._pending = bytes(seen[end + 1 :])
                    return bytes(seen[begin:end])
                begin = searched = end + 1
            searched = len(seen)
        self.leave()
        return b""

    def read(self, patience: float) -> bytes:
        """What comes next; empty when the other side has ended, or we have. Raises Silent."""
        if self._pending:
            data, self._pending = self._pending, b""
            return data
        waiting = select.poll()
        waiting.register(self._out, select.POLLIN)
        until = time.monotonic() + patience
        while not self._left:
            if waiting.poll(TURN * 1000):
                return os.read(self._out.fileno(), AT_ONCE)
            if time.monotonic() > until:
                raise Silent
        return b""

    def write(self, data: bytes) -> bool:
        """Whether it could be sent at once."""
        try:
            return self._in.write(data) == len(data)
        except (OSError, ValueError):
            return False

    def leave(self) -> None:
        """End it; a `read` that waits returns."""
        self._left = True
        if self._process.poll() is None:
            self._process.terminate()

    def end(self, patience: float = 0.0) -> int:
        """Its exit status. It may end by itself for so many seconds."""
        try:
            status = self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._listening.join(2.0)
        for stream in (self._in, self._out):
            with contextlib.suppress(OSError):
                stream.close()
        return status

    def _hear_complaints(self, stream: IO[bytes]) -> None:
        heard, rest = 0, b""
        with stream, contextlib.suppress(OSError, ValueError):
            while data := stream.read(LONGEST_COMPLAINT):
                heard += len(data)
                *lines, rest = (rest + data).split(b"\n")
                if len(rest) > LONGEST_COMPLAINT:
                    lines, rest = [*lines, rest], b""
                for text in (on_one_line(line.decode(errors="replace").strip()) for line in lines):
                    if text:
                        self.complaints.append(text[:LONGEST_SHOWN])
                if heard > MOST_COMPLAINTS:
                    self.flooded = True
                    self.leave()
                    return
            if text := on_one_line(rest.decode(errors="replace").strip()):
                self.complaints.append(text[:LONGEST_SHOWN])
