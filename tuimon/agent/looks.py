"""What else is looked at while a call runs: its data, its model, weights and gradients; each behind its own guard."""

from __future__ import annotations

import time
from typing import Any, Dict, Optional, Tuple

from tuimon import events
from tuimon.agent import allocator, guard, iterators, model, passes, probe, sources, weights
from tuimon.agent.content import Content
from tuimon.agent.growth import Growth
from tuimon.agent.iterators import Totals
from tuimon.agent.outbox import outbox

ALLOCATOR_INTERVAL = 2.0
CONTENT_INTERVAL = 1.0
"""Seconds."""


def reading() -> Totals:
    """The cumulative counters of the input side."""
    return guard.run("iterators", iterators.totals) or Totals()


def _report(event: events.AgentEvent) -> None:
    """A call that has not been announced yet keeps what is said of it."""
    from tuimon.agent import calls

    number = getattr(event, "fit", None)
    call = next((call for call in calls.running() if call.number == number), None)
    if call is None:
        outbox.put(event)
    else:
        call.put(event)


content = Content(_report)


class Looks:
    """The looks at one call."""

    def __init__(self, call: Any) -> None:
        self.call = call
        self.sources: Dict[str, events.SourceDescribed] = {}
        self.scanner: Optional[weights.Scanner] = None
        self.prober: Optional[probe.Prober] = None
        self.passes: Optional[passes.Passes] = None
        self.growth: Optional[Growth] = None
        self._complete = False
        self._data: Tuple[Any, Any] = (None, None)

    def source_made(self, x: Any, y: Any, adapter: Any, **given: Any) -> None:
        """Keras has made what it will read: first what it trains on, then what it validates with."""
        role = "train" if self.call.trains and "train" not in self.sources else "validation"
        described = guard.run(
            "sources", sources.describe, self.call.number, role=role, x=x, y=y, adapter=adapter, **given
        )
        if described is None:
            return
        self.sources[role] = described
        self.call.put(described)
        if not self.call.trains:
            return
        guard.run("content", content.source, described, x, y, adapter, self.call.kind != "fit")
        if role == "train":
            self.passes = guard.run("passes", lambda: passes.Passes(x, adapter))
            self.growth = guard.run("growth", Growth, self.call.frame, described.size)
            self._data = (x, y)

    def train_begin(self) -> None:
        current = self.call.model()
        self.scanner = guard.run("weights", weights.Scanner, self.call.number, current)
        self.prober = guard.run("probe", probe.Prober, self.call.number, current)
        self._offer_rows(*self._data)
        self._data = (None, None)
        self._describe_model()

    def epoch_began(self, epoch: int) -> None:
        guard.run("content", content.epoch, self.call.number, epoch)
        if self.passes is not None:
            guard.run("passes", self.passes.epoch_began)

    def validation(self, epoch: int) -> None:
        guard.run("content", content.validation, self.call.number, epoch)

    def training(self) -> None:
        guard.run("content", content.training)

    def epoch_ended(self, epoch: int, seconds: Optional[float], samples: Optional[int]) -> None:
        if not self._complete:
            described = self._describe_model()
            self._complete = described is None or described.parameters is not None
        if self.growth is not None:
            self._put(guard.run("growth", self.growth.grown, self.call.number, epoch))
        if self.scanner is not None:
            self._put(guard.run("weights", self.scanner.epoch_ended, epoch, seconds))
        if self.prober is not None:
            self._put(guard.run("probe", self.prober.epoch_ended, epoch, seconds, samples))

    def ended(self) -> None:
        self.growth = None
        if self.call.trains:
            guard.run("content", content.ended, self.call.number)

    def batch(self, x: Any, y: Any, *weight: Any) -> None:
        """A batch that the program hands to the model itself."""
        guard.run("content", content.offer, (x, y, *weight))
        self._offer_rows(x, y)

    def batches(self, role: str) -> Optional[int]:
        """Batches in one pass."""
        described = self.sources.get(role)
        return described.batches if described is not None else None

    def end_of_source(self) -> Tuple[Optional[bool], Optional[bool]]:
        """Whether the source ended in this epoch, and whether it was left before its end."""
        if self.passes is None:
            return None, None
        return guard.run("passes", lambda: (self.passes.ended, self.passes.closed)) or (None, None)  # type: ignore[union-attr]

    def samples(self, came: Totals, first: int, steps: int, role: str = "train") -> Tuple[Optional[int], Optional[str]]:
        """Samples of these steps (the first one counted from the fit's), and how they are known.

        Exact where just the batches that were trained were pulled, or where the source's size tells it.
        """
        if not steps:
            return 0, "exact"
        if came.batches == steps and not came.uncounted:
            return came.samples, "exact"
        described = self.sources.get(role)
        if described is not None:
            keeps_on = described.infinite or self.call.facts.get("steps_per_epoch") is not None
            told = guard.run("samples", sources.samples_of, described, first if keeps_on else 0, steps)
            if told is not None:
                return int(told), "exact"
        if came.batches - came.uncounted >= steps:
            return round(came.samples / (came.batches - came.uncounted) * steps), "estimated"
        return None, None

    def _offer_rows(self, x: Any, y: Any) -> None:
        prober = self.prober
        if prober is not None and x is not None and guard.run("probe", lambda: prober.needs_rows):
            guard.run("probe", prober.take, x, y)

    def _describe_model(self) -> Optional[events.ModelDescribed]:
        described = guard.run("model", model.describe, self.call.number, self.call.model())
        self._put(described)
        self._complete = described is None or bool(guard.run("model", model.complete, described))
        return described  # type: ignore[no-any-return]

    def _put(self, event: Any) -> None:
        if event is not None:
            self.call.put(event)


class Every:
    """Calls a function on the sender's thread every so many seconds."""

    def __init__(self, seconds: float, function: Any) -> None:
        self.seconds = seconds
        self.function = function
        self.__qualname__ = function.__qualname__
        self._last = 0.0

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._last >= self.seconds:
            self._last = now
            self.function()


def _sample_allocator() -> None:
    event = allocator.sample()
    if event is not None:
        outbox.put(event)


outbox.pollers.append(Every(ALLOCATOR_INTERVAL, _sample_allocator))
outbox.pollers.append(Every(CONTENT_INTERVAL, content.work))
