"""Times in which this process did not run, which it can only find out afterwards.

The machine slept, or the process was stopped. A thread that wakes late may have waited for Python's lock as well: then
the process used the processor, or a supervisor has seen it run. What is found is said for times without a supervisor.
"""

from __future__ import annotations

import os
import time
from typing import Optional

from tuimon import clock, events

LATE = 5.0
"""Seconds too late from which it is said."""

SLEPT = 1.0

IDLE = 0.02
"""Of the time, in which the processor was used, that a process which was stopped may seem to have used."""


class Standstill:
    """Looked at by one thread, before and after it rests."""

    def __init__(self) -> None:
        self.rests()

    def rests(self) -> None:
        """The thread is about to."""
        self._at, self._monotonic, self._asleep = clock.now(), time.monotonic(), clock.asleep()
        self._used = time.process_time()

    def woke(self, within: float) -> Optional[events.GapRecorded]:
        """What is to be said of the time since it rested; it was to wake within so many seconds."""
        slept, passed = clock.asleep() - self._asleep, time.monotonic() - self._monotonic
        used = time.process_time() - self._used
        if slept >= SLEPT:
            reason = "the machine was asleep"
        elif passed > LATE + within and used < IDLE * passed:
            reason = "the process was stopped"
        else:
            return None
        now = clock.now()
        return events.GapRecorded(
            at=now, what="agent", since=self._at, until=now, reason=reason, asleep=max(0.0, slept), pid=os.getpid()
        )
