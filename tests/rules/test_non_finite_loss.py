"""A loss that is NaN or infinite."""

from __future__ import annotations

import math

from tests.builders import epoch, fit, run_of, steps
from tests.rules.data import X, labels, looks, net
from tests.rules.judging import found, quiet
from tuimon.rules.non_finite_loss import NonFiniteLoss

RULE = NonFiniteLoss()
NAN, INFINITE = math.nan, math.inf


def test_the_first_step_that_is_not_finite() -> None:
    run = run_of(fit(), steps(0, 4, loss=[2.0, 5.0, NAN, NAN]), epoch(0, loss=NAN), epoch(1, loss=NAN))
    finding = found(RULE, run, "error")
    assert "`loss` is NaN since epoch 1, step 3" in finding.message
    assert (finding.epoch, finding.step, finding.numbers["epochs"]) == (0, 2, 2)
    assert not finding.over


def test_an_explosion_suggests_a_lower_rate() -> None:
    sgd = net(optimizer="SGD", learning_rate=5.0)
    run = run_of(fit(), sgd, steps(0, 2, loss=[7.0, 9e9]), steps(0, 1, step=2, loss=[INFINITE]), epoch(0, loss=NAN))
    finding = found(RULE, run, "error")
    assert "`loss` is infinite since epoch 1" in finding.message
    assert "after it had grown 1,285,714,286 times" in finding.message
    assert "it is 5; try 0.5 or less" in finding.advice
    assert finding.snippet == "keras.optimizers.SGD(learning_rate=0.5, clipnorm=1.0)"


def test_an_explosion_within_one_report() -> None:
    run = run_of(fit(), steps(0, 4, loss=[7.0, 900.0, 9e9, NAN]), epoch(0, loss=NAN))
    assert "after it had grown 1,285,714,286 times" in found(RULE, run, "error").message


def test_a_nan_in_the_data_is_named_as_the_reason() -> None:
    run = run_of(fit(), net(), looks({**X, "non_finite": 1}, labels(0, 1)), epoch(0, loss=NAN))
    assert "clean it first" in found(RULE, run).advice


def test_a_later_epoch_may_be_finite_again() -> None:
    finding = found(RULE, run_of(fit(), epoch(0, loss=NAN), epoch(1, loss=0.5)))
    assert finding.over
    assert "finite again" in finding.message


def test_only_the_validation_loss_is_a_warning() -> None:
    run = run_of(fit(), epoch(0, loss=0.5, val_loss=NAN))
    assert "`val_loss` is NaN since epoch 1" in found(RULE, run, "warning").message


def test_the_loss_of_one_output_counts_other_metrics_do_not() -> None:
    assert "`price_loss`" in found(RULE, run_of(fit(), epoch(0, price_loss=NAN)), "error").message
    quiet(RULE, run_of(fit(), epoch(0, loss=0.5, precision=NAN)))
    quiet(RULE, run_of(fit(), epoch(0, loss=1e30), epoch(1, loss=-1.0)))


def test_without_a_loss_it_is_not_judged() -> None:
    assert RULE.unjudged(run_of(fit(call="custom-loop"))) is not None
    assert RULE.unjudged(run_of()) == "no training was seen"
