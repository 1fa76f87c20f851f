"""A gradient that does not reach the first layers."""

from __future__ import annotations

from typing import Any

from tests.builders import fit, run_of
from tests.rules.data import falling, layer, net, probe, scan
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon import events
from tuimon.rules.vanishing_gradient import VanishingGradient

RULE = VanishingGradient()
FLAT = falling([0.717, 0.707, 0.700, 0.697, 0.694])
DEEP = net(layers=[layer("dense", "Dense"), layer("dense_1", "Dense"), layer("out", "Dense")])
RESTING = ["dense/kernel", "dense/bias"]


def gradients(first: float, last: float, count: int = 3, **fields: Any) -> list[events.Event]:
    return [probe(index, gradient_first=first, gradient_last=last, **fields) for index in range(count)]


def resting(*epochs: int, unchanged: int = 2, names: list[str] | None = None) -> list[events.Event]:
    return [scan(index, unchanged, 6, unchanged_in=RESTING if names is None else names) for index in epochs]


def test_a_tiny_gradient_in_the_first_layer() -> None:
    finding = found(RULE, run_of(fit(), DEEP, FLAT, gradients(4e-18, 0.2)), "warning")
    assert "first layer is 4e-18, that of the last 0.2" in finding.message
    assert "the loss is at 0.694 after 0.717" in finding.message


def test_weights_of_the_first_layer_that_rest_while_others_move() -> None:
    finding = found(RULE, run_of(fit(), DEEP, FLAT, resting(1, 2, 3)), "warning")
    assert "2 of 6 weight tensors" in finding.message
    assert "did not change in epochs 2–4" in finding.message


def test_a_loss_that_falls_is_fine() -> None:
    learns = falling([0.9, 0.5, 0.3])
    quiet(RULE, run_of(fit(), DEEP, learns, gradients(4e-18, 0.2)))
    quiet(RULE, run_of(fit(), DEEP, learns, resting(1, 2, 3)))


def test_small_gradients_in_all_layers_are_those_of_a_converged_model() -> None:
    quiet(RULE, run_of(fit(), DEEP, FLAT, gradients(1e-8, 2e-8)))
    quiet(RULE, run_of(fit(), DEEP, FLAT, gradients(1e-3, 5.0)))
    quiet(RULE, run_of(fit(), DEEP, FLAT, gradients(4e-18, 0.2, count=1)))


def test_other_layers_that_rest_or_all_of_them_are_other_matters() -> None:
    quiet(RULE, run_of(fit(), DEEP, FLAT, resting(1, 2, 3, names=["out/bias"])))
    quiet(RULE, run_of(fit(), DEEP, FLAT, resting(1, 2, 3, unchanged=6)))
    quiet(RULE, run_of(fit(), DEEP, FLAT, resting(1), scan(2, 0, 6), resting(3)))


def test_dead_units_and_nan_weights_leave_a_note() -> None:
    dead = gradients(0.0, 0.2, layers=[{"name": "dense", "dead": 1.0}])
    at_most_a_note(RULE, run_of(fit(), DEEP, FLAT, dead))
    at_most_a_note(RULE, run_of(fit(), DEEP, FLAT, resting(1, 2, 3), scan(4, non_finite=3)))


def test_a_first_layer_that_gets_a_gradient_or_is_the_only_one_is_fine() -> None:
    """Pictures that are all black move the bias alone."""
    quiet(RULE, run_of(fit(), DEEP, FLAT, resting(1, 2, 3), gradients(0.06, 0.06, count=1)))
    alone = net(layers=[layer("dense", "Dense")])
    quiet(RULE, run_of(fit(), alone, FLAT, resting(1, 2, 3, unchanged=1, names=["dense/kernel"])))
