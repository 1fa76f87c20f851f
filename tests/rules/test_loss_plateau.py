"""A training loss that has stopped improving: a note, never more."""

from __future__ import annotations

from tests.builders import run_of
from tests.rules.data import curve
from tests.rules.judging import found, quiet
from tuimon.rules.loss_plateau import LossPlateau

RULE = LossPlateau()


def test_five_epochs_without_a_percent() -> None:
    finding = found(RULE, run_of(curve([1.0, 0.7, 0.699, 0.698, 0.699, 0.697, 0.696])), "note")
    assert "0.696, improved by less than 1.0% over 5 epochs" in finding.message
    assert finding.epoch == 6


def test_the_first_evidence_stays_and_better_is_over() -> None:
    flat = [1.0, 0.7, 0.699, 0.698, 0.699, 0.697, 0.696]
    assert found(RULE, run_of(curve([*flat, 0.695]))).epoch == 6
    assert found(RULE, run_of(curve([*flat, 0.5]))).over


def test_long_trainings_are_given_a_fifth_of_their_epochs() -> None:
    slow = [1.0 - 0.0015 * index for index in range(50)]
    quiet(RULE, run_of(curve(slow)))


def test_a_loss_that_falls_or_has_vanished_is_fine() -> None:
    quiet(RULE, run_of(curve([1.0 / (index + 1) for index in range(12)])))
    quiet(RULE, run_of(curve([0.35, 1e-9, 1e-9, 1e-9, 1e-9, 1e-9, 1e-9, 1e-9])))
    quiet(RULE, run_of(curve([-0.1, -0.6, -0.9, -0.93, -0.95, -0.97, -0.99, -1.0])))
    quiet(RULE, run_of(curve([0.7, 0.7, 0.7])))
