"""Validation data of another scale than the training data."""

from __future__ import annotations

from typing import Any

from tests.builders import fit, run_of
from tests.rules.data import X, looks
from tests.rules.judging import found, quiet
from tuimon.rules.validation_scale_mismatch import ValidationScaleMismatch

RULE = ValidationScaleMismatch()


def features(*scales: float, spread: float = 0.5) -> dict[str, Any]:
    return {**X, "feature_mean": list(scales), "feature_std": [spread * scale for scale in scales]}


def test_pixels_divided_on_one_side_only() -> None:
    run = run_of(fit(), looks(features(0.5, 0.4, 0.6)), looks(features(127.0, 102.0, 153.0), role="validation"))
    finding = found(RULE, run, "error")
    assert "100% of the features" in finding.message
    assert "larger in the validation data than in training (limit 10 times)" in finding.message
    assert "x_val / 255.0" in finding.snippet


def test_half_of_the_features_suffice() -> None:
    run = run_of(fit(), looks(features(1.0, 1.0)), looks(features(1.0, 20.0), role="validation"))
    found(RULE, run, "warning")
    quiet(RULE, run_of(fit(), looks(features(1.0, 1.0, 1.0)), looks(features(1.0, 1.0, 20.0), role="validation")))


def test_standardised_features_whose_means_are_nearly_0_are_fine() -> None:
    one = {**X, "feature_mean": [0.001, -0.02], "feature_std": [1.0, 1.1]}
    other = {**X, "feature_mean": [0.2, 0.1], "feature_std": [0.9, 1.2]}
    quiet(RULE, run_of(fit(), looks(one), looks(other, role="validation")))


def test_one_batch_with_an_outlier_does_not_count() -> None:
    training = [*looks(features(1.0), count=4), *looks(features(500.0), count=1)]
    quiet(RULE, run_of(fit(), training, looks(features(1.2), role="validation")))


def test_features_that_are_0_on_one_side_are_left_out() -> None:
    quiet(RULE, run_of(fit(), looks(features(0.0, 1.0)), looks(features(3.0, 1.0), role="validation")))


def test_few_rows_and_no_validation_are_not_judged() -> None:
    few = looks(features(100.0), role="validation", rows=4, count=1)
    quiet(RULE, run_of(fit(), looks(features(1.0)), few))
    assert RULE.unjudged(run_of(fit(validation=True), looks(features(1.0)))) is not None
    assert RULE.unjudged(run_of(fit(validation=False))) is None


def test_figures_of_the_whole_input_serve_where_features_are_not_told() -> None:
    run = run_of(fit(), looks(X), looks({**X, "mean": 120.0, "std": 70.0}, role="validation"))
    found(RULE, run, "error")
