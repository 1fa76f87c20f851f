"""The side where the screen is: starts `ssh`, fills a mirror, and connects again when the line breaks."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from tuimon import events, wire
from tuimon.clean import line as on_one_line
from tuimon.errors import TuimonError
from tuimon.remote.connection import LONGEST_SHOWN, PREAMBLE, Connection, Silent
from tuimon.remote.frames import FILES, GREETING, NEWS, STATUS, Decoder, Frame
from tuimon.remote.limits import MIRROR, Allowance, Refused
from tuimon.remote.mirror import Mirror
from tuimon.remote.place import place
from tuimon.remote.target import Target
from tuimon.runs import is_name

UNTIL_GREETING = 180.0
"""Seconds in which the run has to begin: a server gives two minutes for typing a password, and Python there may lie on
a slow network disk."""

UNTIL_DOWN = 60.0
"""Seconds of silence after which a connection is no connection any more; a sender speaks every five."""

SAY_AGAIN = 9.0
"""Seconds between two mentions that the line is down."""

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before each further try to connect again; the last for all that follow."""

STEADY = 60.0
"""Seconds after which a connection has held, and the pauses begin anew."""


class Link:
    """One run, by as many connections as it takes. `mirror` is there once `connect` has returned.

    `refusal` is why nothing more is taken from the other side, once that is so.
    """

    def __init__(self, goal: Target, where: Path, most: int = MIRROR) -> None:
        self.mirror: Mirror
        self.refusal: TuimonError | None = None
        self._goal = goal
        self._host = on_one_line(goal.host)
        self._where = where
        self._allowance = Allowance(self._host, where, most)
        self._connection: Connection | None = None
        self._begun: set[str] = set()  # files of which this connection has brought a piece
        self._news: deque[str] = deque(maxlen=20)
        self._down = ""
        self._said = 0.0
        self._closed, self._whole = threading.Event(), threading.Event()
        self._receiver = threading.Thread(target=self._receive, name="tuimon-link", daemon=True)

    def connect(self) -> None:
        """Raises TuimonError when that machine, tuimon there, or the run cannot be had."""
        run = self._open(again=False)
        self.mirror = Mirror(self._where / run)
        try:
            self.mirror.path.mkdir(mode=0o700)
        except OSError as error:
            raise TuimonError(f"cannot keep a run in {self._where}: {error.strerror}", "set TMPDIR") from None
        self._goal = self._goal._replace(run=run)
        self._answer()
        self._receiver.start()

    def catch_up(self) -> None:
        """Wait until all that the run has by now is here, or nothing more will come. Raises TuimonError."""
        while not self._whole.wait(0.1) and self._receiver.is_alive():
            pass
        self.check()

    def check(self) -> None:
        """Raises the refusal, if there is one."""
        if self.refusal is not None:
            raise self.refusal

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
        return self._connection is not None and self._connection.write(wire.encode(event))

    def close(self) -> None:
        """Let go of the run, which goes on."""
        self._closed.set()
        self._hang_up()
        if self._receiver.ident is not None:
            self._receiver.join(5.0)
            self._hang_up()  # it may have been about to connect again
        elif self._connection is not None:
            self._connection.end()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.leave()

    # --- connections

    def _open(self, again: bool) -> str:
        """A connection up to the sender's greeting; the id of the run that it greets with."""
        self._connection = connection = Connection(self._goal.command(again))
        try:
            greeting = connection.read_line(GREETING, UNTIL_GREETING)
        except Silent:
            connection.leave()
            connection.end()
            what = f"{self._host} sent no run within {UNTIL_GREETING:.0f} s"
            raise TuimonError(what, f"try `ssh {self._host} tuimon runs`") from None
        if not greeting:
            raise self._why(connection.end(patience=5.0))
        run = _run_of(greeting)
        if not run or (again and run != self._goal.run):
            connection.end()
            raise Refused(
                f"{self._host} does not greet with {'that' if again else 'a'} run",
                f"see what `ssh {self._host} tuimon` starts",
            )
        return run

    def _answer(self) -> None:
        self._begun.clear()
        if self._connection is not None:
            self._connection.write(json.dumps(self.mirror.has()).encode() + b"\n")

    def _why(self, status: int) -> TuimonError:
        assert self._connection is not None
        host, words = self._host, list(self._connection.complaints)
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
        if status < 0:
            last = last or f"nothing in the first {PREAMBLE >> 10} KiB begins one"
        return TuimonError(f"{host} sent no run: {last or f'status {status}'}", f"try `ssh {host} tuimon runs`")

    # --- what comes in

    def _receive(self) -> None:
        """Until the run is over, nobody wants it any more, or too much is wrong with it."""
        tries = 0
        while True:
            began = time.monotonic()
            try:
                reason = self._take_all()
                if self._closed.is_set() or self.mirror.told.over:
                    return
                tries = 0 if time.monotonic() - began > STEADY else tries
                tries = self._connect_again(reason, tries)
            except TuimonError as error:
                self.refusal = error
                self._hang_up()
                return
            if self._closed.is_set():
                return
            self._answer()
            self._down = ""
            self._news.append(f"the line to {self._host} is there again")

    def _connect_again(self, reason: str, tried: int) -> int:
        """Try until it works, or nobody wants it any more; how often that was tried. Raises Refused."""
        for tries in itertools.count(tried):
            pause = PAUSES[min(tries, len(PAUSES) - 1)]
            self._down = f"no line to {self._host} ({reason}); training goes on; trying again in {pause:.0f} s"
            self._news.append(self._down)
            if self._closed.wait(pause):
                break
            try:
                self._open(again=True)
            except Refused:
                raise
            except TuimonError as error:
                reason = error.what
            else:
                return tries + 1
        return tried

    def _take_all(self) -> str:
        """Everything that this connection brings; why it ended. Raises TuimonError."""
        connection, decoder = self._connection, Decoder()
        assert connection is not None
        silent = ""
        try:
            while data := connection.read(UNTIL_DOWN):
                self._allowance.receive(len(data))
                for frame in decoder.feed(data):
                    if self._closed.is_set():
                        break
                    self._take(frame)
        except Silent:
            silent = f"nothing came for {UNTIL_DOWN:.0f} s"
        except ValueError as error:
            raise Refused(
                f"{self._host} sent what is no run: {on_one_line(error)[:LONGEST_SHOWN]}",
                f"see what `ssh {self._host} tuimon` starts",
            ) from None
        except OSError as error:
            raise Refused(
                f"cannot keep the run of {self._host} in {self._where}: {error.strerror}",
                "set TMPDIR to a directory with more room",
            ) from None
        finally:
            connection.leave()
            connection.end()
        if connection.flooded:
            raise Refused(
                f"{self._host} complained without end: {connection.complaints[-1] if connection.complaints else ''}",
                f"try `ssh {self._host} true`",
            )
        return silent or (connection.complaints[-1] if connection.complaints else "it has ended")

    def _take(self, frame: Frame) -> None:
        self._allowance.take(frame)
        if frame.name == NEWS:
            self._news.append(on_one_line(frame.data.decode(errors="replace"))[:LONGEST_SHOWN])
            return
        if frame.name in FILES:
            if frame.offset == 0 and frame.name in self._begun:
                raise ValueError(f"the {frame.name} begins anew")
            self._begun.add(frame.name)
        self.mirror.take(frame)
        if frame.name == STATUS:
            self._whole.set()


@contextlib.contextmanager
def linked(goal: Target, most: int = MIRROR) -> Iterator[Link]:
    """A link whose mirror lasts as long as the block, and holds so many bytes at most."""
    with place() as where:
        link = Link(goal, where, most)
        try:
            link.connect()
            yield link
        finally:
            link.close()


def _run_of(greeting: bytes) -> str:
    """Empty where it is none."""
    try:
        run = json.loads(greeting[len(GREETING) :])["run"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return run if isinstance(run, str) and is_name(run) else ""
