"""The side where the run is: sends what it has and what is added, and hands on what the other side asks for."""

from __future__ import annotations

import json
import os
import select
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tuimon import events, wire
from tuimon.control import Control
from tuimon.errors import TuimonError
from tuimon.remote.frames import CHUNK, FILES, GREETING, NEWS, STATUS, SUMMARY, Frame, encode
from tuimon.remote.pieces import digest, read
from tuimon.runs import RunDirectory

TURN = 0.25
"""Seconds between two looks at the run's files; each is sent at once, and a screen is drawn no more often."""

ALIVE_EVERY = 5.0
"""Seconds after which a word is sent although nothing is new: the other side knows a dead line by its silence."""

LONGEST = 1 << 16
"""Bytes of a line that the other side may send."""

ASKED_AT_ONCE, ASKED_A_SECOND = 100, 5
"""Lines that the other side may send: a person presses keys."""

LONGEST_SUMMARY = 1 << 20

LONGEST_SENTENCE = 1000
"""Characters of a sentence for the user."""


def _is_shorter(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size < size
    except OSError:
        return False


class Sender:
    """One run, to standard output. `look` is called every turn; what it says is sent on as news."""

    def __init__(self, directory: RunDirectory, readonly: bool, look: Callable[[], str]) -> None:
        self._directory = directory
        self._look = look
        self._control = Control(directory, "screen", readonly)
        self._deflate = zlib.compressobj()
        self._sent: dict[str, int] = {}
        self._summary = b""
        self._status = b""
        self._spoke = 0.0
        self._asked = wire.Lines(LONGEST)
        self._lines = 0
        self._since = time.monotonic()

    def run(self) -> None:
        """Until the other side goes away, or the run is over and all of it is sent."""
        try:
            os.write(1, GREETING + json.dumps({"run": self._directory.id}).encode() + b"\n")
            with open(0, "rb", buffering=0, closefd=False) as asked:  # what follows the line is not to be read with it
                self._resume(asked.readline(LONGEST))
            while self._turn():
                pass
        except BrokenPipeError:
            return
        finally:
            self._control.close()

    def _resume(self, line: bytes) -> None:
        """Go on where the receiver's files end, if they are the beginning of ours."""
        try:
            had = json.loads(line or b"{}")
            for name, (size, seen) in had.items():
                if type(size) is int and seen and digest(self._directory.path / FILES[name], size) == seen:
                    self._sent[name] = size
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self._sent = {}

    def _turn(self) -> bool:
        began = time.monotonic()
        said = self._look()
        status, over = self._who_is_alive()
        frames = [_news(said)] if said else []
        frames += self._what_is_new()
        more = any(len(frame.data) == CHUNK for frame in frames)
        quiet = began - self._spoke > ALIVE_EVERY
        if not more and (status != self._status or quiet):  # it is said of a run of which everything has been sent
            self._status = status
            frames.append(Frame(STATUS, 0, status))
        if frames:
            self._spoke = began
            self._write(frames)
        if over and not more:
            return False
        return self._listen(0.0 if more else TURN)

    def _who_is_alive(self) -> tuple[bytes, bool]:
        """The status, and whether nothing will be added to the run any more."""
        directory = self._directory
        lost = directory.lost()
        facts = {"supervised": directory.supervised(), "alive": directory.child_alive(), "lost": lost}
        over = not facts["supervised"] and not facts["alive"] and (lost or directory.read().ended_at is not None)
        over = over and not directory.remaining()
        return json.dumps({**facts, "over": bool(over)}).encode(), bool(over)

    def _what_is_new(self) -> list[Frame]:
        found = []
        summary = read(self._directory.path / "run.json", 0, LONGEST_SUMMARY)
        if summary and summary != self._summary and len(summary) < LONGEST_SUMMARY:
            self._summary = summary
            found.append(Frame(SUMMARY, 0, summary))
        for name, file in FILES.items():
            offset = self._sent.get(name, 0)
            if offset and _is_shorter(self._directory.path / file, offset):
                offset = 0  # it was cut, or is another one: it is sent anew
            if data := read(self._directory.path / file, offset, CHUNK):
                found.append(Frame(name, offset, data))
                self._sent[name] = offset + len(data)
        return found

    def _write(self, frames: list[Frame]) -> None:
        data = b"".join(self._deflate.compress(encode(frame)) for frame in frames)
        data += self._deflate.flush(zlib.Z_SYNC_FLUSH)
        while data:
            data = data[os.write(1, data) :]

    def _listen(self, seconds: float) -> bool:
        """Whether the other side is still there."""
        if not select.select([0], [], [], seconds)[0]:
            return True
        came = os.read(0, 1 << 16)
        lines = self._asked.feed(came)
        self._lines += len(lines)
        if self._asked.dropped:
            raise TuimonError(f"a line of more than {LONGEST >> 10} KiB was sent", "no `tuimon attach` does")
        if self._lines > ASKED_AT_ONCE + ASKED_A_SECOND * (time.monotonic() - self._since):
            limit = f"{ASKED_AT_ONCE} and {ASKED_A_SECOND} a second"
            raise TuimonError(f"{self._lines} requests were sent (limit {limit})", "no `tuimon attach` does")
        for line in lines:
            self._hand_on(line)
        return bool(came)

    def _hand_on(self, line: bytes) -> None:
        try:
            asked: Any = wire.decode(line)
        except (ValueError, TypeError, RecursionError):
            return
        try:
            if isinstance(asked, events.ScreenAttached):
                self._control.greet(asked.by)
            elif isinstance(asked, events.Request):
                self._control.ask(asked, asked.by)
        except TuimonError as error:
            self._write([_news(str(error))])


def _news(said: str) -> Frame:
    return Frame(NEWS, 0, said[:LONGEST_SENTENCE].encode(errors="replace"))
