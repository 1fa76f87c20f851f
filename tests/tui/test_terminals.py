"""The screen in a real pseudo-terminal, with pyte playing the terminal's part."""

from __future__ import annotations

import fcntl
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
import pytest

from tests.tui.recorded import Story, recorded
from tests.tui.screen import screen, shown
from tuimon import events
from tuimon.journal import Journal
from tuimon.runs import RunDirectory, Summary

PATIENCE = 90.0

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
    """A program in a terminal of its own; `text` is what it shows."""

    def __init__(self, directory: Path, size: tuple[int, int], environment: Mapping[str, str]) -> None:
        self.screen = pyte.Screen(*size)
        self.stream = pyte.ByteStream(self.screen)
        self.sent = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            set_size(0, size)
            clean = {name: value for name, value in os.environ.items() if name not in FOREIGN}
            clean |= {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment}
            os.execve(sys.executable, [sys.executable, "-c", SCREEN, str(directory)], clean)

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
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    data = os.read(self.fd, 1 << 16)
                except OSError:
                    assert until(), self.text
                    return
                self.sent += data
                self.stream.feed(NOT_FOR_PYTE.sub(b"", data))


def set_size(fd: int, size: tuple[int, int]) -> None:
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))


NOT_FOR_PYTE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p")
"""Private modes such as `CSI > 1 u`, which pyte takes for text attributes and cursor movements."""


@contextmanager
def terminal(directory: Path, **environment: str) -> Iterator[Terminal]:
    made = Terminal(directory, (120, 40), environment)
    try:
        yield made
    finally:
        os.kill(made.pid, signal.SIGKILL)
        os.waitpid(made.pid, 0)
        os.close(made.fd)


@pytest.fixture
def run(tmp_path: Path) -> tuple[RunDirectory, Journal]:
    directory = RunDirectory(tmp_path / "20260101-000000-aaaa")
    directory.path.mkdir()
    # Of another machine: nobody can look whether it is alive, so that nothing is made up about its end.
    directory.write(Summary(id=directory.id, host="elsewhere"))
    return directory, Journal(directory.path)


def write(journal: Journal, those: list[events.Event]) -> None:
    for event in those:
        journal.append(event)


async def test_many_small_updates_add_up_to_the_whole_picture(
    run: tuple[RunDirectory, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, journal = run
    monkeypatch.setattr("tuimon.rules.diagnose", lambda run: [])
    those = recorded(Story(gpus=2))
    third = len(those) // 3
    async with screen(those, (120, 40), directory=directory.path) as (app, _):
        wanted = shown(app)
    write(journal, those[:third])
    with terminal(directory.path) as seen:
        seen.wait(lambda: "epoch 2/8" in seen.text)
        for start in range(third, len(those), 7):
            write(journal, those[start : start + 7])
            if start % 28 == 0:
                seen.wait(lambda: True)
                time.sleep(0.02)
        seen.wait(lambda: seen.text == wanted)


def test_q_leaves_and_the_terminal_is_as_it_was(run: tuple[RunDirectory, Journal]) -> None:
    directory, journal = run
    write(journal, recorded(Story()))
    with terminal(directory.path) as seen:
        seen.wait(lambda: "epoch 6/8" in seen.text)
        seen.key(b"q")
        seen.wait(lambda: "left: left" in seen.text)

    assert b"\x1b[?1049l" in seen.sent
    assert b"\x1b[?25h" in seen.sent.rpartition(b"\x1b[?1049")[2] + seen.sent


def test_a_terminal_that_changes_its_size(run: tuple[RunDirectory, Journal]) -> None:
    directory, journal = run
    write(journal, recorded(Story()))
    with terminal(directory.path) as seen:
        seen.wait(lambda: "epoch 6/8" in seen.text)
        seen.resize((20, 5))
        seen.wait(lambda: "tuimon needs 40×12" in seen.text)
        seen.resize((80, 24))
        seen.wait(lambda: "1 data" in seen.text and "7 output" in seen.text)


COLOUR = rb"\x1b\[(?:\d+;)*3[0-8](?:;\d+)*m"


@pytest.mark.parametrize(
    ("environment", "absent"),
    [
        ({"NO_COLOR": "1"}, COLOUR),
        ({"TERM": "xterm"}, rb"[34]8;[25];"),
        ({"TERM": "xterm-256color"}, rb"[34]8;2;"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}, rb"[\x80-\xff]"),
    ],
    ids=["no colour", "16 colours", "256 colours", "no unicode"],
)
def test_a_poorer_terminal_is_sent_what_it_knows(
    run: tuple[RunDirectory, Journal], environment: dict[str, str], absent: bytes
) -> None:
    directory, journal = run
    write(journal, recorded(Story()))
    with terminal(directory.path, **environment) as seen:
        seen.wait(lambda: "epoch 6/8" in seen.text)

    assert re.search(absent, seen.sent) is None


def test_a_rich_terminal_is_sent_colours(run: tuple[RunDirectory, Journal]) -> None:
    directory, journal = run
    write(journal, recorded(Story()))
    with terminal(directory.path, COLORTERM="truecolor") as seen:
        seen.wait(lambda: "epoch 6/8" in seen.text)

    assert re.search(COLOUR, seen.sent)
    assert b"38;2;" in seen.sent
