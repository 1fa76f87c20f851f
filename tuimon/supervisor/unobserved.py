"""Gaps that nobody could observe, and their reason: the machine slept, or this process or the training was stopped.

A stopped supervisor can detect it only afterwards, by a steady clock that went on without it. If the script used no
processor time meanwhile either, the whole run was stopped: a frozen control group, a paused machine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from tuimon import clock, events
from tuimon.supervisor.samplers.files import read

LATE = 5.0
"""Seconds beyond the sampling interval from which a gap is recorded."""

SLEPT, SET = 1.0, 1.0
"""Seconds that the machine must have slept, or its clock have been set by, to be recorded."""

IDLE = 0.02
"""Cores that a stopped script may seem to use: it ran until it was stopped."""

CONFIRMED = 5.0
"""Sampling interval in seconds below which a process must be seen stopped twice: joining it stops it for a moment."""

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Held:
    """A process that does not run."""

    since: float  # when it was last seen to run
    reason: str
    told: bool = False


class Unobserved:
    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._woken, self._monotonic, self._asleep = clock.now(), time.monotonic(), clock.asleep()
        self._ahead = clock.set_by()
        self._used: dict[int, float] = {}
        self._share = 0.0  # cores' worth that the processes used between the last two looks
        self._looked = self._monotonic
        self._looked_at = self._woken
        self._held: dict[int, Held] = {}

    def woken(self) -> Iterator[events.Event]:
        """Gaps since the last call. To be called whenever this process has waited, before anything else is recorded."""
        now, monotonic, asleep = clock.now(), time.monotonic(), clock.asleep()
        slept, late = asleep - self._asleep, monotonic - self._monotonic
        since, self._woken, self._monotonic, self._asleep = self._woken, now, monotonic, asleep
        if slept >= SLEPT:
            reason = "the machine was asleep"
            yield events.GapRecorded(at=now, what="everything", since=since, until=now, reason=reason, asleep=slept)
        elif late > self._interval + LATE:
            stopped = self._stopped_too(monotonic)
            yield events.GapRecorded(
                at=now,
                what="everything" if stopped else "host",
                since=since,
                until=now,
                reason="the supervisor and the script were stopped" if stopped else "the supervisor was stopped",
            )
        yield from self._clock_set(now)

    def _clock_set(self, now: float) -> Iterator[events.ClockSet]:
        ahead = clock.set_by()
        if abs(ahead - self._ahead) >= SET:
            by, self._ahead = ahead - self._ahead, ahead
            yield events.ClockSet(at=now, by=by, ahead=ahead)

    def look(self, pids: Collection[int]) -> Iterator[events.Event]:
        """Changes of the processes that train. To be called once in each interval."""
        now, monotonic = clock.now(), time.monotonic()
        used = {pid: seconds for pid in pids if (seconds := _used(pid)) is not None}
        spent = sum(seconds - self._used.get(pid, seconds) for pid, seconds in used.items())
        self._share = max(0.0, spent) / max(0.01, monotonic - self._looked)
        self._used = used
        for pid in [*pids, *(self._held.keys() - set(pids))]:
            yield from self._look_at(pid, now)
        self._looked, self._looked_at = monotonic, now

    def _look_at(self, pid: int, now: float) -> Iterator[events.Event]:
        reason = held(pid)
        known = self._held.get(pid)
        if reason is None:
            if known is not None:
                del self._held[pid]
                if known.told:
                    yield events.ProcessContinued(at=now, pid=pid)
        elif known is None:
            known = self._held[pid] = Held(self._looked_at, reason)
            if self._interval >= CONFIRMED:
                yield self._told(pid, known, now)
        elif not known.told:
            yield self._told(pid, known, now)

    def _told(self, pid: int, known: Held, now: float) -> events.ProcessStopped:
        known.told = True
        return events.ProcessStopped(at=now, pid=pid, since=known.since, reason=known.reason)

    def _stopped_too(self, monotonic: float) -> bool:
        """Since the last `look` the processes used no more than they would have until they were stopped."""
        used = [(_used(pid), before) for pid, before in self._used.items()]
        spent = sum(now - before for now, before in used if now is not None)
        running = self._share * 1.5 * self._interval
        return bool(used) and spent <= running + IDLE * (monotonic - self._looked) + 2 / TICK


def held(pid: int) -> str | None:
    """What keeps the process from running; None when it runs, or is no longer there."""
    state = _state(pid)
    if state == "T":
        return "stopped by a signal"
    if state == "t":
        return "held by a debugger"
    return "frozen with its control group" if state is not None and _frozen(pid) else None


def _state(pid: int) -> str | None:
    fields = (read(f"/proc/{pid}/stat") or "").rpartition(")")[2].split()
    return fields[0] if fields and fields[0] not in "ZX" else None


def _used(pid: int) -> float | None:
    """Seconds of processor time of all its threads."""
    fields = (read(f"/proc/{pid}/stat") or "").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK if len(fields) > 12 else None


def _frozen(pid: int, mounted: Path = Path("/sys/fs/cgroup")) -> bool:
    """By `cgroup.events` in version 2, by the freezer's `freezer.state` in version 1."""
    for line in (read(f"/proc/{pid}/cgroup") or "").splitlines():
        _, controllers, group = line.split(":", 2)
        inner = group.lstrip("/")
        if not controllers:
            for root in (mounted, mounted / "unified"):
                if "frozen 1" in (read(root / inner / "cgroup.events") or ""):
                    return True
        elif controllers == "freezer":
            return (read(mounted / "freezer" / inner / "freezer.state") or "").strip() in ("FROZEN", "FREEZING")
    return False
