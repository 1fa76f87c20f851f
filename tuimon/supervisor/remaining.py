"""Processes of a run that outlive its script: daemons that train, or are about to."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator

from tuimon import clock, events
from tuimon.runs import RunDirectory
from tuimon.supervisor.child import Child, End

GRACE = 60.0
"""Seconds to wait for a process that does not train yet."""

DYING = 1.0
"""Seconds that worker processes have to notice that their script has ended."""


class Remaining:
    """Processes that train are known by their agent; those that may begin to, by their environment."""

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._training: dict[int, Child] = {}
        self._trains(directory.remaining())
        self._waited_for: set[int] = set()
        self._deadline = time.monotonic() + GRACE
        self._told: tuple[list[int], list[int]] = ([], [])

    @property
    def training(self) -> list[int]:
        return sorted(self._training)

    @property
    def any(self) -> bool:
        """Somebody trains, or may soon."""
        return bool(self._training or self._waited_for)

    @property
    def first(self) -> Child | None:
        """The process that has been training for longest."""
        return next(iter(self._training.values()), None)

    def waiting(self) -> bool:
        """A process of the run is alive, whether it trains or not."""
        return bool(of_run(self._directory.id))

    def look(self, reporting: Iterable[int]) -> Iterator[events.Event]:
        """What has changed. `reporting` are the ids of the processes whose agents are connected."""
        yield from self._ended()
        self._trains(reporting)
        patient = time.monotonic() < self._deadline
        self._waited_for = set(of_run(self._directory.id)) - self._training.keys() if patient else set()
        yield from self._changed()

    def _trains(self, pids: Iterable[int]) -> None:
        for pid in set(pids) - self._training.keys():
            child = Child(pid, own=False)
            if child.started is not None:
                self._training[pid] = child

    def _ended(self) -> Iterator[events.ProcessEnded]:
        for pid, child in list(self._training.items()):
            end = child.poll()
            if end is not None:
                del self._training[pid]
                if child.pidfd is not None:
                    os.close(child.pidfd)
                yield _ended(pid, end)

    def _changed(self) -> Iterator[events.ProcessesRemained]:
        told = (self.training or sorted(self._waited_for), self.training)
        if told != self._told:
            self._told = told
            yield events.ProcessesRemained(at=clock.now(), pids=told[0], training=told[1])

    def written(self) -> list[list[int]]:
        """For `run.json`: id and start (clock ticks since boot) of each process that trains."""
        return [[pid, child.started] for pid, child in sorted(self._training.items()) if child.started is not None]


def _ended(pid: int, end: End) -> events.ProcessEnded:
    return events.ProcessEnded(at=clock.now(), pid=pid, exit_code=end.exit_code, signal=end.signal)


def of_run(run: str) -> list[int]:
    """Pythons of this user that were started within the run and are alive."""
    mark = b"TUIMON_RUN=%s" % os.fsencode(run)
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and _belongs(name, mark)]


def _belongs(name: str, mark: bytes) -> bool:
    try:
        with open(f"/proc/{name}/environ", "rb") as file:
            inside = mark in file.read().split(b"\0")
        return inside and os.path.basename(os.readlink(f"/proc/{name}/exe")).startswith("python")
    except OSError:
        return False
