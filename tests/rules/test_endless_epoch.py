"""An epoch without an end."""

from __future__ import annotations

from tests.builders import epoch, fit, keras2, rows, run_of, source, steps
from tests.rules.judging import found, quiet
from tuimon.rules.endless_epoch import EndlessEpoch

REPEATED = source(kind="tf.data", infinite=True, batch_size=32, upstream_size=320, pipeline=[{"op": "repeat"}])


def test_an_infinite_dataset_is_told_before_the_first_step() -> None:
    finding = found(EndlessEpoch(), run_of(fit(), REPEATED), "error")
    assert "steps_per_epoch=10 (one pass)" in finding.advice
    assert "remove repeat()" in finding.advice
    assert not finding.over


def test_it_says_how_far_it_is_and_when_it_is_over() -> None:
    assert "400 steps so far" in found(EndlessEpoch(), run_of(fit(), REPEATED, steps(0, 400))).message
    assert found(EndlessEpoch(), run_of(fit(), REPEATED, epoch(0, 1500, stop_training=True))).over


def test_a_generator_whose_rows_come_again_and_again() -> None:
    run = run_of(fit(), source(kind="generator", batch_size=32), steps(0, 400), rows(12_800, 320))
    assert "each of 320 different rows came 3 times" in found(EndlessEpoch(), run, "error").message


def test_near_misses() -> None:
    quiet(EndlessEpoch(), run_of(fit(steps_per_epoch=10, steps=10), REPEATED))
    quiet(EndlessEpoch(), run_of(keras2(), fit(), REPEATED))  # it raises
    once = source(kind="generator", batch_size=32)
    quiet(EndlessEpoch(), run_of(fit(), once, steps(0, 5000), rows(160_000, 150_000)))  # one huge pass
    quiet(EndlessEpoch(), run_of(fit(), once, steps(0, 200), rows(6_400, 320)))
    quiet(EndlessEpoch(), run_of(fit(call="custom-loop", epochs=None), REPEATED, steps(0, 400)))
    quiet(EndlessEpoch(), run_of(fit(), source(kind="tf.data", batches=10), steps(0, 400)))
