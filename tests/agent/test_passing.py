"""Batches that wait to be looked at: few, and little of each."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from tuimon import events
from tuimon.agent import content, taps
from tuimon.agent.passing import Passing

numpy = pytest.importorskip("numpy")

MIB = 1 << 20


def test_large_batches_of_tensors_are_not_kept_whole() -> None:
    tensorflow = pytest.importorskip("tensorflow")
    passing = Passing(events.SourceDescribed(fit=1, role="train"), None, None)
    batch = [tensorflow.random.uniform((128, 128, 128, 3)), tensorflow.zeros((128,), "int32")]  # 24 MiB
    for _ in range(100):
        passing.batch(batch)

    held = [leaf for taken in passing._waiting for _, _, leaf in taken.components]
    assert held
    assert all(isinstance(leaf, numpy.ndarray) and leaf.flags.owndata for leaf in held)
    assert sum(leaf.nbytes for leaf in held) < 4 * MIB
    (sampled, *_) = (event for event in passing.told(float("inf")) if isinstance(event, events.BatchSampled))
    assert sampled.rows == 128
    assert sampled.components[0]["shape"] == [128, 128, 128, 3]


def test_arrays_wait_in_bounded_memory_in_short_epochs_too() -> None:
    passing = Passing(events.SourceDescribed(fit=1, role="train"), None, None)
    batch = [numpy.ones((64, 1000), "float32")]
    tracemalloc.start()
    for epoch in range(200):
        passing.epoch_began(epoch)
        for _ in range(20):
            passing.batch(batch)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 3 * MIB


def test_a_graph_is_asked_for_no_more_while_batches_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[int] = []
    staged: list[taps.Staged] = []

    def want(role: str, batches: int) -> None:
        wanted.append(batches)
        rows: Any = numpy.ones((64, 2048), "float32")
        staged.extend([taps.Staged(role, [(0, rows, [64, 2048])])] * batches)

    monkeypatch.setattr(taps, "want", want)
    monkeypatch.setattr(taps, "taken", lambda: [staged.pop() for _ in range(len(staged))])
    looks = content.Content(lambda event: None)
    looks.source(events.SourceDescribed(fit=1, role="train"))
    source = looks._sources["train"]
    source.in_graph = True
    for epoch in range(50):
        looks.epoch(1, epoch)

    assert source.passing is not None
    assert wanted[0] > 0
    assert wanted[-1] == 0
    assert source.passing._waiting_bytes < 10 * MIB
    source.passing._waiting.clear()
    source.passing._waiting_bytes = 0
    looks.epoch(1, 50)
    assert wanted[-1] > 0
