"""The side where the screen is: starts `ssh`, fills a mirror, and connects again when the line breaks."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tuimon import events, wire
from tuimon.clean import line as on_one_line
from tuimon.errors import TuimonError
from tuimon.remote.frames import GREETING, NEWS, STATUS, Decoder, Frame
from tuimon.remote.mirror import Mirror
from tuimon.remote.place import place
from tuimon.remote.target import Target
from tuimon.runs import NAME

PREAMBLE = 1 << 18
"""Bytes that a login shell may print before the run begins."""

LONGEST_COMPLAINT = 1 << 12
"""Bytes of a line on ssh's standard error that are taken at once."""

SAY_AGAIN = 9.0
"""Seconds between two mentions that the line is down."""

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before each further try to connect again; the last for all that follow."""


class Link:
    """One run, by as many connections as it takes. `mirror` is there once `connect` has returned."""

    def __init__(self, goal: Target, where: Path) -> None:
        self.mirror: Mirror
        self._goal = goal
        self._where = where
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: deque[str] = deque(maxlen=20)
        self._news: deque[str] = deque(maxlen=20)
        self._down = ""
        self._said = 0.0
        self._closed, self._whole = threading.Event(), threading.Event()
        self._receiver = threading.Thread(target=self._receive, name="tuimon-link", daemon=True)

    def connect(self) -> None:
        """Raises TuimonError when that machine, tuimon there, or the run cannot be had."""
        run = self._open(again=False)
        self.mirror = Mirror(self._where / run)
        self.mirror.path.mkdir(mode=0o700)
        self._goal = self._goal._replace(run=run)
        self._answer()
        self._receiver.start()

    def catch_up(self) -> None:
        """Wait until all that the run has by now is here, or nothing more will come."""
        while not self._whole.wait(0.1) and self._receiver.is_alive():
            pass

    def look(self) -> str:
        """What there is to say about the line, mostly nothing. That it is down is said again and again."""
        now = time.monotonic()
        if self._news:
            self._said = now
            return self._news.popleft()
        if self._down and now - self._said > SAY_AGAIN:
            self._said = now
            return self._down
        return ""

    def say(self, event: events.Event) -> bool:
        """Send an event for the run's socket; whether it could be."""
        process = self._process
        if process is None or process.stdin is None:
            return False
        try:
            process.stdin.write(wire.encode(event))
            process.stdin.flush()
        except (OSError, ValueError):
            return False
        return True

    def close(self) -> None:
        """Let go of the run, which goes on."""
        self._closed.set()
        self._hang_up()
        if self._receiver.ident is not None:
            self._receiver.join(5.0)
            self._hang_up()  # it may have been about to connect again

    def _hang_up(self) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()

    # --- connections

    def _open(self, again: bool) -> str:
        """A connection up to the sender's greeting; the id of the run that it greets with."""
        self._complaints.clear()
        command = self._goal.command(again)
        try:
            self._process = process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except OSError as error:
            raise TuimonError(f"cannot run {command[0]}: {error.strerror}", "is OpenSSH installed?") from None
        assert process.stdout is not None
        listening = threading.Thread(target=self._hear_complaints, args=(process.stderr,), daemon=True)
        listening.start()
        for line in _lines(process.stdout, PREAMBLE):
            if line.startswith(GREETING):
                return _run_of(line)
        process.stdout.close()
        try:
            status = process.wait(5.0)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        listening.join(2.0)
        raise self._why(status)

    def _answer(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(json.dumps(self.mirror.has()).encode() + b"\n")
            self._process.stdin.flush()

    def _hear_complaints(self, stream: IO[bytes] | None) -> None:
        while stream is not None and (line := stream.readline(LONGEST_COMPLAINT)):
            if text := on_one_line(line.decode(errors="replace").strip()):
                self._complaints.append(text[:500])

    def _why(self, status: int) -> TuimonError:
        host, words = on_one_line(self._goal.host), list(self._complaints)
        ours = next((text.removeprefix("tuimon: ") for text in reversed(words) if text.startswith("tuimon: ")), "")
        last = words[-1] if words else ""
        if status == 127 or "not found" in last:
            return TuimonError(f"{host} has no {self._goal.tuimon!r}", "install it there, or say --remote-tuimon PATH")
        if "invalid choice" in ours:
            return TuimonError(f"tuimon on {host} is too old to be attached to from here", "update it there")
        if ours:
            return TuimonError(f"{host}: {ours}")
        if status == 255:
            return TuimonError(f"ssh does not reach {host}: {last or 'no reason given'}", f"try `ssh {host} true`")
        return TuimonError(f"{host} sent no run: {last or f'status {status}'}", f"try `ssh {host} tuimon runs`")

    # --- what comes in

    def _receive(self) -> None:
        """Until the run is over, or nobody wants it any more."""
        while True:
            self._take_all()
            if self._closed.is_set() or self.mirror.told.over or not self._connect_again():
                return
            self._answer()
            self._down = ""
            self._news.append(f"the line to {self._goal.host} is there again")

    def _connect_again(self) -> bool:
        """Try until it works; False when nobody wants it any more."""
        reason = self._complaints[-1] if self._complaints else "it has ended"
        for tries in itertools.count():
            pause = PAUSES[min(tries, len(PAUSES) - 1)]
            self._down = f"no line to {self._goal.host} ({reason}); training goes on; trying again in {pause:.0f} s"
            self._news.append(self._down)
            if self._closed.wait(pause):
                return False
            try:
                self._open(again=True)
            except TuimonError as error:
                reason = error.what
            else:
                return not self._closed.is_set()
        return False

    def _take_all(self) -> None:
        """Everything that this connection brings."""
        process, decoder = self._process, Decoder()
        assert process is not None
        assert process.stdout is not None
        try:
            while data := process.stdout.read1(1 << 16):  # type: ignore[attr-defined]
                for frame in decoder.feed(data):
                    self._take(frame)
        except (OSError, ValueError) as error:
            self._complaints.append(on_one_line(error))
        process.kill()
        process.wait()

    def _take(self, frame: Frame) -> None:
        if frame.name == NEWS:
            self._news.append(on_one_line(frame.data.decode(errors="replace")))
        else:
            self.mirror.take(frame)
            if frame.name == STATUS:
                self._whole.set()


@contextlib.contextmanager
def linked(goal: Target) -> Iterator[Link]:
    """A link whose mirror lasts as long as the block."""
    with place() as where:
        link = Link(goal, where)
        try:
            link.connect()
            yield link
        finally:
            link.close()


def _lines(stream: IO[bytes], most: int) -> Iterator[bytes]:
    """Whole lines, as far as `most` bytes go."""
    while most > 0 and (line := stream.readline(most)):
        most -= len(line)
        yield line


def _run_of(greeting: bytes) -> str:
    try:
        run = json.loads(greeting[len(GREETING) :])["run"]
    except (ValueError, KeyError, TypeError, RecursionError):
        run = ""
    if not isinstance(run, str) or not NAME.fullmatch(run) or run in (os.curdir, os.pardir):
        raise TuimonError("the other side does not greet with a run")
    return run
