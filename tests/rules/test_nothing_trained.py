"""fit() without a batch."""

from __future__ import annotations

from tests.builders import epoch, fit, fit_end, keras2, run_of, source, steps
from tests.rules.judging import found, quiet
from tuimon.rules.nothing_trained import NothingTrained

DROPS_ALL = source(kind="tf.data", size=0, batches=0, batch_size=256, drop_remainder=True, upstream_size=200)


def test_batches_larger_than_the_data_are_told_before_the_first_step() -> None:
    finding = found(NothingTrained(), run_of(fit(steps=0), DROPS_ALL), "error")
    assert "0 batches: batches of 256 with drop_remainder=True, and only 200 samples" in finding.message
    assert "smaller than 200" in finding.advice


def test_epochs_that_are_all_empty() -> None:
    assert "0 batches in epochs 1–3" in found(NothingTrained(), run_of(fit(), *[epoch(e, 0) for e in range(3)])).message


def test_keras_2_refuses() -> None:
    run = run_of(keras2(), fit(), fit_end(exception="ValueError", message="Expected input data to be non-empty."))
    found(NothingTrained(), run, "error")


def test_near_misses() -> None:
    quiet(NothingTrained(), run_of(fit()))
    quiet(NothingTrained(), run_of(fit(), epoch(0, 0, stop_training=True)))
    quiet(NothingTrained(), run_of(fit(), epoch(0, 0), steps(1, 5)))
    quiet(NothingTrained(), run_of(fit(epochs=3, initial_epoch=3), source(batches=0), fit_end()))
    quiet(NothingTrained(), run_of(fit(joined=True), epoch(0, 0)))
