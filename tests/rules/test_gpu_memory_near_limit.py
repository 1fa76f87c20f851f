"""GPU memory that is nearly used up."""

from __future__ import annotations

from collections.abc import Callable

from tests.builders import PID, epoch, fit, run_of
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.gpu_memory_near_limit import GpuMemoryNearLimit
from tuimon.state import Run

GiB = 2**30


def allocated(used: Callable[[int], float]) -> Run:
    """The framework's allocator with so many of 16 GiB in use, after the first epoch."""
    name = "/device:GPU:0"
    these = [
        events.AllocatorSampled(pid=PID, devices=[{"name": name, "in_use": used(n) * GiB, "limit": 16 * GiB}])
        for n in range(40)
    ]
    return run_of(fit(), epoch(0), these)


def driver(growth: bool) -> Run:
    """What the driver shows: 15.8 of 16 GiB in use."""
    gpu = {"index": 0, "uuid": "u", "memory_total": 16 * GiB, "memory_used": round(15.8 * GiB)}
    devices = events.DevicesSeen(pid=PID, devices=[{"name": "GPU:0", "kind": "GPU", "memory_growth": growth}])
    return run_of(devices, fit(), epoch(0), [events.GpusSampled(gpus=[gpu]) for _ in range(40)])


def test_an_allocator_near_its_limit() -> None:
    finding = found(GpuMemoryNearLimit(), allocated(lambda n: 15.5), "warning")
    assert "GPU:0: 97% of 16.0 GiB are in use (limit 95%)" in finding.message


def test_use_that_grows() -> None:
    assert "use rose from" in found(GpuMemoryNearLimit(), allocated(lambda n: 4 + 0.1 * n), "warning").message


def test_with_memory_growth_the_driver_tells() -> None:
    found(GpuMemoryNearLimit(), driver(growth=True), "warning")


def test_near_misses() -> None:
    quiet(GpuMemoryNearLimit(), driver(growth=False))  # TensorFlow reserves it all
    quiet(GpuMemoryNearLimit(), allocated(lambda n: 12.0))
    quiet(GpuMemoryNearLimit(), run_of(fit(), epoch(0)))
