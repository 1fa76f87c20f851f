"""What else is looked at while a fit runs: its input, model, weights, gradients; each part behind its own guard."""

from __future__ import annotations

import time
from typing import Any, Optional

from tuimon.agent import allocator, guard, model, probe, weights
from tuimon.agent.calls import Call
from tuimon.agent.ledger import Ledger, Reading
from tuimon.agent.outbox import outbox

ALLOCATOR_INTERVAL = 2.0


def reading() -> Reading:
    """The cumulative counters of the input side."""
    return None, None, None


def first_wait(ledger: Ledger) -> Optional[float]:
    """Seconds that the first step of this epoch waited for its batch."""
    return None


class Signals:
    """The looks at one fit."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.scanner: Optional[weights.Scanner] = None
        self.prober: Optional[probe.Prober] = None
        self._complete = False

    def train_begin(self) -> None:
        current = self.call.model()
        self.scanner = guard.run("weights", weights.Scanner, self.call.number, current)
        self.prober = guard.run("probe", probe.Prober, self.call.number, current)
        self._describe_model()

    def epoch_ended(self, epoch: int, seconds: Optional[float], samples: Optional[int]) -> None:
        if not self._complete:
            self._describe_model()
        if self.scanner is not None:
            self._put(guard.run("weights", self.scanner.epoch_ended, epoch, seconds))
        if self.prober is not None:
            self._put(guard.run("probe", self.prober.epoch_ended, epoch, seconds, samples))

    def _describe_model(self) -> None:
        described = guard.run("model", model.describe, self.call.number, self.call.model())
        self._put(described)
        self._complete = described is None or bool(guard.run("model", model.complete, described))

    def _put(self, event: Any) -> None:
        if event is not None:
            self.call.put(event)


_sampled = 0.0


def sample_allocator() -> None:
    """On the sender's thread: the framework's allocator, every few seconds."""
    global _sampled
    now = time.monotonic()
    if now - _sampled >= ALLOCATOR_INTERVAL:
        _sampled = now
        event = allocator.sample()
        if event is not None:
            outbox.put(event)


outbox.pollers.append(sample_allocator)
