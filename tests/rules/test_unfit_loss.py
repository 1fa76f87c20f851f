"""Losses that do not suit what the targets are."""

from __future__ import annotations

from tests.builders import fit, run_of
from tests.rules.data import BINARY, CATEGORICAL, MSE, SPARSE, X, labels, looks, net, real
from tests.rules.judging import found, quiet
from tuimon.rules.unfit_loss import UnfitLoss

RULE = UnfitLoss()
ONE_HOT = real(0.0, 1.0, 0.25, 0.43, shape=[32, 4], integer=True, distinct=2, distribution="one_hot")


def test_class_numbers_regressed_by_a_bounded_output() -> None:
    finding = found(RULE, run_of(fit(), net(1, "sigmoid", MSE), looks(X, labels(0, 1, 2, 3, 4))), "warning")
    assert "5 class numbers up to 4" in finding.message
    assert "Dense(5" in finding.snippet


def test_counts_regressed_by_a_linear_output_are_fine() -> None:
    quiet(RULE, run_of(fit(), net(1, None, MSE), looks(X, labels(0, 1, 2, 3, 4))))
    quiet(RULE, run_of(fit(), net(1, "relu", MSE), looks(X, labels(0, 1, 2, 3, 4))))
    quiet(RULE, run_of(fit(), net(1, "sigmoid", MSE), looks(X, labels(0, 1))))


def test_classes_that_are_counted_by_an_accuracy() -> None:
    digits = labels(*range(10), shape=[32], distinct=10)
    for metric in ("accuracy", "acc"):
        finding = found(RULE, run_of(fit(), net(1, None, MSE, metrics=[metric]), looks(X, digits)), "warning")
        assert "10 class numbers up to 9" in finding.message
    quiet(RULE, run_of(fit(), net(1, None, MSE, metrics=["mae"]), looks(X, digits)))
    gaps = labels(0, 3, 9, shape=[32], distinct=3)
    quiet(RULE, run_of(fit(), net(1, None, MSE, metrics=["accuracy"]), looks(X, gaps)))


def test_one_hot_targets_under_a_regression_loss() -> None:
    found(RULE, run_of(fit(), net(4, "softmax", MSE), looks(X, ONE_HOT)), "warning")
    quiet(RULE, run_of(fit(), net(4, "softmax", CATEGORICAL), looks(X, ONE_HOT)))


def test_an_autoencoder_of_one_hot_rows_is_fine() -> None:
    quiet(RULE, run_of(fit(), net(4, "sigmoid", MSE), looks({**ONE_HOT, "role": "x"}, ONE_HOT)))


def test_sigmoids_or_one_unit_under_a_categorical_loss() -> None:
    found(RULE, run_of(fit(), net(4, "sigmoid", CATEGORICAL), looks(X, ONE_HOT)), "warning")
    found(RULE, run_of(fit(), net(1, "sigmoid", SPARSE), looks(X, labels(0, 0))), "warning")
    quiet(RULE, run_of(fit(), net(4, None, SPARSE, from_logits=True), looks(X, labels(0, 3))))


def test_binary_crossentropy_over_a_softmax_is_a_note() -> None:
    found(RULE, run_of(fit(), net(4, "softmax", BINARY), looks(X, ONE_HOT)), "note")
    quiet(RULE, run_of(fit(), net(2, "softmax", BINARY), looks(X, ONE_HOT)))
    quiet(RULE, run_of(fit(), net(12, "sigmoid", BINARY), looks(X, {**ONE_HOT, "distribution": "multi_hot"})))
