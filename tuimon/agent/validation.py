"""A pass over validation data: by Keras, within a fit or by itself, or by hand, between two steps of a loop."""

from __future__ import annotations

import time
from typing import Any, Optional, Tuple

from tuimon import clock, events
from tuimon.agent import looks
from tuimon.agent.iterators import Totals
from tuimon.agent.ledger import Meter, numbers

perf = time.perf_counter


class Validation:
    """One by Keras, or an evaluate or predict by itself. `last` is stored by the hooks."""

    def __init__(self, call: Any, epoch: int) -> None:
        self.call = call
        self.epoch = epoch
        self.began = perf()
        self.last = -1  # index of the last batch that was evaluated
        self.meter = Meter(looks.reading)
        self._told = -1

    def tell_progress(self) -> None:
        """On the sender's thread: how far it is."""
        last = self.last
        if last > self._told:
            self._told = last
            self.call.put(
                events.ValidationStepsEnded(at=clock.now(), fit=self.call.number, epoch=self.epoch, steps=last + 1)
            )


class Evaluation:
    """Batches evaluated by hand, one after the other, with no step between them."""

    def __init__(self, call: Any, epoch: int) -> None:
        self.call = call
        self.epoch = epoch
        self.began = self.ended = perf()
        self.meter = Meter(looks.reading)
        self.steps = 0
        self.samples: Optional[int] = 0
        self.logs: Any = None
        call.put(events.ValidationStarted(at=clock.now(), fit=call.number, epoch=epoch))

    def batch(self, logs: Any, rows: Optional[int]) -> None:
        self.steps += 1
        self.samples = None if rows is None or self.samples is None else self.samples + rows
        self.logs = logs
        self.ended = perf()

    def end(self) -> Tuple[Totals, float]:
        """Tell it; what came for it, and the seconds that it took."""
        seconds = self.ended - self.began
        self.call.put(
            events.ValidationEnded(
                at=clock.now(),
                fit=self.call.number,
                epoch=self.epoch,
                steps=self.steps,
                samples=self.samples,
                samples_known_by=None if self.samples is None else "exact",
                seconds=seconds,
                metrics=numbers(self.logs),
            )
        )
        return self.meter.taken(), seconds
