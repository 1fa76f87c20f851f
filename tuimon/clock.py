"""The time line of a run: seconds since 1970, by the machine's clock as it was when the run began, and steady since.

`now` is an origin plus the kernel's time since boot (CLOCK_BOOTTIME): it goes on while the machine sleeps, and does not
jump when its clock is set, by hand or by NTP, which is what `set_by` tells of. All processes of a machine read the time
since boot alike, so that one origin puts all of a run on one line: the supervisor makes it, agents find it in
TUIMON_CLOCK, and a later supervisor of the same boot in `run.json`.

Standard library only, Python 3.9: the agent loads this file inside the training process.
"""

from __future__ import annotations

import os
import time

VARIABLE = "TUIMON_CLOCK"

_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_origin: float | None = None


def now() -> float:
    """The time on this process' line, which begins as the machine's clock unless another was given."""
    if _origin is None and not carry_on(os.environ.get(VARIABLE, "")):
        begin()
    return _origin + time.clock_gettime(_SINCE_BOOT)  # type: ignore[operator]


def begin() -> None:
    """A new line, from the machine's clock as it is now."""
    global _origin
    _origin = time.time() - time.clock_gettime(_SINCE_BOOT)


def carry_on(text: str) -> bool:
    """Take the line that `text` wrote down. False where it is none, or where this process counts its time since boot
    otherwise: in a time namespace of its own."""
    global _origin
    origin, _, namespace = text.partition(" ")
    try:
        found = float(origin)
    except ValueError:
        return False
    if namespace != _namespace() or found != found:
        return False
    _origin = found
    return True


def text() -> str:
    """This process' line, for others on this machine and until it boots again."""
    now()
    return f"{_origin!r} {_namespace()}"


def set_by() -> float:
    """By how many seconds the machine's clock has been set since the line began: what it shows beyond `now`."""
    before = now()
    shown = time.time()
    return shown - (before + now()) / 2


def asleep() -> float:
    """Seconds since boot in which the machine slept: no clock that measures durations counts them."""
    return time.clock_gettime(_SINCE_BOOT) - time.clock_gettime(time.CLOCK_MONOTONIC)


def _namespace() -> str:
    try:
        return str(os.stat("/proc/self/ns/time").st_ino)
    except OSError:
        return ""
