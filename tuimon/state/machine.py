"""The machine under a run: host, GPUs, and the framework's allocator."""

from __future__ import annotations

from dataclasses import dataclass, field

from tuimon import events
from tuimon.series import Series

_DRAWN = (
    *("rss", "cpu_cores", "cpu_ratio", "memory_available", "memory_in_cgroup", "swapped", "major_faults"),
    *("read_bytes", "io_waiting", "dead_workers", "disk_free"),
)
"""What of a sample becomes a series as it is."""


class Host:
    """The newest sample, and over time what is drawn and judged. Sizes in bytes, x in seconds since 1970."""

    def __init__(self) -> None:
        self.latest: events.HostSampled | None = None
        self.first: events.HostSampled | None = None
        self.samples = 0
        self.rss = Series()
        self.cpu_cores = Series()
        self.cpu_ratio = Series()
        self.available = Series()
        self.in_cgroup = Series()
        self.swapped = Series()
        self.major_faults = Series()
        self.read_bytes = Series()
        self.io_waiting = Series()  # 1 while waiting, else 0
        self.io_full = Series()
        self.workers = Series()
        self.dead_workers = Series()
        self.disk_free = Series()
        self._drawn: list[tuple[str, Series]] = [
            (of_sample, getattr(self, of_sample.removeprefix("memory_"))) for of_sample in _DRAWN
        ]

    def apply(self, event: events.HostSampled) -> None:
        self.latest = event
        self.first = self.first or event
        self.samples += 1
        at = event.at
        for name, values in self._drawn:
            value = getattr(event, name)
            if value is not None:
                values.append(at, value)
        full = event.pressure.get("io_full")
        if full is not None:
            self.io_full.append(at, full)
        if event.processes is not None:
            self.workers.append(at, len(event.workers))

    @property
    def memory_limit(self) -> int | None:
        """The bytes that this run can have at most: its cgroup's limit, else the machine's memory."""
        if self.latest is None:
            return None
        known = [size for size in (self.latest.memory_limit, self.latest.memory_total) if size]
        return min(known) if known else None


@dataclass(eq=False)
class Gpu:
    """One GPU of the machine by NVML. `latest` holds what `events.GpusSampled` describes."""

    index: int
    uuid: str
    name: str = ""
    latest: events.Facts = field(default_factory=dict)
    lost_at: float | None = None  # it was not in the newest sample
    faults: list[tuple[float, int]] = field(default_factory=list)  # when, and NVIDIA's number (XID)
    used: Series = field(default_factory=Series)
    own: Series = field(default_factory=Series)
    utilization: Series = field(default_factory=Series)  # ratio
    temperature: Series = field(default_factory=Series)
    power: Series = field(default_factory=Series)

    def apply(self, at: float, facts: events.Facts) -> None:
        self.latest = facts
        self.name = facts.get("name") or self.name
        self.lost_at = None
        for series, key in (
            (self.used, "memory_used"),
            (self.own, "memory_own"),
            (self.utilization, "utilization"),
            (self.temperature, "temperature"),
            (self.power, "power_watts"),
        ):
            value = facts.get(key)
            if isinstance(value, (int, float)):
                series.append(at, value)


@dataclass(eq=False)
class Allocator:
    """One device of the framework, by its own allocator. Sizes in bytes."""

    name: str
    latest: events.Facts = field(default_factory=dict)
    in_use: Series = field(default_factory=Series)
    peak: int | None = None

    def apply(self, at: float, facts: events.Facts) -> None:
        self.latest = facts
        if isinstance(facts.get("in_use"), (int, float)):
            self.in_use.append(at, facts["in_use"])
        if isinstance(facts.get("peak"), (int, float)):
            self.peak = max(self.peak or 0, facts["peak"])
