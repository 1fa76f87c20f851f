"""Data that is in memory several times."""

from __future__ import annotations

from tests.builders import epoch, fit, run_of, source, steps
from tests.rules.judging import found, quiet
from tuimon.rules.dataset_in_memory import DatasetInMemory
from tuimon.state import Run

MiB = 2**20


def held(resident: int, rows: int = 1200, op: str = "from_tensor_slices", kind: str = "tf.data") -> Run:
    """Rows of 110,596 bytes, 127 MiB in all, in a process of so many MiB."""
    pipeline = [{"op": op}, {"op": "batch"}]
    described = source(kind=kind, size=rows, element_bytes=110_596, pipeline=pipeline)
    return run_of(fit(), described, steps(0, 38, rss=resident * MiB), epoch(0, 38))


def test_three_copies() -> None:
    assert "the data is 127 MiB, the process has 651 MiB" in found(DatasetInMemory(), held(651), "note").message


def test_near_misses() -> None:
    quiet(DatasetInMemory(), held(403))  # one copy
    quiet(DatasetInMemory(), held(651, op="tfrecord"))
    quiet(DatasetInMemory(), held(651, rows=100))
    quiet(DatasetInMemory(), held(403, kind="numpy"))
