"""A softmax over one unit, told before the first step."""

from __future__ import annotations

from tests.builders import fit, model, run_of
from tests.rules.data import BINARY, SPARSE, net
from tests.rules.judging import found, quiet
from tuimon.rules.softmax_on_one_unit import SoftmaxOnOneUnit

RULE = SoftmaxOnOneUnit()


def test_one_unit_with_softmax() -> None:
    finding = found(RULE, run_of(fit(), net(1, "softmax")), "error")
    assert "softmax over 1 unit" in finding.message
    assert finding.snippet == 'keras.layers.Dense(1, activation="sigmoid")'


def test_two_units_or_a_sigmoid_are_fine() -> None:
    quiet(RULE, run_of(fit(), net(2, "softmax", SPARSE)))
    quiet(RULE, run_of(fit(), net(1, "sigmoid")))
    quiet(RULE, run_of(fit(), net(1, "unknown")))


def test_attention_that_is_shown_as_a_further_output_is_fine() -> None:
    outputs = [
        {"name": "answer", "units": 1, "activation": "sigmoid"},
        {"name": "attention", "units": 1, "activation": "softmax"},
    ]
    losses = [{"name": BINARY, "output": "answer", "custom": False, "from_logits": False}]
    quiet(RULE, run_of(fit(), model(outputs=outputs, losses=losses)))


def test_without_a_described_model_it_is_not_judged() -> None:
    assert RULE.unjudged(run_of(fit())) is not None
    assert RULE.unjudged(run_of(fit(), net())) is None
