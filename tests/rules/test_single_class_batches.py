"""Batches of one class."""

from __future__ import annotations

from tests.builders import batch, fit, run_of, source
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.single_class_batches import SingleClassBatches

SORTED = source(kind="tf.data", batch_size=32, size=1280, shuffled=False, pipeline=[{"op": "batch"}])


def labelled(*classes: dict[str, int], distribution: str = "index") -> list[events.Event]:
    return [
        batch(step, components=[{"role": "y", "distribution": distribution, "classes": each}])
        for step, each in enumerate(classes)
    ]


ONE_AFTER_THE_OTHER = labelled(*[{"0": 32}] * 10, {"0": 16, "1": 16}, *[{"1": 32}] * 9)


def test_sorted_labels() -> None:
    finding = found(SingleClassBatches(), run_of(fit(), SORTED, ONE_AFTER_THE_OTHER), "warning")
    assert "19 of 20 batches hold a single class (limit 80%), 2 classes in all" in finding.message
    assert "shuffle(1280)" in finding.advice


def test_a_buffer_that_is_too_small() -> None:
    small = source(size=1280, shuffled=True, pipeline=[{"op": "shuffle", "buffer": 64}, {"op": "batch"}])
    found(SingleClassBatches(), run_of(fit(), small, ONE_AFTER_THE_OTHER), "warning")


def test_near_misses() -> None:
    shuffled = source(size=1280, shuffled=True, pipeline=[{"op": "shuffle", "buffer": 1280}])
    quiet(SingleClassBatches(), run_of(fit(), shuffled, ONE_AFTER_THE_OTHER))
    quiet(SingleClassBatches(), run_of(fit(), SORTED, labelled(*[{"0": 20, "1": 12}] * 20)))
    quiet(SingleClassBatches(), run_of(fit(), SORTED, labelled(*[{"0": 32}] * 20)))  # one class is another rule's
    rare = labelled(*[{"0": 32}] * 18, *[{"0": 31, "1": 1}] * 2)
    quiet(SingleClassBatches(), run_of(fit(), SORTED, rare))  # 99.7% of one class look like this by chance
    single = labelled(*[{"0": 1}, {"1": 1}] * 10)
    quiet(SingleClassBatches(), run_of(fit(), SORTED, single))  # batches of one row
    quiet(SingleClassBatches(), run_of(fit(), SORTED, labelled(*[{"0": 32}] * 5, *[{"1": 32}] * 4)))
    continuous = labelled(*[{"0": 32}] * 10, *[{"1": 32}] * 10, distribution="continuous")
    quiet(SingleClassBatches(), run_of(fit(), SORTED, continuous))


def test_units_in_mixed_order_are_a_note() -> None:
    patients = labelled(*[{"0": 24}, {"1": 24}, {"1": 24}, {"0": 24}] * 5)
    found(SingleClassBatches(), run_of(fit(), source(kind="generator"), patients), "note")
    found(SingleClassBatches(), run_of(fit(), source(kind="generator"), ONE_AFTER_THE_OTHER), "warning")
    found(SingleClassBatches(), run_of(fit(), SORTED, patients), "warning")  # shuffled behind batch()
