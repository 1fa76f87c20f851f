"""One element at a time, while training waits."""

from __future__ import annotations

from tests.builders import fit, run_of, source
from tests.rules.judging import quiet
from tests.rules.test_input_bound import waited
from tuimon.rules.serial_pipeline import SerialPipeline

SERIAL = [{"op": "map", "function": {"name": "load"}}, {"op": "batch"}]
PARALLEL = [{"op": "map", "parallel": "AUTOTUNE"}, {"op": "batch"}, {"op": "prefetch"}]


def test_a_serial_map_without_prefetch() -> None:
    run = run_of(fit(), source(kind="tf.data", batch_size=8, pipeline=SERIAL), waited(0, 0.06, 0.002))
    finding = next(SerialPipeline().check(run))
    assert finding.severity == "warning"
    assert "map(load) without num_parallel_calls and no prefetch at the end" in finding.message
    assert ".batch(8).prefetch(tf.data.AUTOTUNE)" in finding.snippet


def test_as_severe_as_the_wait() -> None:
    run = run_of(fit(), source(kind="tf.data", pipeline=SERIAL), waited(0, 0.01, 0.09))
    assert [finding.severity for finding in SerialPipeline().check(run)] == ["note"]


def test_near_misses() -> None:
    quiet(SerialPipeline(), run_of(fit(), source(kind="tf.data", pipeline=SERIAL), waited(0, 0.001, 0.09)))
    quiet(SerialPipeline(), run_of(fit(), source(kind="tf.data", pipeline=PARALLEL), waited(0, 0.06, 0.002)))
    quiet(SerialPipeline(), run_of(fit(), source(kind="generator"), waited(0, 0.06, 0.002)))
