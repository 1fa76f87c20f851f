"""Python processes of this user that have a training framework loaded and were not started by tuimon."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tuimon.runs import short

FRAMEWORKS = {
    "tensorflow": re.compile(r"/(_pywrap_tensorflow\w*|libtensorflow\w*)\.so"),
    "torch": re.compile(r"/libtorch(_cpu|_python)?\.so"),
    "jax": re.compile(r"/jaxlib/[^\n]*\.so"),
}
"""What each framework's own libraries are called among the files that a process has mapped."""


@dataclass(frozen=True)
class Candidate:
    pid: int
    started_at: float  # seconds since 1970
    cpu_seconds: float
    rss: int
    command: list[str]
    frameworks: list[str]
    trains_under_tuimon: bool  # a run's own script, or a child of it

    @property
    def age(self) -> float:
        return max(0.0, time.time() - self.started_at)

    @property
    def line(self) -> str:
        return short(self.command)


def candidates(supervised: Collection[int] = (), root: Path = Path("/proc")) -> list[Candidate]:
    """What can be joined, the oldest first. `supervised` are the scripts of runs that are going on."""
    found = [each for pid in _own_processes(root) if (each := candidate(pid, supervised, root)) is not None]
    return sorted(found, key=lambda each: each.started_at)


def candidate(pid: int, supervised: Collection[int] = (), root: Path = Path("/proc")) -> Candidate | None:
    """The process, if it trains with anything that tuimon knows; None when not, or when it cannot be told."""
    loaded = frameworks(pid, root)
    return used(pid, loaded, supervised) if loaded else None


def used(pid: int, loaded: Collection[str] = (), supervised: Collection[int] = ()) -> Candidate | None:
    """What the process is, and what it has used; None when it is gone."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            ancestors = {pid, *(each.pid for each in process.parents())}
            times = process.cpu_times()
            return Candidate(
                pid=pid,
                started_at=process.create_time(),
                cpu_seconds=times.user + times.system,
                rss=process.memory_info().rss,
                command=process.cmdline(),
                frameworks=list(loaded),
                trains_under_tuimon=bool(ancestors & set(supervised)),
            )
    except psutil.Error:
        return None


def frameworks(pid: int, root: Path = Path("/proc")) -> list[str]:
    """The frameworks whose libraries the process has mapped."""
    try:
        mapped = (root / str(pid) / "maps").read_text(errors="replace")
    except OSError:
        return []
    return [name for name, pattern in FRAMEWORKS.items() if pattern.search(mapped)]


def _own_processes(root: Path) -> Iterator[int]:
    for entry in os.scandir(root):
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == os.geteuid() and int(entry.name) != os.getpid():
                    yield int(entry.name)
            except OSError:
                continue  # it has just ended
