"""The control group that a process runs in: its memory and CPU limits, and whether the kernel killed anyone there."""

from __future__ import annotations

import math
import os
from pathlib import Path

from tuimon.supervisor.samplers.files import read

UNLIMITED = 1 << 60
"""Version 1 spells "no limit" as a number about as large as this or larger."""


class Cgroup:
    """Reads version 2, and version 1 where the memory controller is still there. What cannot be read is None."""

    def __init__(self, pid: int, root: Path = Path("/")) -> None:
        self._memory, self._modern = _directory(pid, "memory", root)
        self._cpu, _ = _directory(pid, "cpu", root)
        limit = "memory.max" if self._modern else "memory.limit_in_bytes"
        self._limits = [place / limit for place in _upwards(self._memory)]
        self._vmstat = root / "proc/vmstat"

    def memory_limit(self) -> int | None:
        """The lowest limit on the way up."""
        limits = [_number(file) for file in self._limits]
        return min((limit for limit in limits if limit is not None and limit < UNLIMITED), default=None)

    def memory_used(self) -> int | None:
        """Without the page cache that the kernel would take back first."""
        if self._memory is None:
            return None
        used = _number(self._memory / ("memory.current" if self._modern else "memory.usage_in_bytes"))
        cache = _member(self._memory / "memory.stat", "inactive_file" if self._modern else "total_inactive_file")
        return None if used is None else max(0, used - (cache or 0))

    def oom_kills(self) -> int | None:
        """Processes that the kernel has killed for want of memory: here, or where this cannot be told, anywhere."""
        if self._memory is not None:
            name = "memory.events" if self._modern else "memory.oom_control"
            kills = _member(self._memory / name, "oom_kill")
            if kills is not None:
                return kills
        return _member(self._vmstat, "oom_kill")

    def cpus(self) -> float | None:
        """Cores' worth of CPU that may be used; None without a limit."""
        if self._cpu is None:
            return None
        words = _words(self._cpu / "cpu.max")
        if len(words) == 2 and all(word.isdecimal() and int(word) for word in words):
            return int(words[0]) / int(words[1])
        quota, period = _number(self._cpu / "cpu.cfs_quota_us"), _number(self._cpu / "cpu.cfs_period_us")
        return quota / period if quota and quota > 0 and period else None

    def cores(self, available: int) -> int:
        """Of so many cores that the scheduler may use, how many the quota leaves."""
        limit = self.cpus()
        return available if limit is None else min(available, max(1, math.ceil(limit)))


def _upwards(place: Path | None) -> list[Path]:
    found = []
    while place is not None and ((place / "memory.stat").exists() or (place / "memory.max").exists()):
        found.append(place)
        place = place.parent
    return found


def _directory(pid: int, controller: str, root: Path) -> tuple[Path | None, bool]:
    """Where the kernel shows this process's group for the controller, and whether that is version 2."""
    try:
        groups = [line.split(":", 2) for line in _lines(root / f"proc/{pid}/cgroup")]
        mounts = [line.split() for line in _lines(root / "proc/self/mountinfo")]
    except OSError:
        return None, False
    mounts = [mount for mount in mounts if "-" in mount[5:-2]]
    for _, controllers, path in (group for group in groups if len(group) == 3):
        modern = controllers == ""
        if not modern and controller not in controllers.split(","):
            continue
        for mount in mounts:
            kind, options = mount[mount.index("-", 5) + 1], mount[-1].split(",")
            if kind != ("cgroup2" if modern else "cgroup") or not (modern or controller in options):
                continue
            place = _below(root / mount[4].lstrip("/"), mount[3], path)
            if not modern or (place / f"{controller}.stat").exists():
                return place, modern
    return None, False


def _lines(path: Path) -> list[str]:
    """A path in it is bytes of any kind."""
    return os.fsdecode(path.read_bytes()).splitlines()


def _below(mounted: Path, shown: str, group: str) -> Path:
    """The group's directory. A container often sees only its own group, mounted as if it were the top."""
    inner = group.removeprefix(shown.rstrip("/")).lstrip("/")
    place = mounted / inner
    return place if place.is_dir() else mounted


def _words(path: Path) -> list[str]:
    return (read(path) or "").split()


def _number(path: Path) -> int | None:
    words = _words(path)
    return int(words[0]) if words and words[0].removeprefix("-").isdecimal() else None


def _member(path: Path, name: str) -> int | None:
    values = (line.split() for line in (read(path) or "").splitlines())
    return next((int(each[1]) for each in values if len(each) == 2 and each[0] == name and each[1].isdecimal()), None)
