"""Inputs far from the range that networks start from."""

from __future__ import annotations

import pytest

from tests.builders import epoch, fit, run_of, steps
from tests.rules.data import BINARY, MSE, X, labels, layer, looks, net, real
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon.rules.unscaled_input import UnscaledInput

RULE = UnscaledInput()
PIXELS = {
    **X,
    "dtype": "uint8",
    "shape": [32, 12, 12, 1],
    "min": 0.0,
    "max": 255.0,
    "mean": 127.5,
    "std": 73.6,
    "integer": True,
}
TABLE = {**X, "min": 0.0, "max": 90_000.0, "mean": 35_000.0, "std": 9_000.0}
PLAIN = net(first_layers=["Flatten", "Dense"], optimizer="SGD", learning_rate=0.1)
ADAM = net(first_layers=["Flatten", "Dense"])


def test_pixels_under_plain_sgd_are_told_before_the_first_step_ends() -> None:
    finding = found(RULE, run_of(fit(), PLAIN, looks(PIXELS, labels(0, 1), count=1)), "warning")
    assert "runs from 0 to 255 (limit ±50)" in finding.message
    assert "Divide by 255" in finding.advice


def test_a_first_loss_far_above_guessing() -> None:
    seen = [*fit(), *ADAM, *looks(PIXELS, labels(0, 1))]
    assert "times that of guessing" in found(RULE, run_of(seen, steps(loss=40.0)), "warning").message
    found(RULE, run_of(seen, epoch(0, loss=9015.0), epoch(1, loss=0.6932)), "warning")


def test_what_trains_all_the_same_is_a_note() -> None:
    seen = [*fit(), *ADAM, *looks(PIXELS, labels(0, 1))]
    at_most_a_note(RULE, run_of(seen, epoch(0, loss=1.2)))
    at_most_a_note(RULE, run_of(seen, epoch(0, loss=40.0), epoch(1, loss=0.3)))
    at_most_a_note(
        RULE, run_of(fit(), net(1, None, MSE), looks(TABLE, real(0.0, 900.0, 250.0, 90.0)), epoch(0, loss=1e5))
    )


@pytest.mark.parametrize(
    "first",
    ["Rescaling", "Normalization", "BatchNormalization", "Embedding", "StringLookup", "TrueDivide", "MyPreprocessing"],
)
def test_layers_that_scale_or_may_scale_are_fine(first: str) -> None:
    described = net(first_layers=[first], optimizer="SGD", learning_rate=0.1)
    quiet(RULE, run_of(fit(), described, looks(PIXELS, labels(0, 1)), epoch(0, loss=9015.0)))


def test_a_normalisation_behind_the_first_convolution_is_a_note() -> None:
    layers = [layer("conv", "Conv2D"), layer("norm", "BatchNormalization"), layer("out")]
    described = net(first_layers=["Conv2D"], layers=layers, optimizer="SGD", learning_rate=0.1)
    at_most_a_note(RULE, run_of(fit(), described, looks(PIXELS, labels(0, 1)), epoch(0, loss=90.0)))


def test_scaled_inputs_and_large_targets_are_fine() -> None:
    quiet(RULE, run_of(fit(), net(1, None, MSE), looks(X, real(0.0, 400.0, 200.0, 30.0)), epoch(0, loss=40_000.0)))
    quiet(RULE, run_of(fit(), net(1, "sigmoid", BINARY), looks({**X, "max": 49.0}, labels(0, 1)), epoch(0, loss=90.0)))
