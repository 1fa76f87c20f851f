"""Validation rows that were trained."""

from __future__ import annotations

from typing import Any

from tests.builders import PID, epoch, fit, run_of, source
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.validation_overlap import ValidationOverlap
from tuimon.state import Run


def compared(overlapping: int, of: int, expected: float | None = None, ended: bool = True) -> Run:
    seen = events.ValidationOverlapped(pid=PID, fit=1, looked_at=of, overlapping=overlapping, expected=expected)
    return run_of(fit(validation=True), epoch(0) if ended else [], seen)


def test_rows_in_both() -> None:
    finding = found(ValidationOverlap(), compared(96, 96), "error")
    assert "96 of 96 validation rows (100%) are also in the training data (limit: 1.0%)" in finding.message
    found(ValidationOverlap(), compared(10, 200), "warning")


ROWS = {"op": "from_tensor_slices", "rows": 1000}


def split(train: str, held_out: str, **shuffle: Any) -> Run:
    """Two pipelines over the same rows, each with one operation after the shuffle."""
    before = [ROWS, {"op": "shuffle", "buffer": 1000, "reshuffle": True, **shuffle}]
    return run_of(
        fit(validation=True),
        source(kind="tf.data", pipeline=[*before, {"op": train, train: 800}, {"op": "batch"}]),
        source(kind="tf.data", role="validation", pipeline=[*before, {"op": held_out, held_out: 800}, {"op": "batch"}]),
    )


def test_a_split_that_moves_is_told_before_the_first_step() -> None:
    finding = found(ValidationOverlap(), split("take", "skip"), "warning")
    assert "shuffle(1,000) draws another order for each pass, and take(800) and skip(800) split it" in finding.message
    found(ValidationOverlap(), split("skip", "take"), "warning")


def test_splits_that_stay() -> None:
    quiet(ValidationOverlap(), split("take", "skip", reshuffle=False))
    quiet(ValidationOverlap(), split("take", "take"))
    quiet(ValidationOverlap(), split("take", "skip", buffer=50))  # only its neighbours move over the border
    shuffled, taken = {"op": "shuffle", "buffer": 1000, "reshuffle": True}, {"op": "take", "take": 800}
    first = source(kind="tf.data", pipeline=[ROWS, taken, shuffled])
    second = source(kind="tf.data", role="validation", pipeline=[ROWS, {"op": "skip", "skip": 800}])
    quiet(ValidationOverlap(), run_of(fit(validation=True), first, second))
    kept = [ROWS, shuffled, {"op": "cache"}]
    first = source(kind="tf.data", pipeline=[*kept, taken])
    second = source(kind="tf.data", role="validation", pipeline=[*kept, {"op": "skip", "skip": 800}])
    quiet(ValidationOverlap(), run_of(fit(validation=True), first, second))


def test_near_misses() -> None:
    quiet(ValidationOverlap(), compared(0, 200))
    quiet(ValidationOverlap(), compared(2, 40))  # two coincidences
    quiet(ValidationOverlap(), compared(60, 200, expected=59.0))  # the data has few different rows
    quiet(ValidationOverlap(), compared(96, 96, ended=False))  # not before the first epoch has ended
