"""The recorder of a fit that the agent found running: what was before is told by Keras' History, or stays unknown."""

from __future__ import annotations

import time
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from tuimon import clock, events
from tuimon.agent import frames, guard
from tuimon.agent.calls import Call
from tuimon.agent.iterators import Totals
from tuimon.agent.ledger import Counters, numbers, perf, resident
from tuimon.agent.recorder import Recorder


class JoinedRecorder(Recorder):
    """Counts from the first batch on that ends while it looks. The epoch that ran then is known in part."""

    def __init__(self, call: Call, callback_list: Any) -> None:
        super().__init__(call, callback_list)
        self._told: Set[int] = set()  # epochs whose end is known
        self._partial: Optional[int] = None  # the epoch that ran when the agent came
        self._counted = True  # every epoch's steps are known
        self.counters.last = -1

    # --- what was before

    def found(self, epoch: Optional[int]) -> None:
        """Tell the epochs before, and the one that runs. On the joining thread, before any hook knows this recorder."""
        for _ in range(5):
            if not _being_written(self.callback_list):
                break
            time.sleep(0.002)
        self._catch_up()
        if epoch is not None and epoch not in self._told:
            self._running(epoch)

    def _catch_up(self) -> None:
        for epoch, metrics in guard.run("history", lambda: list(_history(self.callback_list))) or ():
            if epoch not in self._told:
                self._told.add(epoch)
                self._counted = False
                self.epochs_done += 1
                self.call.put(_backfilled(self.call.number, epoch, metrics))

    def _running(self, epoch: int) -> None:
        self._partial = epoch
        self.counters = Counters(epoch)  # takes the steps until one has been seen from its begin
        self.call.put(events.EpochStarted(at=clock.now(), fit=self.call.number, epoch=epoch, joined=True))

    # --- what is seen

    def first_step_ended(self) -> None:
        """After the first step of an epoch; of the epoch that ran already, the first that ended since."""
        if self.ledger_open:
            super().first_step_ended()
            return
        last = self.counters.last
        fit = frames.innermost()
        epoch = fit.epoch if fit is not None else None
        if epoch is None:
            return
        if epoch != self._partial:
            self._running(epoch)
        counters = self.ledger.open(epoch)
        counters.last = counters.cut_last = last
        counters.first = counters.ended = perf()
        self.counters, self.ledger_open = counters, True
        self.call.looks.epoch_began(epoch)

    def epoch_begin(self, epoch: int) -> None:
        self._catch_up()
        self._partial = None
        super().epoch_begin(epoch)

    def epoch_ended(self, epoch: int, logs: Any, seconds: float) -> None:
        self._told.add(int(epoch))
        if int(epoch) != self._partial:
            super().epoch_ended(epoch, logs, seconds)
            return
        self._partial, self.ledger_open = None, False
        steps = self.counters.last + 1 or None
        self.steps_done += steps or 0
        self.epochs_done += 1
        self._counted = self._counted and steps is not None
        if self.stop_asked and self.model is not None:
            self.model.stop_training = True
        samples, known_by = self._samples(int(epoch), steps)
        self.call.put(
            events.EpochEnded(
                at=clock.now(),
                fit=self.call.number,
                epoch=int(epoch),
                steps=steps,
                steps_known_by=None if steps is None else "exact",
                samples=samples,
                samples_known_by=known_by,
                validation=self._validation_seconds,
                metrics=numbers(logs),
                learning_rate=self.rate(),
                stop_training=bool(getattr(self.model, "stop_training", False)),
                rss=resident(),
            )
        )
        self.call.looks.epoch_ended(int(epoch), None, samples)

    def _samples(self, epoch: int, steps: Optional[int]) -> Tuple[Optional[int], Optional[str]]:
        """As the source's size tells them: not all of its batches were seen."""
        if steps is None:
            return None, None
        facts = self.call.facts
        before = (facts.get("steps_per_epoch") or 0) * max(0, epoch - (facts.get("initial_epoch") or 0))
        return self.call.looks.samples(Totals(), before, steps)

    def outcome(self) -> Dict[str, Any]:
        self._catch_up()
        outcome = super().outcome()
        return outcome if self._counted else {**outcome, "steps": None}


def _backfilled(fit: int, epoch: int, metrics: Dict[str, Optional[float]]) -> events.EpochEnded:
    return events.EpochEnded(
        at=clock.now(),
        fit=fit,
        epoch=epoch,
        steps_known_by=None,
        metrics=metrics,
        learning_rate=metrics.get("learning_rate", metrics.get("lr")),
        backfilled=True,
    )


def _being_written(callback_list: Any) -> bool:
    """The training thread is just adding an epoch to its `History`, as it seems."""
    epochs, columns = _kept(callback_list)
    return any(len(values) == len(epochs) - 1 for values in columns.values())


def _kept(callback_list: Any) -> Tuple[List[int], Dict[str, List[Any]]]:
    """Epochs and metrics of Keras' `History`; the metrics of one that is being added may be missing."""
    history = getattr(callback_list, "_history", None)
    while True:
        epochs = list(getattr(history, "epoch", None) or ())
        kept = dict(getattr(history, "history", None) or {})
        columns = {str(name): list(values) for name, values in kept.items()}
        if len(epochs) == len(getattr(history, "epoch", None) or ()):
            return epochs, columns


def _history(callback_list: Any) -> Iterator[Tuple[int, Dict[str, Optional[float]]]]:
    """Epochs that Keras' `History` holds, with their metrics.

    A metric that is not computed in every epoch says nowhere in which ones: it is left out.
    """
    epochs, columns = _kept(callback_list)
    for index, epoch in enumerate(epochs):
        back = index - len(epochs)  # an object that is used again keeps the values of the fits before
        yield int(epoch), numbers({name: each[back] for name, each in columns.items() if len(each) >= len(epochs)})
