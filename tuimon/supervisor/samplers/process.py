"""The run's process tree: memory, CPU, threads and I/O of the script and everything that it started."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from tuimon.supervisor.samplers.family import Family
from tuimon.supervisor.samplers.files import Held, read

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")

PSS_EVERY = 10.0
"""Seconds between two looks at proportional memory, which costs the kernel a walk over all pages."""

MOST_WORKERS = 64


@dataclass(frozen=True)
class Usage:
    """One process, from /proc."""

    pid: int
    name: str
    state: str
    cpu: float  # seconds, with its threads
    threads: int
    rss: int
    major_faults: int
    swapped: int
    read: int
    written: int


class Tree:
    def __init__(self, family: Family) -> None:
        self._family = family
        self._files = Held()
        self._last: dict[int, Usage] = {}
        self._gone = [0, 0, 0]  # bytes read and written and major faults of processes that are no longer there
        self._cpu: dict[int, float] = {}
        self._at: float | None = None
        self._pss: int | None = None
        self._pss_at = float("-inf")

    def sample(self, now: float) -> dict[str, Any]:
        """Fields of `events.HostSampled`; empty when the process is gone."""
        swaps = swaps_here()
        looks = ((pid, usage_of(self._files, pid, swaps)) for pid in self._family.pids())
        usages = {pid: usage for pid, usage in looks if usage is not None}
        main = usages.get(self._family.pid)
        if main is None or main.state in "ZX" or not main.rss:  # without memory it is about to be gone
            return {}
        cores = self._cores(usages, now)
        for pid, last in self._last.items():
            if pid not in usages:
                self._files.drop(pid)
                self._gone = [
                    a + b for a, b in zip(self._gone, (last.read, last.written, last.major_faults), strict=True)
                ]
        self._last = usages
        living = [usage for usage in usages.values() if usage.state not in "ZX"]
        return {
            "processes": len(living),
            "workers": [_worker(usage, cores) for usage in living if usage is not main][:MOST_WORKERS],
            "dead_workers": len(usages) - len(living),
            "threads": sum(usage.threads for usage in living),
            "open_files": open_files(self._family.pid),
            "rss": sum(usage.rss for usage in living),
            "pss": self._proportional(living, now),
            "main_rss": main.rss,
            "swapped": sum(usage.swapped for usage in living),
            "major_faults": self._gone[2] + sum(usage.major_faults for usage in living),
            "cpu_cores": sum(cores.values()) if cores else None,
            "read_bytes": self._gone[0] + sum(usage.read for usage in living),
            "written_bytes": self._gone[1] + sum(usage.written for usage in living),
            "io_waiting": main.state == "D",
        }

    def close(self) -> None:
        self._files.close()

    def _cores(self, usages: dict[int, Usage], now: float) -> dict[int, float]:
        """Cores' worth of CPU of each process since the last sample."""
        before, since = self._cpu, self._at
        self._cpu, self._at = {pid: usage.cpu for pid, usage in usages.items()}, now
        if since is None or now <= since:
            return {}
        spans = (
            (pid, cpu - before.get(pid, 0.0 if pid != self._family.pid else cpu)) for pid, cpu in self._cpu.items()
        )
        return {pid: max(0.0, seconds) / (now - since) for pid, seconds in spans}

    def _proportional(self, living: list[Usage], now: float) -> int | None:
        if now - self._pss_at >= PSS_EVERY:
            self._pss_at = now
            known = [proportional(usage.pid) for usage in living]
            self._pss = None if None in known else sum(filter(None, known))
            return self._pss
        return None


def _worker(usage: Usage, cores: dict[int, float]) -> dict[str, Any]:
    facts: dict[str, Any] = {"pid": usage.pid, "name": usage.name, "rss": usage.rss, "state": usage.state}
    if usage.pid in cores:
        facts["cpu_ratio"] = round(cores[usage.pid], 3)
    return facts


def swaps_here() -> bool:
    """This machine has somewhere to swap to. Where it has not, nobody needs to be asked what is there."""
    return len((read("/proc/swaps") or "").splitlines()) != 1  # the heading alone


def usage_of(files: Held, pid: int, swaps: bool) -> Usage | None:
    stat = files.read(pid, "stat")
    if not stat:
        return None
    name, _, rest = stat.partition("(")[2].rpartition(")")
    fields = rest.split()
    io = files.read(pid, "io") or ""
    return Usage(
        pid=pid,
        name=name,
        state=fields[0],
        cpu=(int(fields[11]) + int(fields[12])) / TICK,
        threads=int(fields[17]),
        rss=int(fields[21]) * PAGE,
        major_faults=int(fields[9]),
        swapped=(_member(read(f"/proc/{pid}/status") or "", "VmSwap") or 0) * 1024 if swaps else 0,
        read=_member(io, "read_bytes") or 0,
        written=_member(io, "write_bytes") or 0,
    )


def proportional(pid: int) -> int | None:
    """Resident bytes, shared pages divided among those who share them."""
    kilobytes = _member(read(f"/proc/{pid}/smaps_rollup") or "", "Pss")
    return None if kilobytes is None else kilobytes * 1024


def open_files(pid: int) -> int | None:
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return None


def _member(text: str, name: str) -> int | None:
    """The number in the line ``name:  12 kB``; these files are long, and read once a second for each process."""
    start = f"\n{text}".find(f"\n{name}:")
    if start < 0:
        return None
    words = text[start + len(name) + 1 : start + len(name) + 40].split(maxsplit=1)
    return int(words[0]) if words and words[0].isdecimal() else None
