"""The screen in a real pseudo-terminal, with pyte playing the terminal's part."""

from __future__ import annotations

import fcntl
import math
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyte

from tuimon import events
from tuimon.journal import Journal

PATIENCE = 240.0

FOREIGN = ("NO_COLOR", "COLORTERM", "TMUX", "COLUMNS", "LINES")
"""Variables of the terminal that the tests run in."""

SCREEN = """
import sys
from pathlib import Path
from tuimon import rules
from tuimon.follow import Follow
from tuimon.runs import RunDirectory
from tuimon.tui.app import run_screen
rules.diagnose = lambda run: []
path = Path(sys.argv[1])
print("left:", run_screen(Follow(RunDirectory(path)), directory=path, interval=0.1))
"""


class Terminal:
    """A program in a terminal of its own; `text` is what it shows, `sent` what it was sent and has taken.

    At a `rate`, it takes so many bytes a second. One that answers says where its cursor is when it is asked.
    """

    def __init__(
        self,
        directory: Path,
        size: tuple[int, int],
        environment: Mapping[str, str],
        rate: float = math.inf,
        answers: bool = True,
        program: str = SCREEN,
    ) -> None:
        self.screen = pyte.Screen(*size)
        self.stream = pyte.ByteStream(self.screen)
        self.rate, self.answers = rate, answers
        self.sent = b""
        self._answered = 0  # bytes of `sent`, up to the last question that was answered
        self._credit, self._at = 0.0, time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            set_size(0, size)
            clean = {name: value for name, value in os.environ.items() if name not in FOREIGN}
            clean |= {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment}
            os.execve(sys.executable, [sys.executable, "-c", program, str(directory)], clean)

    def resize(self, size: tuple[int, int]) -> None:
        """As when a window is pulled: the kernel tells the program."""
        self.screen.resize(size[1], size[0])
        set_size(self.fd, size)

    def key(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait(self, until: Callable[[], bool]) -> None:
        """Until the condition holds, or the program is gone."""
        deadline = time.monotonic() + PATIENCE
        while not until():
            assert time.monotonic() < deadline, self.text
            most = self._may_take()
            if not most:
                time.sleep(0.002)
            elif select.select([self.fd], [], [], 0.1)[0]:
                try:
                    data = os.read(self.fd, most)
                except OSError:
                    assert until(), self.text
                    return
                self._take(data)

    def _may_take(self) -> int:
        if math.isinf(self.rate):
            return 1 << 16
        now = time.monotonic()
        self._credit = min(self._credit + (now - self._at) * self.rate, self.rate * 0.02)
        self._at = now
        return int(self._credit)

    def _take(self, data: bytes) -> None:
        self._credit -= len(data)
        self.sent += data
        self.stream.feed(NOT_FOR_PYTE.sub(b"", data))
        while self.answers and (asked := self.sent.find(QUERY, self._answered)) >= 0:
            self._answered = asked + len(QUERY)
            os.write(self.fd, b"\x1b[1;1R")


QUERY = b"\x1b[6n"


def set_size(fd: int, size: tuple[int, int]) -> None:
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))


NOT_FOR_PYTE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p")
"""Private modes such as `CSI > 1 u`, which pyte takes for text attributes and cursor movements."""


@contextmanager
def terminal(
    directory: Path,
    environment: Mapping[str, str] | None = None,
    rate: float = math.inf,
    answers: bool = True,
    program: str = SCREEN,
) -> Iterator[Terminal]:
    made = Terminal(directory, (120, 40), environment or {}, rate, answers, program)
    try:
        yield made
    finally:
        os.kill(made.pid, signal.SIGKILL)
        os.waitpid(made.pid, 0)
        os.close(made.fd)


def write(journal: Journal, those: list[events.Event]) -> None:
    for event in those:
        journal.append(event)
