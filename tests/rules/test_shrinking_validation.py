"""Validations that see less and less."""

from __future__ import annotations

from typing import Any

from tests.builders import epoch, fit, keras2, run_of
from tests.rules.judging import found, quiet
from tuimon.rules.shrinking_validation import ShrinkingValidation
from tuimon.state import Run


def validated(*steps: int | None, **fields: Any) -> Run:
    """An epoch each, with so many batches of validation; None: there was none."""
    each = [epoch(e, 20, validation=None if n is None else {"steps": n}) for e, n in enumerate(steps)]
    return run_of(fit(validation=True, epochs=9, **fields), *each)


def test_a_generator_that_can_be_read_once() -> None:
    finding = found(ShrinkingValidation(), validated(10, 2, 2, 2), "error")
    assert "2 of 10 batches after epochs 2–4" in finding.message
    assert finding.epoch == 1


def test_metrics_that_vanish_on_keras_2() -> None:
    each = [epoch(0, 20, validation={"steps": 10}), *[epoch(e, 20) for e in range(1, 4)]]
    finding = found(ShrinkingValidation(), run_of(keras2(), fit(validation=True), *each), "error")
    assert "0 of 10 batches" in finding.message
    assert "Keras 2 leaves the val_ metrics out" in finding.advice


def test_fewer_than_validation_steps() -> None:
    finding = found(ShrinkingValidation(), validated(15, 15, validation_steps=20), "warning")
    assert "as validation_steps asks for" in finding.message


def test_it_is_over_when_all_come_again() -> None:
    assert found(ShrinkingValidation(), validated(10, 8, 10), "warning").over


def test_near_misses() -> None:
    quiet(ShrinkingValidation(), validated(10, 10, 10))
    quiet(ShrinkingValidation(), validated(None, 10, None, 10, validation_freq=2))
    quiet(ShrinkingValidation(), validated(10, 12))
    quiet(ShrinkingValidation(), run_of(fit(validation=False), epoch(0, 20), epoch(1, 20)))
    quiet(ShrinkingValidation(), run_of(fit(), epoch(0, 20, val_loss=0.5), epoch(1, 20, val_loss=0.4)))
    stopped = epoch(1, 3, stop_training=True)
    quiet(ShrinkingValidation(), run_of(fit(validation=True), epoch(0, 20, validation={"steps": 10}), stopped))
