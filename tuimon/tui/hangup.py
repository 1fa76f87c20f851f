"""The end of a screen whose terminal is gone, also where the signal for it is ignored (as under `nohup`).

Textual would go on for ever then: it reads an end of input again and again, and waits for output that nobody takes.
"""

from __future__ import annotations

import os
import select
import signal
import threading


def leave_at_hangup(fd: int = 0) -> None:
    """End the process, from now on, as soon as the terminal behind this descriptor is gone."""
    threading.Thread(target=_wait_and_leave, args=(fd,), name="tuimon-hangup", daemon=True).start()


def _wait_and_leave(fd: int) -> None:
    poll = select.poll()
    poll.register(fd, 0)  # nothing but what is always reported: a hang-up, an error
    poll.poll()
    os._exit(128 + signal.SIGHUP)  # no tidying up: the thread that draws may wait for the terminal for ever
