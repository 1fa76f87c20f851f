"""Targets beyond the range of the last activation."""

from __future__ import annotations

from tests.builders import fit, run_of
from tests.rules.data import BINARY, MSE, X, labels, looks, net, real
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon.rules.unreachable_targets import UnreachableTargets

RULE = UnreachableTargets()


def test_negative_targets_of_a_relu() -> None:
    finding = found(RULE, run_of(fit(), net(1, "relu", MSE), looks(X, real(-20.0, 8.0, -6.0, 6.0))), "warning")
    assert "about 84% of the targets (-20 to 8)" in finding.message
    assert "0 and up; limit 5.0%" in finding.message


def test_counted_shares_are_better_than_those_of_mean_and_deviation() -> None:
    skewed = real(-1.0, 900.0, 5.0, 60.0, below_zero=0.01)
    quiet(RULE, run_of(fit(), net(1, "relu", MSE), looks(X, skewed)))
    high = real(0.0, 3.0, 1.0, 0.5, above_one=0.5)
    assert "50%" in found(RULE, run_of(fit(), net(1, "sigmoid", MSE), looks(X, high))).message


def test_all_targets_beyond() -> None:
    assert "100%" in found(RULE, run_of(fit(), net(1, "tanh", MSE), looks(X, real(5.0, 9.0, 7.0)))).message


def test_class_numbers_are_the_matter_of_another_rule() -> None:
    at_most_a_note(RULE, run_of(fit(), net(1, "sigmoid", MSE), looks(X, labels(0, 1, 2, 3, mean=1.5, std=1.1))))


def test_targets_within_reach_and_linear_outputs_are_fine() -> None:
    quiet(RULE, run_of(fit(), net(1, "relu", MSE), looks(X, real(0.0, 8.0, 4.0))))
    quiet(RULE, run_of(fit(), net(1, "tanh", MSE), looks(X, real(-1.0, 1.0))))
    quiet(RULE, run_of(fit(), net(1, None, MSE), looks(X, real(-20.0, 8.0))))
    quiet(RULE, run_of(fit(), net(1, "unknown", MSE), looks(X, real(-20.0, 8.0))))
    quiet(RULE, run_of(fit(), net(1, "sigmoid", BINARY), looks(X, labels(0, 1))))
