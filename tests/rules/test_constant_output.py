"""A model that gives the same output for every row."""

from __future__ import annotations

from typing import Any

from tests.builders import fit, run_of
from tests.rules.data import MSE, SPARSE, X, falling, layer, looks, net, probe, real, scan
from tests.rules.judging import at_most_a_note, found, quiet
from tests.rules.test_imbalanced_labels import spread
from tuimon import events
from tuimon.rules.constant_output import ConstantOutput

RULE = ConstantOutput()
HALF = spread(54, 46, std=0.5)
FLAT = [0.69, 0.68, 0.68, 0.68, 0.68]


def same(accuracy: list[float], rows: int = 960, labels: dict[str, Any] = HALF, model: Any = None) -> list[Any]:
    seen = looks(X, labels, rows=100, count=9)
    return [*fit(), *(model or net()), *seen, *falling(FLAT, accuracy=accuracy, samples=[rows] * 5)]


def outputs(*spreads: float) -> list[events.Event]:
    return [
        probe(index, outputs=[{"name": "out", "std": each, "min": 0.4, "max": 0.4}])
        for index, each in enumerate(spreads)
    ]


def test_two_looks_at_the_same_value() -> None:
    run = run_of(fit(), net(), looks(X, real(0.0, 1.0)), falling(FLAT), outputs(1e-9, 0.0))
    finding = found(RULE, run, "warning")
    assert "output `out` is 0.4 for each of 64 rows in 2 looks" in finding.message
    assert finding.epoch == 0


def test_the_same_accuracy_to_six_digits() -> None:
    finding = found(RULE, run_of(same([0.46354] * 5)), "warning")
    assert "0.46354 in epochs 1–5" in finding.message
    assert not finding.over


def test_few_rows_other_digits_and_learned_models_are_fine() -> None:
    quiet(RULE, run_of(same([0.46] * 5, rows=50)))
    quiet(RULE, run_of(same([0.463, 0.463, 0.464, 0.463, 0.463])))
    quiet(RULE, run_of(same([1.0] * 5)))
    quiet(RULE, run_of(same([0.0] * 5)))


def test_an_uneven_split_makes_the_same_accuracy_no_surprise() -> None:
    at_most_a_note(RULE, run_of(same([0.9] * 5, labels=spread(90, 10, std=0.3))))


def test_averages_that_have_not_settled_leave_a_note() -> None:
    normalised = net(layers=[layer("first"), layer("norm", "BatchNormalization"), layer("out")])
    few = run_of(fit(), normalised, looks(X, real(0.0, 1.0)), falling(FLAT, steps=3), outputs(1e-9, 0.0))
    at_most_a_note(RULE, few)
    many = run_of(fit(), normalised, looks(X, real(0.0, 1.0)), falling(FLAT, steps=500), outputs(1e-9, 0.0))
    found(RULE, many, "warning")


def test_what_says_why_leaves_a_note() -> None:
    at_most_a_note(RULE, run_of(same([0.46] * 5, model=net(1, "softmax"))))
    at_most_a_note(RULE, run_of(same([0.46] * 5, model=net(trainable_variables=0))))
    at_most_a_note(RULE, run_of(same([0.46] * 5), scan(1, non_finite=4)))
    below = looks(X, real(-20.0, 1.0, -6.0, 6.0))
    at_most_a_note(RULE, run_of(fit(), net(1, "relu", MSE), below, falling(FLAT), outputs(0.0, 0.0)))


def test_a_dead_layer_is_the_reason() -> None:
    dead = [probe(index, layers=[{"name": "hidden", "dead": 1.0}]) for index in (2, 3)]
    at_most_a_note(RULE, run_of(same([0.46] * 5), dead))


def test_outputs_that_vary_again_end_it() -> None:
    run = run_of(fit(), net(), looks(X, real(0.0, 1.0)), falling(FLAT), outputs(0.0, 0.0, 0.3))
    assert found(RULE, run, "note").over


def test_targets_that_do_not_vary_ask_for_a_constant() -> None:
    quiet(RULE, run_of(fit(), net(), looks(X, real(1.0, 1.0, 1.0, 0.0)), falling(FLAT), outputs(0.0, 0.0)))
    quiet(RULE, run_of(fit(), net(3, "softmax", SPARSE), looks(X, real(0.0, 1.0)), falling(FLAT), outputs(0.1, 0.2)))


def test_inputs_that_are_all_the_same_cannot_be_told_apart() -> None:
    black = {**X, "min": 0.0, "max": 0.0, "std": 0.0, "distinct": 1}
    at_most_a_note(RULE, run_of(fit(), net(), looks(black, real(0.0, 1.0)), falling(FLAT), outputs(0.0, 0.0)))


def test_a_model_that_has_learned_and_rests_is_fine() -> None:
    quiet(RULE, run_of(same([0.8078] * 5)))  # the share of no class
    quiet(RULE, run_of(same([0.46] * 5), outputs(0.2, 0.2)))
