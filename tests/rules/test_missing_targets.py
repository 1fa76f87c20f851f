"""Data without targets under a loss that needs them."""

from __future__ import annotations

from tests.builders import fit, keras2, run_of, source
from tests.rules.data import MSE, X, labels, looks, net
from tests.rules.judging import found, quiet
from tuimon.rules.missing_targets import MissingTargets

RULE = MissingTargets()
INPUTS = [{"role": "x", "name": "", "shape": [None, 8], "dtype": "float32"}]


def test_a_dataset_of_inputs_only_is_told_before_the_first_step() -> None:
    run = run_of(fit(site="/home/me/train.py:7"), source(components=INPUTS), net(loss=MSE))
    finding = found(RULE, run, "error")
    assert MSE in finding.message
    assert "Keras 3 asks for a tuple" in finding.advice
    assert "fit (train.py:7)" in finding.advice


def test_keras_2_takes_lists_too() -> None:
    finding = found(RULE, run_of(keras2(), fit(), source(components=INPUTS), net()))
    assert "Keras 2 accepts a tuple or a list" in finding.advice


def test_batches_tell_where_the_source_does_not() -> None:
    assert found(RULE, run_of(fit(), net(), looks(X))).numbers["components"] == 1
    quiet(RULE, run_of(fit(), net(), looks(X, labels(0, 1))))


def test_a_model_that_computes_its_own_loss_needs_none() -> None:
    for model in (net(added_losses=True), net(custom_train_step=True), net(loss=None)):
        quiet(RULE, run_of(fit(), source(components=INPUTS), model))


def test_pairs_and_unknown_data_are_fine() -> None:
    quiet(RULE, run_of(fit(), source(components=[*INPUTS, {"role": "y", "name": ""}]), net()))
    quiet(RULE, run_of(fit(), source(), net()))
