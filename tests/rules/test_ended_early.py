"""Trainings that end before their last epoch."""

from __future__ import annotations

from tests.builders import agent, ended, epoch, fit, fit_end, keras2, raised, run_of
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.ended_early import EndedEarly

FOUR = [*fit(epochs=4, site="/me/train.py:8"), *epoch(0, 10)]
FAILED = fit_end(exception="ValueError", message="Target data is missing.\nmore")


def test_an_exception_that_the_script_caught() -> None:
    left = raised("ValueError", "Target data is missing.", where="fit", fit=1)
    finding = found(EndedEarly(), run_of(FOUR, left, FAILED, status=0), "error")
    assert "fit() (train.py:8) ended with ValueError" in finding.message
    assert "after 1 of 4 epochs, and the script went on" in finding.message
    assert "yield (x, y)" in finding.advice


def test_a_script_that_is_still_alive_caught_it() -> None:
    found(EndedEarly(), run_of(FOUR, FAILED, fit(2)), "error")
    quiet(EndedEarly(), run_of(FOUR, FAILED))  # it may be dying of it


def test_keras_2_ends_when_the_data_does() -> None:
    finding = found(EndedEarly(), run_of(keras2(), FOUR, fit_end(), status=0), "error")
    assert "ended after 1 of 4 epochs, and nothing asked it to" in finding.message
    found(EndedEarly(), run_of(keras2(), FOUR, epoch(1, 0), fit_end(), status=0), "error")


def test_on_keras_3_it_is_a_warning() -> None:
    found(EndedEarly(), run_of(FOUR, fit_end(), status=0), "warning")


def test_near_misses() -> None:
    done = [part for e in range(4) for part in epoch(e, 10)]
    quiet(EndedEarly(), run_of(fit(epochs=4), done, fit_end(), status=0))
    quiet(EndedEarly(), run_of(FOUR, fit_end(stop_training=True, stopped_by="EarlyStopping"), status=0))
    quiet(EndedEarly(), run_of(fit(epochs=4), epoch(0, 5, stop_training=True), fit_end(), status=0))
    resumed = [part for e in range(3, 6) for part in epoch(e, 10)]
    quiet(EndedEarly(), run_of(fit(epochs=6, initial_epoch=3), resumed, fit_end(), status=0))
    quiet(EndedEarly(), run_of(agent(environment={"KERAS_MAX_EPOCHS": "1"}), FOUR, fit_end(), status=0))
    quiet(EndedEarly(), run_of(FOUR, events.EpochStopRequested(id="1"), fit_end(), status=0))
    quiet(EndedEarly(), run_of(FOUR, FAILED, status=1))  # script-failed says so
    quiet(EndedEarly(), run_of(FOUR, ended(signal=9)))  # killed says so
    quiet(EndedEarly(), run_of(FOUR, fit_end(exception="KeyboardInterrupt"), status=0))
    quiet(EndedEarly(), run_of(FOUR, fit_end(exception="optuna.exceptions.TrialPruned"), status=0))
    quiet(EndedEarly(), run_of(fit(call="evaluate", epochs=None), fit_end(), status=0))
