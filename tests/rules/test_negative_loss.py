"""A loss below zero that cannot be."""

from __future__ import annotations

from tests.builders import epoch, fit, run_of, steps
from tests.rules.data import BINARY, X, labels, looks, net
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon.rules.negative_loss import NegativeLoss

RULE = NegativeLoss()


def test_a_negative_crossentropy() -> None:
    finding = found(RULE, run_of(fit(), net(), epoch(0, loss=0.4), epoch(1, loss=-3.5)), "warning")
    assert "the loss is -3.5, but binary_crossentropy cannot be below 0" in finding.message
    assert finding.epoch == 1


def test_it_is_told_within_the_first_epoch() -> None:
    found(RULE, run_of(fit(), net(), steps(loss=[0.4, -0.2])), "warning")


def test_labels_that_explain_it_leave_a_note() -> None:
    at_most_a_note(RULE, run_of(fit(), net(), looks(X, labels(-1, 1)), epoch(0, loss=-3.5)))


def test_losses_that_may_be_negative_are_fine() -> None:
    for model in (
        net(4, None, "cosine_similarity"),
        net(loss="elbo", custom=True),
        net(added_losses=True),
        net(loss=BINARY, custom_train_step=True),
        net(loss=None),
    ):
        quiet(RULE, run_of(fit(), model, epoch(0, loss=-0.9)))
    quiet(RULE, run_of(fit(), net(), epoch(0, loss=0.0), epoch(1, loss=-1e-9)))


def test_weights_below_zero_are_those_of_a_policy_gradient() -> None:
    weights = {"role": "weight", "name": "", "dtype": "float32", "shape": [32], "min": -0.6, "max": 0.4}
    quiet(RULE, run_of(fit(), net(), looks(X, labels(0, 1), weights), epoch(0, loss=-0.15)))
