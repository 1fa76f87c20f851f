"""The line to the terminal: how much may be on its way, so that the answer to a key is never stuck behind a picture.

A slow line cannot be seen from here: kernels, `sshd` and networks take what is written and keep it. So the terminal is
asked something behind what is sent; the time until it answers says how much the line carries. A terminal that never
answers is sent as much as is taken from us without waiting.
"""

from __future__ import annotations

import math

QUERY = "\x1b[6n"
"""Where is the cursor? Every terminal since the VT100 answers."""

WAIT = 0.05
"""Seconds that what is sent may wait on its way."""

LEAST, FIRST, MOST = 100, 4096, 1 << 20
"""Bytes that may be on their way: at least, until more is known, and at most."""

MUTE_AFTER = 0.5
"""Seconds until a terminal that has not answered yet is taken for one that never does."""

ASK_AGAIN = 5.0
"""Seconds after which an answer is taken for lost."""


class Line:
    """Told of every write and every answer, with the time of a monotonic clock; says how much more may be sent."""

    def __init__(self) -> None:
        self.window = FIRST
        self.on_its_way = 0
        self.answers = False  # it has answered at least once
        self._first_asked: float | None = None
        self._asked: float | None = None  # when the question that is open was asked
        self._before = 0  # bytes on their way when it was asked, all of them gone when it is answered
        self._quickest = math.inf
        self._growth = 4.0  # until it was too much for the first time

    @property
    def asking(self) -> bool:
        """A question is open."""
        return self._asked is not None

    def sent(self, size: int) -> None:
        self.on_its_way += size

    def asked(self, now: float) -> None:
        """The query was sent, behind all that was sent before."""
        self._asked, self._before = now, self.on_its_way
        self._first_asked = now if self._first_asked is None else self._first_asked

    def answered(self, now: float) -> None:
        if self._asked is None:
            return
        took, self._asked = now - self._asked, None
        known, self.answers = self.answers, True
        self._quickest = min(self._quickest, took)
        waited = took - self._quickest if known else took  # the rest is the way there and back
        if waited <= WAIT:
            if self._before * 2 >= self.window or not known:
                self.window = min(MOST, int(self.window * self._growth))
        else:
            self._growth = 1.25
            self.window = max(LEAST, int(self._before * WAIT / waited))
        self.on_its_way -= self._before
        self._before = 0

    def overdue(self, now: float) -> bool:
        """The open question should be asked again."""
        return self.answers and self._asked is not None and now - self._asked > ASK_AGAIN

    def mute(self, now: float) -> bool:
        """The terminal does not answer: what is on its way is not known."""
        return not self.answers and self._first_asked is not None and now - self._first_asked > MUTE_AFTER

    def room(self, now: float) -> float:
        """Bytes that may be sent now."""
        return math.inf if self.mute(now) else self.window - self.on_its_way
