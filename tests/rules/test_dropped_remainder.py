"""Rows that `drop_remainder` leaves out."""

from __future__ import annotations

from typing import Any

from tests.builders import fit, run_of, source
from tests.rules.judging import found, quiet
from tuimon.rules.dropped_remainder import DroppedRemainder
from tuimon.state import Run


def dropping(dropped: int, of: int, **fields: Any) -> Run:
    described = {"kind": "tf.data", "batch_size": 32, "drop_remainder": True, "shuffled": True, "batches": 5, **fields}
    return run_of(fit(), source(size=of - dropped, dropped=dropped, upstream_size=of, **described))


def test_a_good_part_is_left_out() -> None:
    finding = found(DroppedRemainder(), dropping(30, 500), "warning")
    assert "leaves out 30 of 500 rows (6.0%, limit 5.0%)" in finding.message
    found(DroppedRemainder(), dropping(200, 500), "error")


def test_without_a_shuffle_the_same_rows_are_lost() -> None:
    assert "always the same ones" in found(DroppedRemainder(), dropping(30, 500, shuffled=False), "error").message


def test_batches_that_are_repeated() -> None:
    found(DroppedRemainder(), dropping(30, 500, infinite=True), "warning")
    thrice = [{"op": "batch"}, {"op": "repeat", "repeat": 3}]
    run = run_of(fit(), source(size=1410, dropped=30, upstream_size=500, batch_size=32, shuffled=True, pipeline=thrice))
    assert "30 of 500 rows" in found(DroppedRemainder(), run, "warning").message


def test_near_misses() -> None:
    quiet(DroppedRemainder(), dropping(20, 1300))
    quiet(DroppedRemainder(), dropping(20, 1300, shuffled=False))
    quiet(DroppedRemainder(), dropping(200, 200, batches=0))  # nothing-trained says so
    quiet(DroppedRemainder(), dropping(0, 500, infinite=True))  # repeated before it is batched
