"""Fewer steps than `steps_per_epoch` asked for."""

from __future__ import annotations

import pytest

from tests.builders import agent, epoch, fit, fit_end, keras2, run_of, source
from tests.rules.judging import found, quiet
from tuimon.rules.ran_short import RanShort
from tuimon.state import Run

TEN = source(kind="tf.data", size=320, batches=10, batch_size=32)


def test_steps_counted_in_samples_are_told_before_the_first_step() -> None:
    finding = found(RanShort(), run_of(fit(epochs=4, steps=320, steps_per_epoch=320), TEN), "error")
    assert "steps_per_epoch=320, but one pass over the data is 10 batches" in finding.message
    assert "320 is the number of samples: steps are batches of 32" in finding.advice
    assert "Keras 3" in finding.advice
    done = found(RanShort(), run_of(fit(epochs=4, steps=320, steps_per_epoch=320), TEN, epoch(0, 10)), "error")
    assert (done.at, done.epoch, done.step) == (finding.at, finding.epoch, finding.step)


def test_epochs_that_ran_short() -> None:
    asked = fit(epochs=4, steps=20, steps_per_epoch=20)
    finding = found(RanShort(), run_of(asked, *[epoch(e, 10) for e in range(4)]), "warning")
    assert "10 of 20 steps in epochs 1–4" in finding.message
    assert (finding.epoch, finding.step) == (0, 10)
    assert found(RanShort(), run_of(asked, epoch(0, 9)), "error").epoch == 0
    assert found(RanShort(), run_of(asked, epoch(0, 15), epoch(1, 20))).over


def test_a_generator_can_be_read_once() -> None:
    run = run_of(fit(steps=12, steps_per_epoch=12), source(kind="generator"), epoch(0, 12), epoch(1, 0))
    assert "Let it loop for ever" in found(RanShort(), run, "error").advice


def test_keras_2_ends_the_training() -> None:
    run = run_of(keras2(), fit(epochs=4, steps=20, steps_per_epoch=20), epoch(0, 15), fit_end())
    finding = found(RanShort(), run, "error")
    assert "training ended there" in finding.message
    assert "Keras 2 ends the training" in finding.advice


def test_keras_2_forecasts_in_which_epoch_the_data_ends() -> None:
    asked = fit(epochs=3, steps=5, steps_per_epoch=5)
    assert "training will stop in epoch 3 of 3" in found(RanShort(), run_of(keras2(), asked, TEN), "error").message
    quiet(RanShort(), run_of(asked, TEN))  # Keras 3 starts the data over
    quiet(RanShort(), run_of(keras2(), asked, source(kind="numpy", size=320, batches=10, batch_size=32)))


def test_a_generator_that_is_used_up_on_keras_2() -> None:
    run = run_of(keras2(), fit(epochs=6), source(kind="generator"), epoch(0, 10), epoch(1, 0), fit_end())
    assert "training ended after 1 epoch of 6" in found(RanShort(), run, "error").message


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(run_of(fit(epochs=3, steps=10, steps_per_epoch=10), TEN, *[epoch(e, 10) for e in range(3)]),
                     id="exactly one pass"),
        pytest.param(run_of(fit(epochs=3, steps=10, steps_per_epoch=10), epoch(0, 4, stop_training=True)),
                     id="stopped on purpose"),
        pytest.param(run_of(fit(epochs=3, steps=10, steps_per_epoch=10, joined=True), epoch(0, 4)), id="joined"),
        pytest.param(run_of(fit(epochs=3, steps=10), epoch(0, 4)), id="no steps asked for"),
        pytest.param(run_of(fit(steps_per_epoch=99), source(infinite=True, batch_size=32)), id="endless data"),
        pytest.param(
            run_of(agent(environment={"KERAS_MAX_STEPS_PER_EPOCH": "2"}), fit(steps_per_epoch=10), epoch(0, 2)),
            id="capped by the environment",
        ),
    ],
)  # fmt: skip
def test_near_misses(run: Run) -> None:
    quiet(RanShort(), run)
