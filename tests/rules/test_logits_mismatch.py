"""The loss' from_logits against the last activation."""

from __future__ import annotations

import pytest

from tests.builders import fit, run_of
from tests.rules.data import BINARY, CATEGORICAL, MSE, SPARSE, net, probe
from tests.rules.judging import found, quiet
from tuimon.rules.logits_mismatch import LogitsMismatch

RULE = LogitsMismatch()


def test_softmax_twice() -> None:
    finding = found(RULE, run_of(fit(), net(5, "softmax", SPARSE, from_logits=True)), "error")
    assert "the 5 units of output `out` end in softmax already" in finding.message
    assert finding.snippet == "loss=keras.losses.SparseCategoricalCrossentropy()"


def test_no_activation_under_a_loss_of_probabilities() -> None:
    finding = found(RULE, run_of(fit(), net(1, None, BINARY)), "warning")
    assert "ends in no activation" in finding.message
    assert finding.snippet == "loss=keras.losses.BinaryCrossentropy(from_logits=True)"


def test_it_is_an_error_once_the_outputs_leave_0_to_1() -> None:
    seen = probe(outputs=[{"name": "out", "min": -2.5, "max": 3.5, "outside": 0.6}])
    finding = found(RULE, run_of(fit(), net(1, None, BINARY), seen), "error")
    assert "ranges from -2.5 to 3.5 (allowed: 0 to 1), 60% of it outside" in finding.message


def test_another_activation_is_replaced() -> None:
    finding = found(RULE, run_of(fit(), net(3, "relu", CATEGORICAL)), "warning")
    assert finding.snippet == 'keras.layers.Dense(3, activation="softmax")'


@pytest.mark.parametrize(
    ("activation", "loss", "from_logits"),
    [("sigmoid", BINARY, False), (None, BINARY, True), ("softmax", SPARSE, False), ("unknown", BINARY, False)],
)
def test_pairs_that_fit_or_that_nobody_can_tell_are_fine(activation: str | None, loss: str, from_logits: bool) -> None:
    quiet(RULE, run_of(fit(), net(2, activation, loss, from_logits=from_logits)))


def test_other_losses_and_objectives_are_not_judged() -> None:
    quiet(RULE, run_of(fit(), net(1, None, MSE)))
    quiet(RULE, run_of(fit(), net(1, None, BINARY, custom=True)))
    quiet(RULE, run_of(fit(), net(1, None, BINARY, custom_train_step=True)))
