"""Weights that no epoch changes."""

from __future__ import annotations

from tests.builders import epoch, fit, run_of
from tests.rules.data import falling, net, scan
from tests.rules.judging import found, quiet
from tuimon.rules.frozen_weights import FrozenWeights

RULE = FrozenWeights()


def test_a_model_without_trainable_weights_is_an_error() -> None:
    run = run_of(fit(), net(trainable_variables=0), falling([0.6873] * 3))
    finding = found(RULE, run, "error")
    assert "no weight changed in epochs 1–3" in finding.message
    quiet(RULE, run_of(fit(), net(trainable_variables=0)))


def test_no_weight_changes_over_two_epochs() -> None:
    run = run_of(fit(), net(), falling([0.7] * 4), scan(0), scan(1, 4), scan(2, 4), scan(3, 4))
    finding = found(RULE, run, "warning")
    assert "none of 4 trainable weight tensors changed in epochs 2–4 (limit 2 epochs)" in finding.message
    assert (finding.epoch, finding.over) == (1, False)


def test_weights_that_move_again_end_it() -> None:
    assert found(RULE, run_of(fit(), falling([0.7] * 4), scan(1, 4), scan(2, 4), scan(3, 0))).over


def test_a_rate_that_fell_to_0_is_named() -> None:
    at_zero = falling([0.7] * 5, learning_rate=[0.05, 0.0, 0.0, 0.0, 0.0])
    run = run_of(fit(), net(schedule="PolynomialDecay"), at_zero, scan(0), scan(1, 0), scan(2, 4), scan(3, 4))
    assert "odd-learning-rate" in found(RULE, run, "warning").advice


def test_converged_weights_are_fine() -> None:
    quiet(RULE, run_of(fit(), falling([0.35, 1e-12, 1e-12, 1e-12]), scan(0), scan(1, 4), scan(2, 4), scan(3, 4)))
    quiet(RULE, run_of(fit(), falling([0.9, 0.3, 0.25, 0.25]), scan(0), scan(1, 0), scan(2, 4), scan(3, 4)))


def test_a_frozen_base_under_a_head_and_one_still_epoch_are_fine() -> None:
    quiet(RULE, run_of(fit(), falling([0.7] * 3), scan(0), scan(1, 2), scan(2, 2)))
    quiet(RULE, run_of(fit(), falling([0.7] * 3), scan(0), scan(1, 4), scan(2, 3)))
    quiet(RULE, run_of(fit(), falling([0.7] * 3), scan(0, 4, compared=False), scan(1, 4)))


def test_without_a_step_nothing_can_change() -> None:
    quiet(RULE, run_of(fit(), net(), *[epoch(e, 0) for e in range(4)], scan(0), *[scan(e, 4) for e in range(1, 4)]))
