"""NaN and infinity in what reaches the model."""

from __future__ import annotations

from typing import Any

from tests.builders import epoch, fit, run_of
from tests.rules.data import X, labels, looks, net, real, scan
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon.rules.non_finite_data import NonFiniteData

RULE = NonFiniteData()
BAD: dict[str, Any] = {**X, "non_finite": 3}
GOOD = labels(0, 1)


def test_a_nan_in_the_inputs_is_told_at_once() -> None:
    run = run_of(fit(), net(), looks(X, GOOD, count=2), looks(BAD, GOOD, count=1, epoch=1))
    finding = found(RULE, run, "error")
    assert (
        "3 values of the inputs are NaN or infinite since epoch 2, step 1 (1 of 3 batches looked at)" in finding.message
    )
    assert (finding.epoch, finding.step) == (1, 0)


def test_the_weights_confirm_it() -> None:
    run = run_of(fit(), net(), looks(BAD, GOOD), epoch(0, loss=0.687), scan(0, non_finite=16))
    found(RULE, run, "error")


def test_a_model_that_copes_is_a_note_that_is_over() -> None:
    run = run_of(fit(), net(), looks(BAD, GOOD), epoch(0, loss=0.5), scan(0))
    finding = found(RULE, run, "note")
    assert finding.over
    assert "the model copes" in finding.message


def test_a_layer_of_the_scripts_own_may_replace_them() -> None:
    own = net(first_layers=["FillMissing"])
    at_most_a_note(RULE, run_of(fit(), own, looks(BAD, GOOD)))
    at_most_a_note(RULE, run_of(fit(), net(first_layers=[]), looks(BAD, GOOD)))
    found(RULE, run_of(fit(), own, looks(BAD, GOOD), epoch(0, loss=0.7), scan(0, non_finite=1)), "error")


def test_a_normalization_layer_hands_a_nan_on() -> None:
    found(RULE, run_of(fit(), net(first_layers=["Normalization"]), looks(BAD, GOOD)), "error")


def test_masked_targets_under_a_loss_of_the_scripts_own() -> None:
    masked = {**real(0.0, 1.0), "non_finite": 8}
    at_most_a_note(RULE, run_of(fit(), net(loss="masked_mse", custom=True), looks(X, masked)))
    assert (
        "of the targets"
        in found(RULE, run_of(fit(), net(loss="mean_squared_error"), looks(X, masked)), "error").message
    )


def test_validation_data_is_a_warning() -> None:
    run = run_of(fit(), net(), looks(X, GOOD), looks(BAD, GOOD, role="validation"))
    found(RULE, run, "warning")


def test_clean_data_is_fine_and_unseen_data_not_judged() -> None:
    quiet(RULE, run_of(fit(), net(), looks({**X, "non_finite": 0}, GOOD)))
    assert RULE.unjudged(run_of(fit())) is not None
