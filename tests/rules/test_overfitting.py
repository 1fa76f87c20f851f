"""A validation loss that rises while the training loss falls."""

from __future__ import annotations

from tests.builders import fit, run_of
from tests.rules.data import validated
from tests.rules.judging import found, quiet
from tuimon.rules.overfitting import Overfitting

RULE = Overfitting()
TRAINING = [0.9, 0.6, 0.4, 0.3, 0.2, 0.1]


def test_a_rising_validation_loss_is_a_note() -> None:
    finding = found(RULE, run_of(fit(), validated(TRAINING, [0.9, 0.7, 0.6, 0.65, 0.7, 0.75])), "note")
    assert "rose to 0.75 from its best of 0.6 in epoch 3" in finding.message
    assert (finding.epoch, finding.over) == (5, False)


def test_a_doubled_validation_loss_is_a_warning() -> None:
    doubled = validated(TRAINING, [0.9, 0.6, 0.5, 0.7, 0.9, 1.2])
    assert "Keep the weights of epoch 3" in found(RULE, run_of(fit(), doubled), "warning").advice
    found(RULE, run_of(fit(callbacks=["EarlyStopping"]), doubled), "note")


def test_an_accuracy_that_is_still_at_its_best_leaves_a_note() -> None:
    doubled = validated(TRAINING, [0.9, 0.6, 0.5, 0.7, 0.9, 1.2], accuracy=[0.6, 0.7, 0.8, 0.82, 0.83, 0.84])
    found(RULE, run_of(fit(), doubled), "note")


def test_small_losses_and_noise_are_fine() -> None:
    found(
        RULE,
        run_of(fit(), validated([0.5, 0.1, 0.01, 0.002, 1e-3, 5e-4], [0.5, 0.1, 0.002, 0.003, 0.005, 0.007])),
        "note",
    )
    quiet(RULE, run_of(fit(), validated(TRAINING, [0.9, 0.7, 0.6, 0.65, 0.6, 0.65])))
    quiet(RULE, run_of(fit(), validated([0.9, 0.8, 0.7, 0.65, 0.6], [0.9, 0.8, 0.81, 0.82, 0.83])))
    quiet(RULE, run_of(fit(), validated([0.2, 0.3, 0.4, 0.5, 0.6], [0.5, 0.6, 0.8, 1.0, 1.2])))


def test_without_validation_it_is_not_judged() -> None:
    assert RULE.unjudged(run_of(fit(validation=True))) is not None
    assert RULE.unjudged(run_of(fit(validation=False))) is None
