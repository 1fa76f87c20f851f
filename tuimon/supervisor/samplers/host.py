"""The machine that the run shares with others: CPU, memory, pressure, disk; and with it the run's process tree."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

from tuimon import events
from tuimon.supervisor.samplers.cgroup import Cgroup
from tuimon.supervisor.samplers.family import Family
from tuimon.supervisor.samplers.process import Tree


class HostSampler:
    def __init__(self, family: Family, cwd: Path) -> None:
        self._cwd = cwd
        self._tree = Tree(family)
        self._cgroup = Cgroup(family.pid)
        self._cores = _allowed(family.pid)
        psutil.cpu_percent()  # the next call tells the time since this one

    def sample(self, now: float) -> Iterable[events.Event]:
        fields: dict[str, Any] = {}
        for read in (self._machine, self._limits, self._disks, pressure):
            with contextlib.suppress(OSError, ValueError, psutil.Error):
                fields.update(read())
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields.update(self._tree.sample(now))
        return [events.HostSampled(at=now, **fields)]

    def close(self) -> None:
        self._tree.close()

    def _machine(self) -> dict[str, Any]:
        memory = psutil.virtual_memory()
        return {
            "cpu_ratio": psutil.cpu_percent() / 100,
            "load": os.getloadavg()[0],
            "memory_total": memory.total,
            "memory_available": memory.available,
            "swap_used": psutil.swap_memory().used,
        }

    def _limits(self) -> dict[str, Any]:
        return {
            "cores": self._cgroup.cores(self._cores),
            "memory_limit": self._cgroup.memory_limit(),
            "memory_in_cgroup": self._cgroup.memory_used(),
            "oom_kills": self._cgroup.oom_kills(),
        }

    def _disks(self) -> dict[str, Any]:
        disk = os.statvfs(self._cwd)
        fields = {"disk_free": disk.f_bavail * disk.f_frsize, "disk_total": disk.f_blocks * disk.f_frsize}
        with contextlib.suppress(OSError):
            shm = os.statvfs("/dev/shm")
            fields["shm_total"] = shm.f_blocks * shm.f_frsize
            fields["shm_used"] = (shm.f_blocks - shm.f_bfree) * shm.f_frsize
        return fields


_AVERAGE = re.compile(r"(some|full) .*\bavg10=(\d{1,3}(?:\.\d{1,9})?)\b", re.ASCII)


def pressure(root: Path = Path("/proc/pressure")) -> dict[str, Any]:
    """How much of the last 10 s was lost waiting for a resource, by some or by all (`…_full`); empty where unknown."""
    found = {}
    for resource in ("cpu", "io", "memory"):
        try:
            lines = (root / resource).read_text(errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            average = _AVERAGE.match(line)
            if average is not None:
                found[resource if average[1] == "some" else f"{resource}_full"] = round(float(average[2]) / 100, 6)
    return {"pressure": found}


def _allowed(pid: int) -> int:
    try:
        return len(os.sched_getaffinity(pid))
    except OSError:
        return os.cpu_count() or 1
