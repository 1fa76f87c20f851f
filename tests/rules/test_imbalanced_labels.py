"""Classes with far more rows than others."""

from __future__ import annotations

from typing import Any

from tests.builders import epoch, fit, run_of, source
from tests.rules.data import SPARSE, X, falling, looks, net
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon.rules.imbalanced_labels import ImbalancedLabels

RULE = ImbalancedLabels()
SHUFFLED = source(kind="numpy", size=1600, shuffled=True)


def spread(*rows: int, **facts: Any) -> dict[str, Any]:
    classes = {str(label): count for label, count in enumerate(rows) if count}
    return {
        "role": "y", "name": "", "shape": [100], "dtype": "float32", "integer": True, "min": 0, "max": len(rows) - 1,
        "classes": classes, **facts,
    }  # fmt: skip


def seen(*rows: int, described: Any = SHUFFLED, model: Any = None, count: int = 16, **asked: Any) -> list[Any]:
    return [*fit(**asked), *described, *(model or net()), *looks(X, spread(*rows), count=count, rows=sum(rows))]


def test_98_to_2_is_a_warning_that_suggests_weights() -> None:
    finding = found(RULE, run_of(seen(99, 1)), "warning")
    assert (
        "class 0 has 99 times the rows of class 1 (1,584 to 16 of 1,600 looked at; limit 50 times)" in finding.message
    )
    assert finding.snippet == "model.fit(..., class_weight={0: 0.505, 1: 50})"


def test_20_to_1_is_a_note_unless_the_accuracy_is_that_share() -> None:
    found(RULE, run_of(seen(95, 5)), "note")
    stuck = falling([0.4, 0.2, 0.2, 0.2], accuracy=[0.95, 0.9505, 0.95, 0.95])
    assert "always answering 0 (95%)" in found(RULE, run_of(seen(95, 5), stuck), "warning").message
    learns = falling([0.4, 0.2, 0.1, 0.05, 0.02], accuracy=[0.95, 0.95, 0.95, 0.95, 0.97])
    found(RULE, run_of(seen(95, 5), learns), "note")


def test_9_to_1_and_few_labels_are_fine() -> None:
    quiet(RULE, run_of(seen(90, 10)))
    quiet(RULE, run_of(seen(99, 1, count=4)))


def test_weights_answer_it() -> None:
    at_most_a_note(RULE, run_of(seen(99, 1, class_weight=True)))
    at_most_a_note(RULE, run_of(seen(99, 1, sample_weight=True)))
    at_most_a_note(RULE, run_of(seen(99, 1, model=net(loss="binary_focal_crossentropy"))))
    weighted = looks(X, spread(99, 1), {"role": "weight"}, count=16, rows=100)
    at_most_a_note(RULE, run_of(fit(), SHUFFLED, net(), weighted))


def test_one_class_in_the_whole_pass_is_an_error() -> None:
    assert "there is one class only" in found(RULE, run_of(seen(100, 0)), "error").message
    quiet(RULE, run_of(seen(100, 0, described=source(kind="tf.data", size=9000, shuffled=False))))


def test_the_first_batches_of_sorted_data_seen_again_and_again_are_no_pass() -> None:
    first = [look for index in range(9) for look in looks(X, spread(100, 0), count=2, rows=100, epoch=index)]
    quiet(RULE, run_of(fit(), source(kind="tf.data", size=1600, shuffled=False), net(), first))


def test_many_classes_have_a_long_tail() -> None:
    tail = [4000 // rank for rank in range(1, 61)]
    at_most_a_note(RULE, run_of(seen(*tail, model=net(60, "softmax", SPARSE))))
    rare = [300, *([1] * 99)]
    quiet(RULE, run_of(seen(*rare, model=net(100, "softmax", SPARSE), count=2)))


def test_pixels_many_labels_per_row_and_other_objectives_are_not_judged() -> None:
    masks = looks(X, spread(99, 1, shape=[100, 12, 12]), count=16, rows=100)
    quiet(RULE, run_of(fit(), SHUFFLED, net(), masks))
    quiet(RULE, run_of(seen(99, 1, model=net(custom=True))))
    quiet(RULE, run_of(seen(100, 0, call="train_on_batch")))
    several = looks(X, spread(99, 1, shape=[100, 12], distribution="multi_hot"), count=16, rows=100)
    quiet(RULE, run_of(fit(), SHUFFLED, net(12), several, epoch(0)))
