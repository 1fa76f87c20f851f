"""GPUs that fail."""

from __future__ import annotations

from tests.builders import fit, run_of
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon import events
from tuimon.rules.gpu_fault import GpuFault


def cards(xid: int | None = None, own: int = 1 << 30, others: int = 0, lost: bool = False) -> events.Event:
    first = {"index": 0, "uuid": "u0", "name": "NVIDIA H100", "memory_own": 0, "memory_others": 0}
    second = {"index": 1, "uuid": "u1", "name": "NVIDIA H100", "memory_own": own, "memory_others": others}
    faults = [] if xid is None else [{"uuid": "u1", "xid": xid}]
    return events.GpusSampled(gpus=[first] if lost else [first, second], faults=faults)


def test_the_hardware_fails() -> None:
    finding = found(GpuFault(), run_of(fit(), cards(), cards(94), cards(94)), "error")
    assert finding.message == (
        "GPU 1 (NVIDIA H100) failed: a memory error that cannot be corrected, contained (XID 94, 2 times)"
    )
    assert finding.fit == 0


def test_a_gpu_that_is_gone() -> None:
    finding = found(GpuFault(), run_of(fit(), cards(), cards(79, lost=True)), "error")
    assert "fallen off the bus (XID 79)" in finding.message
    finding = found(GpuFault(), run_of(fit(), cards(), cards(lost=True)), "error")
    assert "no longer seen by the driver" in finding.message


def test_a_programs_fault() -> None:
    finding = found(GpuFault(), run_of(fit(), cards(), cards(31)), "warning")
    assert "where it has no memory (XID 31)" in finding.message
    at_most_a_note(GpuFault(), run_of(fit(), cards(), cards(31, others=1 << 30)))  # it may have been theirs


def test_near_misses() -> None:
    quiet(GpuFault(), run_of(fit(), cards(), cards(43), cards(45)))  # cleaning up after a program
    quiet(GpuFault(), run_of(fit(), cards(own=0), cards(94, own=0), cards(lost=True)))  # this run is not there
    quiet(GpuFault(), run_of(fit(), cards(), cards(lost=True), cards()))  # seen again
