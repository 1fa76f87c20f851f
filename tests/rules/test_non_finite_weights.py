"""Weights that are NaN while the loss does not show it."""

from __future__ import annotations

import math

from tests.builders import epoch, fit, run_of
from tests.rules.data import X, labels, looks, net, scan
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon.rules.non_finite_weights import NonFiniteWeights

RULE = NonFiniteWeights()


def test_nan_weights_under_a_finite_loss() -> None:
    run = run_of(fit(), epoch(0, loss=0.687), scan(0, non_finite=16, non_finite_in=["dense/kernel"]))
    finding = found(RULE, run, "error")
    assert "16 weights in dense/kernel are NaN or infinite since the end of epoch 1" in finding.message
    assert finding.epoch == 0


def test_the_data_is_named_as_the_reason() -> None:
    seen = looks({**X, "non_finite": 1}, labels(0, 1))
    finding = found(RULE, run_of(fit(), net(), seen, epoch(0, loss=0.687), scan(0, non_finite=1)))
    assert "clean it" in finding.advice


def test_a_loss_that_tells_it_too_leaves_a_note() -> None:
    at_most_a_note(RULE, run_of(fit(), epoch(0, loss=math.nan), scan(0, non_finite=9)))


def test_finite_weights_are_fine() -> None:
    quiet(RULE, run_of(fit(), epoch(0, loss=0.5), scan(0)))
    assert RULE.unjudged(run_of(fit())) is not None
