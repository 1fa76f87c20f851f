"""What `tests/scripts/signals.py` says, played once per interpreter and shared by the tests."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.agent.harness import BACKENDS, KERAS2, LIMIT, needs_keras2, needs_keras3, plain_environment
from tuimon import events, wire

SCRIPT = Path(__file__).parents[1] / "scripts" / "signals.py"
ROOT = Path(__file__).parents[2]

on_tensorflow = pytest.mark.parametrize(
    "keras",
    [
        pytest.param((sys.executable, "tensorflow"), id="keras3", marks=needs_keras3),
        pytest.param((KERAS2, "tensorflow"), id="keras2", marks=needs_keras2),
    ],
)

everywhere = pytest.mark.parametrize(
    "keras",
    [
        pytest.param((sys.executable, "tensorflow"), id="keras3", marks=needs_keras3),
        pytest.param((KERAS2, "tensorflow"), id="keras2", marks=needs_keras2),
        pytest.param(
            (BACKENDS, "torch"),
            id="torch",
            marks=pytest.mark.skipif(not BACKENDS, reason="TUIMON_KERAS_BACKENDS_PYTHON is not set"),
        ),
    ],
)
"""Interpreter and backend."""

Keras = tuple[str, str]


class Scenes:
    """What was said in each scene: events, and facts of the script's own."""

    def __init__(self, output: str) -> None:
        self.events: dict[str, list[events.Event]] = {}
        self.facts: dict[str, list[dict[str, Any]]] = {}
        for line in output.splitlines():
            scene, _, text = line.partition("\t")
            if "event" in json.loads(text):
                self.events.setdefault(scene, []).append(wire.decode(text.encode()))
            else:
                self.facts.setdefault(scene, []).append(json.loads(text))

    def models(self, scene: str) -> list[events.ModelDescribed]:
        return [event for event in self.events[scene] if isinstance(event, events.ModelDescribed)]

    def scans(self, scene: str) -> list[events.WeightsScanned]:
        return [event for event in self.events[scene] if isinstance(event, events.WeightsScanned)]

    def probes(self, scene: str) -> list[events.ModelProbed]:
        return [event for event in self.events[scene] if isinstance(event, events.ModelProbed)]

    def obstacle(self, scene: str) -> str | None:
        return next(str(fact["obstacle"]) for fact in self.facts[scene] if fact.get("obstacle") is not None)


@functools.cache
def scenes(keras: Keras) -> Scenes:
    """All scenes, played by this interpreter on this backend."""
    python, backend = keras
    names = ["describe", "scans", "probes", "identity", *(["traces"] if backend == "tensorflow" else [])]
    environment = {**plain_environment(), "PYTHONPATH": str(ROOT), "KERAS_BACKEND": backend}
    played = subprocess.run(
        [python, str(SCRIPT), *names], env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert played.returncode == 0, played.stderr[-4000:]
    return Scenes(played.stdout)
