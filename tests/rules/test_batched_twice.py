"""Batches of batches."""

from __future__ import annotations

from typing import Any

from tests.builders import fit, model, run_of, source
from tests.rules.judging import found, quiet
from tuimon.rules.batched_twice import BatchedTwice
from tuimon.state import Run

TWICE: list[dict[str, Any]] = [
    {"op": "from_tensor_slices"},
    {"op": "batch", "batch_size": 32},
    {"op": "batch", "batch_size": 8},
]


def piped(x: list[int | None], y: list[int | None], pipeline: list[dict[str, Any]] = TWICE, **described: Any) -> Run:
    components = [{"role": "x", "shape": x}, {"role": "y", "shape": y}]
    return run_of(fit(), source(kind="tf.data", pipeline=pipeline, components=components), model(**described))


def test_one_dimension_more_than_the_model_takes() -> None:
    finding = found(BatchedTwice(), piped([None, 32, 8], [None, 32, 1], inputs=[{"shape": [None, 8]}]), "warning")
    assert "batch(32) is followed by batch(8)" in finding.message


def test_a_model_that_takes_any_rank() -> None:
    run = piped([None, None, 8], [None, None, 1], inputs=[{"shape": [None, 32, 8]}], first_layers=["Dense"])
    found(BatchedTwice(), run, "warning")


def test_near_misses() -> None:
    lstm: dict[str, Any] = {"inputs": [{"shape": [None, 24, 3]}], "first_layers": ["LSTM"]}
    quiet(BatchedTwice(), piped([None, 24, 3], [None, 1], **lstm))  # windows of a series
    between = [TWICE[1], {"op": "unbatch"}, TWICE[2]]
    quiet(BatchedTwice(), piped([None, 8], [None, 1], between, inputs=[{"shape": [None, 8]}]))
    quiet(BatchedTwice(), piped([None, 8], [None, 1], TWICE[:2], inputs=[{"shape": [None, 8]}], first_layers=["Dense"]))
    seq: dict[str, Any] = {"inputs": [{"shape": [None, 24, 3]}], "first_layers": ["Dense"]}
    quiet(BatchedTwice(), piped([None, 24, 3], [None, 1], **seq))
