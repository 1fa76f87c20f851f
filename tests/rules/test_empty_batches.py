"""Batches without rows."""

from __future__ import annotations

from tests.builders import batch, fit, run_of, source
from tests.rules.judging import found, quiet
from tuimon.rules.empty_batches import EmptyBatches

TOO_LONG = source(kind="sequence", batch_size=32, batches=15, upstream_size=320, upstream_known_by="estimated")


def test_a_sequence_that_claims_too_many_batches() -> None:
    looks = [*[batch(step) for step in range(10)], *[batch(step, 0) for step in range(10, 15)]]
    finding = found(EmptyBatches(), run_of(fit(), TOO_LONG, looks), "warning")
    assert "5 batches had 0 rows, since epoch 1, step 11" in finding.message
    assert "__len__ returns 15; 320 rows in batches of 32 are 10 batches." in finding.advice


def test_near_misses() -> None:
    quiet(EmptyBatches(), run_of(fit(), TOO_LONG, batch(0), batch(1, 1)))
