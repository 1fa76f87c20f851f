"""A training loss that swings and gets nowhere."""

from __future__ import annotations

from tests.builders import run_of
from tests.rules.data import curve, net
from tests.rules.judging import found, quiet
from tuimon.rules.oscillating_loss import OscillatingLoss

RULE = OscillatingLoss()
SWINGS = [0.456, 0.52, 1.15, 1.23, 1.11, 0.89, 1.61, 1.729, 1.04, 1.02, 0.91, 1.24, 0.66, 0.64, 0.61, 0.59]
KERAS_2 = [0.456, 0.73, 1.07, 2.68, 2.73, 2.77, 2.81, 1.96, 0.88, 1.01, 0.92, 0.94, 0.73, 0.64, 0.56, 0.69]


def test_swings_without_a_new_best() -> None:
    finding = found(RULE, run_of(curve(SWINGS, learning_rate=[0.3] * 16)), "warning")
    assert "swings between 0.52 and 1.729 since its best of 0.456, 15 epochs ago" in finding.message
    assert "it is 0.3; try 0.03" in finding.advice
    assert (finding.epoch, finding.over) == (7, False)
    found(RULE, run_of(curve(KERAS_2)), "warning")


def test_the_first_evidence_stays() -> None:
    assert [found(RULE, run_of(curve(SWINGS[:end]))).epoch for end in (8, 12, 16)] == [7, 7, 7]
    assert found(RULE, run_of(curve([*SWINGS, 0.3, 0.2, 0.1]))).over


def test_a_converged_or_noisy_end_is_fine() -> None:
    noisy = [2.3, 0.9, 0.3, 0.1, 0.05, 0.07, 0.06, 0.08, 0.065, 0.07, 0.06, 0.075]
    quiet(RULE, run_of(curve(noisy)))
    quiet(RULE, run_of(curve([0.35, 1e-14, 5e-14, 2e-14, 9e-14, 3e-14, 8e-14, 2e-14, 7e-14])))
    quiet(RULE, run_of(curve([1.0 / (index + 1) for index in range(16)])))


def test_a_single_jump_is_no_swing() -> None:
    quiet(RULE, run_of(curve([1.0, 0.5, 2.3, 2.3, 2.3, 2.3, 2.3, 2.3, 2.3, 2.3])))


def test_cycles_of_the_learning_rate_swing_on_purpose() -> None:
    rates = [0.1, 0.05, 0.01, 0.1, 0.05, 0.01, 0.1, 0.05, 0.01, 0.1, 0.05, 0.01, 0.1, 0.05, 0.01, 0.1]
    quiet(RULE, run_of(curve(SWINGS, learning_rate=rates)))
    warm_up = [0.01, 0.1, 0.3, *[0.3 - 0.01 * index for index in range(13)]]
    found(RULE, run_of(curve(SWINGS, learning_rate=warm_up)), "warning")


def test_other_objectives_and_single_steps_are_not_judged() -> None:
    begun, *rest = curve(SWINGS)
    quiet(RULE, run_of(begun, net(custom_train_step=True), rest))
    quiet(RULE, run_of(begun, net(loss="triplet", custom=True), rest))
    quiet(RULE, run_of(curve(SWINGS, steps=1)))
