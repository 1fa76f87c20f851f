"""Runs that see a part of the data."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import agent, batch, epoch, fit, keras2, rows, run_of, source
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.low_coverage import LowCoverage
from tuimon.state import Run


def data(**fields: Any) -> list[events.Event]:
    """3,200 rows in batches of 32: a hundred batches."""
    return source(**{"kind": "tf.data", "batch_size": 32, "upstream_size": 3200, **fields})


ENDLESS = data(infinite=True, shuffled=False)
TOO_SHORT = data(kind="sequence", batches=10, upstream_known_by="estimated", upstream_reason="len of .x")
TAKEN = data(size=320, batches=10, pipeline=[{"op": "batch"}, {"op": "take", "take": 10}])


def test_a_plan_that_is_too_short_is_told_before_the_first_step() -> None:
    finding = found(LowCoverage(), run_of(fit(epochs=3, steps=5, steps_per_epoch=5), ENDLESS), "error")
    assert "sees 15% of the data: 15 of 100 batches, in 3 epochs (limit: 90%)" in finding.message
    assert "One pass is 3,200 / 32 = 100 steps" in finding.advice
    assert finding.snippet.startswith("model.fit(..., steps_per_epoch=100)")
    found(LowCoverage(), run_of(fit(epochs=3, steps=20, steps_per_epoch=20), ENDLESS), "warning")


def test_a_sequence_that_claims_too_few_batches() -> None:
    start = [*fit(epochs=6, steps=10), *TOO_SHORT]
    assert "10 of 100 batches by estimate, in each epoch" in found(LowCoverage(), run_of(*start), "note").message
    seen = [*epoch(0, 10), rows(320, 320, 320, epoch=1), *epoch(1, 10)]
    finding = found(LowCoverage(), run_of(*start, *seen), "error")
    assert "__len__ returns 10" in finding.advice
    assert finding.at == run_of(*start).fits[0].started_at


def test_a_sequence_that_draws_other_rows_for_each_epoch() -> None:
    drawn = [*epoch(0, 10, samples=320), rows(320, 320, 620, epoch=1), *epoch(1, 10, samples=320)]
    quiet(LowCoverage(), run_of(fit(epochs=6, steps=10), TOO_SHORT, drawn))


def test_the_rows_must_be_those_that_the_model_gets() -> None:
    start = [*fit(epochs=6, steps=10), *data(kind="sequence", batches=10, upstream_known_by="estimated",
                                             upstream_row_shape=[8])]  # fmt: skip
    quiet(LowCoverage(), run_of(start))  # nothing is known of the batches yet
    rows_of_it = batch(0, components=[{"role": "x", "shape": [32, 8]}])
    found(LowCoverage(), run_of(start, rows_of_it), "note")
    windows = batch(0, components=[{"role": "x", "shape": [32, 24, 8]}])
    quiet(LowCoverage(), run_of(start, windows))


def test_keras_2_never_reads_the_end_of_a_sequence() -> None:
    asked = [*fit(epochs=9, steps=50, steps_per_epoch=50), *data(kind="sequence", batches=100)]
    finding = found(LowCoverage(), run_of(keras2(), *asked), "warning")
    assert "Keras 2 begins a Sequence anew in each epoch" in finding.advice
    quiet(LowCoverage(), run_of(*asked))  # Keras 3 goes on where it stopped


def test_a_take_left_in() -> None:
    assert "Remove the take()" in found(LowCoverage(), run_of(fit(epochs=8, steps=10), TAKEN), "error").advice


def test_a_smoke_run_is_a_note() -> None:
    capped = agent(environment={"KERAS_MAX_EPOCHS": "1"})
    run = run_of(capped, fit(epochs=3, steps=5, steps_per_epoch=5), ENDLESS)
    assert "smoke run" in found(LowCoverage(), run, "note").message


def test_a_single_epoch_of_a_few_steps_is_a_try() -> None:
    found(LowCoverage(), run_of(fit(epochs=1, steps=3, steps_per_epoch=3), ENDLESS), "note")
    found(LowCoverage(), run_of(fit(epochs=2, steps=3, steps_per_epoch=3), ENDLESS), "error")
    found(LowCoverage(), run_of(fit(epochs=1, steps=6, steps_per_epoch=6), ENDLESS), "error")


def test_what_a_generator_can_see_is_a_note() -> None:
    seen = data(kind="generator", upstream_known_by="estimated")
    found(LowCoverage(), run_of(fit(epochs=3, steps=5, steps_per_epoch=5), seen), "note")


HELD_OUT = source(role="validation", kind="tf.data", size=800, pipeline=[{"op": "skip", "skip": 2400}, {"op": "batch"}])
SPLIT = data(size=2400, batches=75, pipeline=[{"op": "take", "take": 2400}, {"op": "batch"}])


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(run_of(fit(epochs=5, steps=100, steps_per_epoch=100), ENDLESS), id="several passes"),
        pytest.param(run_of(fit(epochs=20, steps=5, steps_per_epoch=5), ENDLESS), id="a pass in all"),
        pytest.param(run_of(fit(steps=75), SPLIT, HELD_OUT), id="split by take and skip"),
        pytest.param(run_of(fit(steps=75), SPLIT), id="split by take, the rest kept for a test"),
        pytest.param(
            run_of(
                fit(steps=80),
                data(kind="sequence", size=2560, batches=80, upstream_known_by="estimated"),
                source(role="validation", kind="sequence", size=640, batches=20),
            ),
            id="two Sequences that share an array",
        ),
        pytest.param(
            run_of(fit(steps=75), data(kind="sequence", batches=75, upstream_known_by="estimated")),
            id="an estimate of 75% may be a split by index",
        ),
        pytest.param(
            run_of(fit(steps=25), data(size=800, batches=25, pipeline=[{"op": "shard", "shards": 4}])), id="shard"
        ),
        pytest.param(
            run_of(fit(epochs=9), data(kind="tf.data", upstream_known_by="estimated"), epoch(0, 10, source_ended=True)),
            id="what a generator yields is as much as it likes",
        ),
        pytest.param(run_of(fit(steps=20, steps_per_epoch=20), data(pipeline=[{"op": "filter"}])), id="filtered"),
        pytest.param(
            run_of(
                fit(epochs=4, steps=25, steps_per_epoch=25),
                data(size=2400, batches=75, infinite=True, pipeline=[{"op": "take", "take": 2400}, {"op": "repeat"}]),
            ),
            id="a split that is repeated",
        ),
        pytest.param(run_of(fit(steps_per_epoch=5), source(infinite=True, batch_size=32)), id="unknown size"),
        pytest.param(run_of(fit(call="custom-loop", steps_per_epoch=5), ENDLESS), id="a loop of one's own"),
        pytest.param(
            run_of(
                [
                    event
                    for n in range(1, 11)
                    for event in (
                        *fit(n, epochs=1, steps=10, steps_per_epoch=10, site="t.py:3"),
                        *data(number=n, infinite=True, shuffled=True),
                    )
                ]
            ),
            id="fit in a loop over shuffled data",
        ),
        pytest.param(
            run_of(fit(steps=15), data(upstream_size=500, size=450, batches=15, dropped=50, drop_remainder=True)),
            id="what drop_remainder leaves out has a rule of its own",
        ),
    ],
)
def test_near_misses(run: Run) -> None:
    quiet(LowCoverage(), run)
