"""Targets and outputs whose shapes differ but can be broadcast."""

from __future__ import annotations

import pytest

from tests.builders import fit, run_of
from tests.rules.data import BINARY, CATEGORICAL, MSE, SPARSE, X, labels, looks, net, real
from tests.rules.judging import found, quiet
from tuimon.rules.shape_broadcast import ShapeBroadcast

RULE = ShapeBroadcast()


def test_a_categorical_loss_on_class_numbers() -> None:
    finding = found(RULE, run_of(fit(), net(5, "softmax", CATEGORICAL), looks(X, labels(0, 1, 4))), "error")
    assert "targets of shape (B,) meet output `out` of shape (B, 5)" in finding.message
    assert finding.snippet == 'loss="sparse_categorical_crossentropy"'


def test_several_outputs_against_one_target() -> None:
    one = real(0.0, 1.0, shape=[32, 1])
    assert found(RULE, run_of(fit(), net(10, None, MSE), looks(X, one)), "error").snippet == "keras.layers.Dense(1)"


def test_a_sequence_where_one_value_is_wanted() -> None:
    whole = net(1, None, MSE, shape=[None, 12, 1])
    assert "return_sequences=False" in found(RULE, run_of(fit(), whole, looks(X, real(0.0, 1.0)))).advice
    found(RULE, run_of(fit(), whole, looks(X, real(0.0, 1.0, shape=[32, 1]))))


@pytest.mark.parametrize(
    ("output", "targets", "loss"),
    [
        ([None, 1], [32], MSE),
        ([None, 1], [32, 1], MSE),
        ([None], [32, 1], MSE),
        ([None, 4], [32, 4], MSE),
        ([None, 12, 1], [32, 12], MSE),
        ([None, 12, 1], [32, 12, 1], MSE),
        ([None, None, 1], [32, 7, 1], MSE),
        ([None, 1], [32], BINARY),
        ([None, 5], [32, 5], CATEGORICAL),
        ([None, 5], [32], SPARSE),
        ([None, 12, 5], [32, 12], SPARSE),
    ],
)
def test_shapes_that_keras_brings_together_are_fine(output: list[int | None], targets: list[int], loss: str) -> None:
    run = run_of(fit(), net(output[-1] or 1, None, loss, shape=output), looks(X, real(0.0, 1.0, shape=targets)))
    quiet(RULE, run)


def test_a_loss_of_the_scripts_own_may_know_what_it_does() -> None:
    quiet(RULE, run_of(fit(), net(4, None, "triplet", custom=True), looks(X, labels(0, 9))))


def test_a_loss_class_of_its_own_gets_shapes_as_they_are() -> None:
    own = net(1, None, "squared", custom=True, unaligned=True)
    assert "y[:, None]" in found(RULE, run_of(fit(), own, looks(X, real(0.0, 1.0, shape=[32]))), "note").snippet
    quiet(RULE, run_of(fit(), own, looks(X, real(0.0, 1.0, shape=[32, 1]))))
