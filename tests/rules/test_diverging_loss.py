"""A training loss that grows and does not come back."""

from __future__ import annotations

from tests.builders import epoch, fit, run_of, source, steps
from tests.rules.data import MSE, curve, net
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon.rules.diverging_loss import DivergingLoss

RULE = DivergingLoss()


def test_five_epochs_at_twice_the_best_or_more() -> None:
    finding = found(RULE, run_of(curve([1.0, 0.5, 1.1, 1.3, 1.6, 1.9, 2.4], learning_rate=[0.01] * 7)), "warning")
    assert "at least 2 times its best of 0.5 in epochs 3–7, up to 2.4 (limit 5 epochs)" in finding.message
    assert "it is 0.01; try 0.001" in finding.advice
    assert finding.epoch == 2


def test_a_loss_that_jumps_and_stays() -> None:
    found(RULE, run_of(curve([1.0, 0.3, 2.31, 2.30, 2.30, 2.31, 2.30])), "warning")


def test_the_first_evidence_stays_and_a_return_is_a_note() -> None:
    losses = [1.0, 0.5, 1.1, 1.3, 1.6, 1.9, 2.4, 2.9]
    assert found(RULE, run_of(curve(losses))).epoch == found(RULE, run_of(curve([*losses, 3.5]))).epoch == 2
    assert found(RULE, run_of(curve([*losses, 0.4])), "note").over


def test_a_thousand_times_the_first_loss_is_an_error() -> None:
    finding = found(RULE, run_of(curve([2.0, 1e5, 1e9])), "error")
    assert "50,000 times that of the first (limit 1000 times)" in finding.message


def test_running_away_within_an_epoch_is_an_error_at_once() -> None:
    growth = [steps(0, 10, step=10 * index + 9, loss=10.0 ** (2 * index)) for index in range(9)]
    assert "within epoch 1" in found(RULE, run_of(fit(), growth), "error").message


def test_a_first_step_that_overshoots_and_recovers_is_fine() -> None:
    falling = [
        steps(0, 10, step=10 * index + 9, loss=loss) for index, loss in enumerate([20.0, 5e4, 4e4, 3e4, 2e4, 1e4, 9e3])
    ]
    quiet(RULE, run_of(fit(), falling, epoch(0, 70, loss=9015.0), epoch(1, 70, loss=0.693), epoch(2, 70, loss=0.693)))


def test_a_swinging_loss_is_the_matter_of_another_rule() -> None:
    swings = [0.456, 0.518, 1.145, 1.230, 1.110, 0.890, 1.605, 1.729, 1.036, 1.019, 0.913, 1.236, 0.659, 0.635, 0.609]
    at_most_a_note(RULE, run_of(curve(swings)))
    other = [0.456, 0.730, 1.073, 2.680, 2.726, 2.770, 2.815, 1.958, 0.880]
    at_most_a_note(RULE, run_of(curve(other)))


def test_large_targets_converged_and_negative_losses_are_fine() -> None:
    quiet(RULE, run_of(curve([20019.0, 1067.0, 443.0, 234.0, 117.0, 59.0, 31.0, 18.0])))
    quiet(RULE, run_of(curve([0.35, 1e-14, 3e-14, 5e-14, 4e-14, 6e-14, 9e-14])))
    unsteady = [4.4, 1.7, 0.43, 1e-8, 0.016, 0.036, 0.071, 0.14, 0.2, 0.23, 0.24, 0.21, 0.13, 0.066, 0.036, 0.023]
    quiet(RULE, run_of(curve(unsteady)))  # Adam, long after a model of many weights has learned its rows by heart
    quiet(RULE, run_of(curve([-0.1, -0.9, -0.2, -0.1, -0.1, -0.05, -0.01])))


def test_other_objectives_are_not_judged() -> None:
    losses = [1.0, 0.5, 1.1, 1.3, 1.6, 1.9, 2.4]
    for described in (net(custom_train_step=True), net(added_losses=True), net(1, None, "wasserstein", custom=True)):
        quiet(RULE, run_of(described, curve(losses), described))
    found(RULE, run_of(fit(epochs=7), net(1, None, MSE), curve(losses)[1:]), "warning")


def test_small_samples_of_more_data_are_mostly_chance() -> None:
    losses = [1.0, 0.5, 1.1, 1.3, 1.6, 1.9, 2.4]
    few = [event for index, loss in enumerate(losses) for event in epoch(index, 1, loss=loss, samples=16)]
    quiet(RULE, run_of(fit(), few))
    found(RULE, run_of(fit(), source(size=16), few), "warning")
