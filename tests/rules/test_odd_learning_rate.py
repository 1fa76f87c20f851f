"""A learning rate of zero, or far from what its optimizer takes."""

from __future__ import annotations

import math

from tests.builders import epoch, fit, run_of
from tests.rules.data import falling, net, scan
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon.rules.odd_learning_rate import OddLearningRate
from tuimon.state import Run

RULE = OddLearningRate()


def run_with(*those: float, optimizer: str = "Adam", schedule: str = "") -> Run:
    described = net(optimizer=optimizer, schedule=schedule, learning_rate=None if schedule else those[0])
    return run_of(fit(epochs=len(those), steps=15), described, falling([0.5] * len(those), learning_rate=those))


def test_a_constant_rate_of_0_is_told_before_the_first_step() -> None:
    assert "is 0" in found(RULE, run_of(fit(), net(learning_rate=0.0)), "warning").message
    quiet(RULE, run_of(fit(callbacks=["LearningRateScheduler"]), net(learning_rate=0.0)))


def test_a_schedule_that_ends_before_the_training() -> None:
    finding = found(RULE, run_with(0.05, 0.0, 0.0, 0.0, optimizer="SGD", schedule="PolynomialDecay"), "warning")
    assert "0 during epochs 3–4 (PolynomialDecay has ended)" in finding.message
    assert "15 steps × 4 epochs" in finding.advice
    assert (finding.epoch, finding.over) == (2, False)


def test_a_schedule_that_reaches_0_with_the_last_step_is_fine() -> None:
    quiet(RULE, run_with(0.01, 0.008, 0.004, 0.0, schedule="CosineDecay"))


def test_a_warm_up_from_0_and_restarts_are_fine() -> None:
    quiet(RULE, run_with(0.0, 0.002, 0.004, 0.01, schedule="WarmUp"))
    weights_move = scan(2, unchanged=0)
    restarts = falling([0.5] * 4, learning_rate=[0.0, 0.0, 0.0, 0.0])
    quiet(
        RULE,
        run_of(
            fit(), net(schedule="CosineDecayRestarts", learning_rate=None), scan(1), weights_move, scan(3), restarts
        ),
    )


def test_an_adaptive_optimizer_above_1() -> None:
    assert "reaches 10, which is a lot for Adam (limit 1)" in found(RULE, run_with(10.0, 10.0), "warning").message
    at_most_a_note(RULE, run_with(1.0, 1.0))
    at_most_a_note(RULE, run_with(5.0, 5.0, optimizer="SGD"))


def test_unusual_rates_are_notes() -> None:
    assert "usual for Adam is 1e-07 to 0.05" in found(RULE, run_with(0.1, 0.1), "note").message
    quiet(RULE, run_with(0.05, 0.05000000074505806))
    found(RULE, run_with(1e-9, 1e-9), "note")
    quiet(RULE, run_with(0.1, 0.1, optimizer="SGD"))
    quiet(RULE, run_with(1e-6, 0.01, 1e-6))
    quiet(RULE, run_with(1.0, 1.0, optimizer="Adadelta"))


def test_a_rate_that_is_no_number() -> None:
    assert "not a finite number" in next(RULE.check(run_with(0.001, math.nan))).message


def test_without_a_rate_it_is_not_judged() -> None:
    assert RULE.unjudged(run_of(fit(), epoch(0, loss=0.5))) is not None
    assert RULE.unjudged(run_of(fit(), net())) is None
