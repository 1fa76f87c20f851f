"""Buffers that need too much memory."""

from __future__ import annotations

from typing import Any

from tests.builders import fit, host, run_of, source
from tests.rules.judging import found, quiet
from tuimon.rules.oversized_buffer import OversizedBuffer
from tuimon.state import Run

GiB = 2**30


def buffered(buffer: int, count: int | None = 100_000, element: int | None = 196_608, **fields: Any) -> Run:
    """Images of 192 KiB that are shuffled after decoding, on a machine of 16 GiB."""
    before = {"op": "map", "count": count} if count else {"op": "map"}
    stages = [before, {"op": "shuffle", "buffer": buffer, "text": f"shuffle({buffer})", **fields}]
    return run_of(host(memory_total=16 * GiB), fit(), source(kind="tf.data", element_bytes=element, pipeline=stages))


def piped(*ops: dict[str, Any]) -> Run:
    return run_of(fit(), source(kind="tf.data", pipeline=list(ops)))


def test_decoded_images_in_a_shuffle_buffer() -> None:
    finding = found(OversizedBuffer(), buffered(50_000), "warning")
    assert "shuffle(50000) will hold 9.2 GiB: 57% of 16.0 GiB memory (limit 25%)" in finding.message


def test_the_agents_own_figure_counts() -> None:
    found(OversizedBuffer(), buffered(50_000, element=None, buffer_bytes=9 * GiB), "warning")


def test_a_cache_behind_an_endless_repeat() -> None:
    run = piped({"op": "map"}, {"op": "repeat", "repeat": None}, {"op": "cache", "cache": "memory"})
    assert [finding.severity for finding in OversizedBuffer().check(run)] == ["error"]


def test_near_misses() -> None:
    quiet(OversizedBuffer(), buffered(1_000))
    quiet(OversizedBuffer(), buffered(50_000, count=640))  # no more than there is
    quiet(OversizedBuffer(), buffered(50_000, element=None))
    quiet(OversizedBuffer(), piped({"op": "cache"}, {"op": "repeat", "repeat": None}))
    quiet(OversizedBuffer(), piped({"op": "repeat", "repeat": 3}, {"op": "cache"}))
    quiet(OversizedBuffer(), piped({"op": "repeat", "repeat": None}, {"op": "take", "take": 9}, {"op": "cache"}))
