"""Epochs without a batch."""

from __future__ import annotations

from tests.builders import epoch, fit, fit_end, keras2, run_of, source
from tests.rules.judging import found, quiet
from tuimon.rules.empty_epoch import EmptyEpoch


def test_an_iterator_that_was_used_up() -> None:
    finding = found(EmptyEpoch(), run_of(fit(), epoch(0, 10), epoch(1, 0), epoch(2, 0)), "error")
    assert "0 batches in epochs 2–3 (a full epoch had 10)" in finding.message
    assert (finding.epoch, finding.over) == (1, False)


def test_it_is_over_when_batches_come_again() -> None:
    assert found(EmptyEpoch(), run_of(fit(), epoch(0, 10), epoch(1, 0), epoch(2, 2))).over


def test_keras_2_ends_there() -> None:
    finding = found(EmptyEpoch(), run_of(keras2(), fit(), epoch(0, 10), epoch(1, 0), fit_end()))
    assert "Keras 2 ends the training" in finding.advice
    assert not finding.over


def test_near_misses() -> None:
    quiet(EmptyEpoch(), run_of(fit(), epoch(0, 0), epoch(1, 0)))  # nothing-trained says so
    quiet(EmptyEpoch(), run_of(fit(), epoch(0, 10), epoch(1, 0, stop_training=True)))
    quiet(EmptyEpoch(), run_of(fit(call="custom-loop"), epoch(0, 10), epoch(1, 0)))
    dry = run_of(keras2(), fit(), source(kind="generator"), epoch(0, 10), epoch(1, 0), fit_end())
    quiet(EmptyEpoch(), dry)  # ran-short says so
    quiet(EmptyEpoch(), run_of(fit(joined=True), epoch(0, 0), epoch(1, 10)))
