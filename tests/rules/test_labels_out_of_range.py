"""Targets that the loss cannot work with, from types, batches, or the error of the step that met them."""

from __future__ import annotations

from tests.builders import epoch, fit, model, raised, run_of, source
from tests.rules.data import BINARY, SPARSE, X, labels, looks, net, real
from tests.rules.judging import found, quiet
from tuimon.rules.labels_out_of_range import LabelsOutOfRange

RULE = LabelsOutOfRange()
FIVE = net(5, "softmax", SPARSE)


def test_classes_numbered_from_1() -> None:
    finding = found(RULE, run_of(fit(), FIVE, looks(X, labels(1, 2, 3, 4, 5))), "error")
    assert "labels run from 1 to 5" in finding.message
    assert "allows 0 to 4 for 5 units" in finding.message
    assert finding.snippet.startswith("y = y - 1")
    assert (finding.epoch, finding.step) == (0, 0)


def test_the_first_batch_that_shows_it_is_the_evidence() -> None:
    good, bad = looks(X, labels(0, 1, 2), count=2), looks(X, labels(0, 7), count=1, epoch=1)
    finding = found(RULE, run_of(fit(), FIVE, good, bad))
    assert (finding.epoch, finding.step) == (1, 0)
    assert "8 units" in finding.advice


def test_minus_one_for_no_label() -> None:
    finding = found(RULE, run_of(fit(), FIVE, looks(X, labels(-1, 0, 4))))
    assert "ignore_class=-1" in finding.snippet
    told = net(5, "softmax", SPARSE, ignore_class=-1)
    quiet(RULE, run_of(fit(), told, looks(X, labels(-1, 0, 4))))
    quiet(RULE, run_of(fit(), net(3, None, SPARSE, from_logits=True, ignore_class=255), looks(X, labels(0, 2, 255))))
    found(RULE, run_of(fit(), told, looks(X, labels(-1, 0, 5))), "error")


def test_labels_that_were_divided_with_the_pixels() -> None:
    finding = found(RULE, run_of(fit(), FIVE, looks(X, real(0.0, 4 / 255))))
    assert "not whole numbers" in finding.message
    assert "scale x only" in finding.advice


def test_binary_targets_beyond_0_and_1() -> None:
    finding = found(RULE, run_of(fit(), net(), looks(X, labels(-1, 1))), "error")
    assert finding.snippet == "y = (y + 1) / 2"
    assert "3 softmax units" in found(RULE, run_of(fit(), net(), looks(X, labels(0, 1, 2)))).advice
    assert "Scale the targets" in found(RULE, run_of(fit(), net(), looks(X, real(0.0, 100.0)))).advice


def test_label_smoothing_soft_labels_and_valid_classes_are_fine() -> None:
    quiet(RULE, run_of(fit(), net(), looks(X, real(0.05, 0.95))))
    quiet(RULE, run_of(fit(), net(), looks(X, real(-1e-9, 1.0))))
    quiet(RULE, run_of(fit(), FIVE, looks(X, labels(0, 4))))
    quiet(RULE, run_of(fit(), FIVE, looks(X, {**labels(0, 4), "dtype": "float32"})))


def test_losses_of_the_scripts_own_are_not_judged() -> None:
    quiet(RULE, run_of(fit(), net(1, "sigmoid", BINARY, custom=True), looks(X, labels(-1, 1))))
    quiet(RULE, run_of(fit(), net(1, "sigmoid", BINARY, custom_train_step=True), looks(X, labels(-1, 1))))


def test_text_is_told_before_the_first_step() -> None:
    described = source(components=[{"role": "x", "dtype": "float32"}, {"role": "y", "dtype": "string"}])
    finding = found(RULE, run_of(fit(), described, net(2, "softmax", SPARSE)), "error")
    assert "labels are text" in finding.message


def test_the_error_of_the_first_step_tells_where_no_batch_was_seen() -> None:
    message = "Received a label value of 5 which is outside the valid range of [0, 5).  Label values: 2 3 1 5"
    failed = raised("InvalidArgumentError", message, where="fit", fit=1)
    finding = found(RULE, run_of(fit(), FIVE, failed), "error")
    assert "a label is 5" in finding.message
    quiet(RULE, run_of(fit(), FIVE, epoch(0), raised("InvalidArgumentError", "shapes differ", where="fit", fit=1)))


def test_each_of_several_outputs_has_its_own_labels() -> None:
    described = model(
        outputs=[
            {"name": "kind", "units": 3, "activation": "softmax", "shape": [None, 3]},
            {"name": "price", "units": 1, "activation": None, "shape": [None, 1]},
        ],
        losses=[
            {"name": SPARSE, "custom": False, "from_logits": False, "output": "kind"},
            {"name": "mean_squared_error", "custom": False, "output": "price"},
        ],
    )
    price, kind = {**real(0.0, 900.0), "name": "price"}, {**labels(0, 3), "name": "kind"}
    assert "0 to 2 for 3 units" in found(RULE, run_of(fit(), described, looks(X, price, kind))).message
    quiet(RULE, run_of(fit(), described, looks(X, price, {**labels(0, 2), "name": "kind"})))
