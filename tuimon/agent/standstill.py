"""Gaps in which this process did not run, because the machine slept or the process was stopped.

A process can only detect them afterwards. A thread that wakes late may also have waited for Python's lock: then the
process has used the processor. These gaps matter where no supervisor was alive to observe the process.
"""

from __future__ import annotations

import os
import time
from typing import Optional

from tuimon import clock, events

LATE = 5.0
"""Seconds by which the thread must wake too late for a gap to be recorded."""

SLEPT = 1.0
"""Seconds that the machine must have slept to be recorded."""

IDLE = 0.02
"""Share of a core that a stopped process may seem to have used: it ran until it was stopped."""


class Standstill:
    """Used by one thread, before and after it sleeps."""

    def __init__(self) -> None:
        self.rests()

    def rests(self) -> None:
        """The thread is about to sleep."""
        self._at, self._monotonic, self._asleep = clock.now(), time.monotonic(), clock.asleep()
        self._used = time.process_time()

    def woke(self, within: float) -> Optional[events.GapRecorded]:
        """The gap since `rests`, if there is one. The thread was to wake `within` so many seconds."""
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
