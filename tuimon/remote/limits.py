"""How much another machine may send: no more than tuimon sends of a run, else the link ends.

The other machine may be broken, or not what its name says. What it sends fills a disk and takes time here, so both are
counted over all connections of a link. A refusal is one line, and final: there is no point in connecting again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from tuimon.errors import TuimonError
from tuimon.remote.frames import CHUNK, FILES, NEWS, STATUS, Frame

MIRROR = 4 << 30
"""Bytes of a run's files that are taken unless `--mirror-limit` says otherwise. Ten million steps are 400 MB of
journal, and of output nobody reads gigabytes on a screen. What is sent once more, from a file's start on, counts again.
"""

UNSUSPECTED = 4
"""One part in so many of the mirror's limit may be compressed by any ratio."""

RATIO = 100
"""Bytes that one byte on the line may unpack to, beyond that share. Journals are at 8, progress bars at 20; zlib's most
is 1,032."""

FRAMES_AT_ONCE = 20_000
FRAMES_A_SECOND = 50
BESIDE_A_FULL_ONE = 8
"""Frames that carry less than a whole chunk. A sender has six of them for each of its turns; it takes a turn four times
a second, and another one at once only where it had a full frame. What a line holds back while nobody reads here, for a
minute or an hour, comes all at once."""

NEWS_AT_ONCE, NEWS_A_SECOND = 100, 1
"""Sentences for the user."""

SHORT = 1 << 12
"""Bytes of a frame with a sentence or a status."""


class Refused(TuimonError):
    """Nothing more is taken from the other machine."""


class Allowance:
    """What one link may still take in. Raises Refused when that is used up."""

    def __init__(self, host: str, place: Path, most: int = MIRROR, now: Callable[[], float] = time.monotonic) -> None:
        self._host = host
        self._place = place
        self._most = most
        self._now = now
        self._since = now()
        self._received = 0  # bytes on the line
        self._unpacked = 0
        self._kept = 0  # bytes that were written, those that replaced others included
        self._full = 0  # frames with a whole chunk
        self._small = 0
        self._news = 0

    def receive(self, size: int) -> None:
        """Count `size` compressed bytes from the line."""
        self._received += size

    def take(self, frame: Frame) -> None:
        """Count a frame before it is written or shown."""
        size = len(frame.data)
        if not size:
            raise self._odd("an empty frame")
        if frame.name in (NEWS, STATUS) and size > SHORT:
            raise self._odd(f"{size:,} bytes of {frame.name} (limit {SHORT:,})")
        self._count(frame, size)
        self._unpacked += size
        free_of_suspicion = self._most // UNSUSPECTED
        if self._unpacked > free_of_suspicion + RATIO * self._received:
            raise Refused(
                f"{self._host} sent {_size(self._received)} that unpack to {_size(self._unpacked)} "
                f"(limit {RATIO} times as much beyond {_size(free_of_suspicion)})",
                "where a run's output is as uniform as that, say --mirror-limit with a larger size",
            )
        if frame.name not in (NEWS, STATUS):
            self._keep(size)

    def _count(self, frame: Frame, size: int) -> None:
        if size >= CHUNK and frame.name in FILES:
            self._full += 1
            return
        seconds = self._now() - self._since
        self._small += 1
        if self._small > FRAMES_AT_ONCE + FRAMES_A_SECOND * seconds + BESIDE_A_FULL_ONE * self._full:
            raise self._odd(
                f"{self._small:,} small frames within {seconds:.0f} s (limit {FRAMES_AT_ONCE:,} and "
                f"{FRAMES_A_SECOND} a second)"
            )
        self._news += frame.name == NEWS
        if self._news > NEWS_AT_ONCE + NEWS_A_SECOND * seconds:
            raise self._odd(
                f"{self._news:,} messages within {seconds:.0f} s (limit {NEWS_AT_ONCE} and {NEWS_A_SECOND} a second)"
            )

    def _keep(self, size: int) -> None:
        self._kept += size
        if self._kept > self._most:
            raise Refused(
                f"{self._host} sent more than {_size(self._most)} of this run's files (limit --mirror-limit)",
                f"say --mirror-limit with a larger size, or look at it there: `ssh -t {self._host} tuimon attach`",
            )
        free = _free(self._place)
        if self._kept > free:
            raise Refused(
                f"{self._host} sent {_size(self._kept)} of this run's files, and {self._place} has {_size(free)} left "
                "(limit: what is kept here leaves as much free)",
                "set TMPDIR to a directory with more room",
            )

    def _odd(self, what: str) -> Refused:
        return Refused(f"{self._host} sent {what}", f"no tuimon does: see what `ssh {self._host} tuimon` starts")


def _free(place: Path) -> int:
    room = os.statvfs(place)
    return room.f_bavail * room.f_frsize


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1024
    return f"{count:,.1f} GiB"
