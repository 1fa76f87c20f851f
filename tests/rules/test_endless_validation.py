"""A validation without an end."""

from __future__ import annotations

from tests.builders import PID, epoch, fit, keras2, run_of, source
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.endless_validation import EndlessValidation

REPEATED = source(role="validation", kind="tf.data", infinite=True, batch_size=32, upstream_size=96)


def validating(steps: int, number: int = 0) -> list[events.Event]:
    return [
        events.EpochStarted(pid=PID, fit=1, epoch=number),
        events.ValidationStarted(pid=PID, fit=1, epoch=number),
        events.ValidationStepsEnded(pid=PID, fit=1, epoch=number, steps=steps),
    ]


def test_infinite_validation_data_is_told_before_the_first_step() -> None:
    finding = found(EndlessValidation(), run_of(fit(validation=True), REPEATED), "error")
    assert "validation_steps=3 (one pass)" in finding.advice


def test_a_validation_that_outgrows_the_first() -> None:
    run = run_of(fit(validation=True), epoch(0, 10, validation={"steps": 10}), validating(31, 1))
    assert "3 times the 10 batches of the first validation" in found(EndlessValidation(), run, "error").message


def test_near_misses() -> None:
    quiet(EndlessValidation(), run_of(fit(validation=True, validation_steps=3), REPEATED))
    quiet(EndlessValidation(), run_of(keras2(), fit(validation=True), REPEATED))
    quiet(EndlessValidation(), run_of(fit(validation=True), validating(625)))  # large, and finite
    quiet(EndlessValidation(), run_of(fit(validation=True), epoch(0, 10, validation={"steps": 10}), validating(10, 1)))
