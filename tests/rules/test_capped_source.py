"""Growing data that Keras holds to the length of the first epoch."""

from __future__ import annotations

from tests.builders import epoch, fit, keras2, run_of, source
from tests.rules.judging import found, quiet
from tuimon.rules.capped_source import CappedSource

UNKNOWN = source(kind="tf.data")


def test_keras_3_allows_one_batch_more() -> None:
    run = run_of(fit(), UNKNOWN, epoch(0, 10, source_ended=True), epoch(1, 11, source_closed=True))
    finding = found(CappedSource(), run, "warning")
    assert "epoch 2 ended at 11 batches although the source had more" in finding.message
    assert "hold" in finding.message


def test_keras_2_allows_none() -> None:
    grown = epoch(1, 10, source_closed=True)
    found(CappedSource(), run_of(keras2(), fit(), UNKNOWN, epoch(0, 10, source_ended=True), grown), "warning")


def test_near_misses() -> None:
    first = epoch(0, 10, source_ended=True)
    quiet(CappedSource(), run_of(fit(), UNKNOWN, first, epoch(1, 10, source_ended=True)))  # of constant size
    quiet(CappedSource(), run_of(fit(), UNKNOWN, first, epoch(1, 11, source_ended=True)))  # it had one more
    quiet(CappedSource(), run_of(fit(), UNKNOWN, first, epoch(1, 4, source_closed=True, stop_training=True)))
    quiet(CappedSource(), run_of(fit(steps_per_epoch=10), UNKNOWN, first, epoch(1, 11, source_closed=True)))
    quiet(CappedSource(), run_of(fit(), source(batches=10), first, epoch(1, 11, source_closed=True)))
    quiet(CappedSource(), run_of(fit(), UNKNOWN, epoch(0, 10), epoch(1, 11)))  # an agent that does not see the end


def test_pipelines_that_pick_their_rows_vary_by_nature() -> None:
    picks = source(kind="tf.data", pipeline=[{"op": "filter"}, {"op": "batch"}])
    found(
        CappedSource(),
        run_of(fit(), picks, epoch(0, 10, source_ended=True), epoch(1, 11, source_closed=True)),
        "note",
    )
