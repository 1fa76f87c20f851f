"""Memory that is nearly used up."""

from __future__ import annotations

from typing import Any

from tests.builders import host, run_of
from tests.rules.judging import found, quiet
from tuimon.rules.memory_near_limit import MemoryNearLimit
from tuimon.state import Run

GiB = 2**30


def sampled(*used: float, **fields: Any) -> Run:
    """A container of 8 GiB with so many in use."""
    return run_of([host(memory_limit=8 * GiB, memory_in_cgroup=round(each * GiB), **fields) for each in used])


def machine(*available: float, rss: float = 8.0) -> Run:
    """A machine of 16 GiB with so many available."""
    rest = {"memory_total": 16 * GiB, "rss": round(rss * GiB)}
    return run_of([host(memory_available=round(each * GiB), **rest) for each in available])


def test_a_container_that_is_nearly_full() -> None:
    finding = found(MemoryNearLimit(), sampled(4.0, 7.5, 7.6, 7.9), "error")
    assert "7.9 GiB of 8.0 GiB (99%, limit 90%) of the container's memory are in use" in finding.message
    assert not finding.over
    assert found(MemoryNearLimit(), sampled(7.5, 7.5, 7.5, 4.0)).over


def test_a_machine_that_is_nearly_full() -> None:
    assert "this run has 8.0 GiB" in found(MemoryNearLimit(), machine(0.5, 0.4, 0.3), "error").message


def test_when_others_use_the_machine_it_is_a_note() -> None:
    found(MemoryNearLimit(), machine(0.5, 0.4, 0.3, rss=1.0), "note")


def test_near_misses() -> None:
    quiet(MemoryNearLimit(), sampled(7.0, 7.0, 7.0, 7.0))
    quiet(MemoryNearLimit(), sampled(4.0, 7.9, 7.9, 4.0))  # a peak
    quiet(MemoryNearLimit(), machine(2.0, 1.0, 1.5, 1.2))
    roomy = {"memory_total": 16 * GiB, "memory_available": GiB // 4}
    quiet(MemoryNearLimit(), sampled(4.0, 4.0, 4.0, **roomy))  # the container's limit counts
