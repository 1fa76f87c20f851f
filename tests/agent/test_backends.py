"""Keras 3 without TensorFlow."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.harness import BACKENDS, plain, watched
from tuimon import events

SCRIPT = Path(__file__).parents[1] / "scripts" / "backends.py"

pytestmark = [
    pytest.mark.skipif(not BACKENDS, reason="TUIMON_KERAS_BACKENDS_PYTHON is not set"),
]


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_backend_that_pulls_in_python(backend: str) -> None:
    seen = watched(SCRIPT, backend, python=BACKENDS)
    bare = plain(SCRIPT, backend, python=BACKENDS)
    assert (seen.status, seen.stdout, seen.stderr) == (0, bare.stdout, bare.stderr)
    assert seen.failures == []
    assert seen.the(events.FrameworkSeen).backend == backend
    assert seen.the(events.FrameworkSeen).tensorflow is None
    first = [(each.steps, each.samples, each.samples_known_by) for each in seen.of(events.EpochEnded, fit=1)]
    assert first == [(3, 80, "exact")] * 2
    assert all(epoch.wait is not None for epoch in seen.of(events.EpochEnded, fit=1))
    assert [(each.steps, each.samples) for each in seen.of(events.ValidationEnded, fit=1)] == [(1, 20)] * 2
    assert [(each.steps, each.samples) for each in seen.of(events.EpochEnded, fit=2)] == [(3, 30)]
    if backend == "torch":
        assert [(each.steps, each.samples) for each in seen.of(events.EpochEnded, fit=3)] == [(4, 100)] * 2
        assert seen.the(events.FitStarted, fit=4).call == "custom-loop"
        assert [each.steps for each in seen.of(events.EpochEnded, fit=4)] == [5]
