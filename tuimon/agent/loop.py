"""A loop of the user's own that trains: steps by `train_on_batch`, or by an optimizer that applies gradients.

The optimizer's own count of iterations tells the steps, wherever the loop runs: in Python, in a `tf.function` called
for each batch, or in one that loops over the dataset itself.
"""

from __future__ import annotations

import sys
import time
import weakref
from typing import Any, Callable, Dict, Optional, Tuple

from tuimon import clock, events
from tuimon.agent import calls, guard, identity, looks
from tuimon.agent import optimizer as optimizers
from tuimon.agent.iterators import Totals
from tuimon.agent.ledger import Ledger, Meter, numbers, resident
from tuimon.agent.validation import Evaluation

perf = time.perf_counter

SWITCH = 50
"""Steps of another optimizer, with none of the one that is counted, after which the other one is counted."""


class Loop:
    """The recorder of such a loop's call: one epoch for each pass of an iterator that it trained from."""

    timed = None
    testing = None
    wish: Optional[Callable[[], None]] = None
    stop_asked = False
    open_step = False

    def __init__(self, kind: str, model: Any, leader: Any, frame: Any) -> None:
        self.call = calls.Call(kind, model, *calls.call_site(calls.caller(frame)))
        self.call.recorder = self
        self.leader: Callable[[], Any] = weakref.ref(leader)
        self.by_iterations = kind == "custom-loop"
        self.others = 0
        self.epochs_done = 0
        self.steps_done = 0
        self.loss: Any = None
        self.ledger = Ledger(self.call.number, self.call.put, Meter(looks.reading), self.rate)
        self.counters = self.ledger.open(0)
        self.pulled_from: Optional[Tuple[float, Totals]] = None
        """When the iterator was made that the next step's batch comes from (`perf`), and the totals then."""
        self.evaluation: Optional[Evaluation] = None
        self._counter: Any = None  # the optimizer's variable, which tells the truth for longer than the optimizer lives
        self._base = 0
        self.in_epoch = False

    def owns(self, callbacks: Any) -> bool:
        return False

    @property
    def optimizer(self) -> Any:
        leader = self.leader()
        return leader if self.by_iterations else getattr(leader, "optimizer", None)

    def rate(self) -> Optional[float]:
        found = guard.run("learning_rate", optimizers.learning_rate, self.optimizer)
        return found if found is None else float(found)

    # --- on the training thread

    def begin(self, dataset: Any, pulled: Totals) -> None:
        """Before its first step. `pulled` is what had come before the batch of that."""
        identity.introduce()
        for other in list(calls.loops):  # the sender takes out those that are over
            other.recorder.step_aside(pulled)
        calls.loops.append(self.call)
        identity.tell_devices(self.call.model())
        self._base = self._iterations() or 0
        self.call.announce()
        if dataset is not None:
            self.call.looks.source_made(dataset, None, None)

    def step_aside(self, pulled: Totals) -> None:
        """Another loop begins: what is pulled from now on is not for the steps that are done."""
        if self.in_epoch:
            self._settle()
            self.ledger.step_aside(pulled)

    def epoch_begin(self) -> None:
        self.in_epoch = True
        if self.counters.epoch != self.epochs_done:
            self.counters = self.ledger.open(self.epochs_done)
        if self.pulled_from is not None:
            counters = self.counters
            counters.began = counters.begun = counters.cut_at = self.pulled_from[0]
            self.ledger.meter.since(self.pulled_from[1])
            self.pulled_from = None
        self.call.put(events.EpochStarted(at=clock.now(), fit=self.call.number, epoch=self.epochs_done))
        self.call.looks.epoch_began(self.epochs_done)

    def step(self, logs: Any, rows: Optional[int] = None) -> None:
        """A batch has been trained."""
        self._end_evaluation()
        if not self.in_epoch:
            self.epoch_begin()
        counters = self.counters
        counters.last += 1
        counters.ended = now = perf()
        if not counters.first:
            counters.first = now
        if rows is not None:
            counters.rows = (counters.rows or 0) + rows
        counters.steps.append((counters.last, now, logs))

    def evaluated(self, logs: Any, rows: Optional[int]) -> None:
        """A batch has been evaluated: the first one since the last step begins a validation."""
        if self.evaluation is None:
            self.evaluation = Evaluation(self.call, self.counters.epoch)
        self.evaluation.batch(logs, rows)

    def _end_evaluation(self) -> None:
        evaluation, self.evaluation = self.evaluation, None
        if evaluation is not None:
            came, seconds = evaluation.end()
            self.ledger.leave_out(came, seconds)

    def pass_ended(self) -> None:
        """An iterator that was trained from has been used up: the epoch is over."""
        if self.in_epoch:
            self._end_epoch(source_ended=True)

    def outcome(self) -> Dict[str, Any]:
        self._end_evaluation()
        if self.in_epoch and self.counters.last >= 0:
            self._end_epoch(source_ended=None)
        return {"epochs": self.epochs_done, "steps": self.steps_done}

    def _end_epoch(self, source_ended: Optional[bool]) -> None:
        self._settle()
        counters, ledger = self.counters, self.ledger
        last = counters.steps[-1][2] if counters.steps else None
        ledger.close()
        came, steps = ledger.came, counters.last + 1
        wait = came.wait if came.batches >= steps else None
        samples: Optional[int] = counters.rows
        known_by: Optional[str] = "exact"
        if samples is None:
            samples, known_by = self.call.looks.samples(came, self.steps_done, steps)
        self.steps_done += steps
        seconds = counters.ended - counters.began
        self.call.put(
            events.EpochEnded(
                at=clock.now(),
                fit=self.call.number,
                epoch=counters.epoch,
                steps=steps,
                samples=samples,
                samples_known_by=known_by if samples is not None else None,
                seconds=seconds,
                wait=wait,
                wait_known_by=None if wait is None else "exact",
                compute=None if wait is None else max(0.0, seconds - wait),
                first_step=counters.first - counters.began if counters.first else None,
                metrics=numbers(last),
                learning_rate=self.rate(),
                source_ended=source_ended,
                rss=resident(),
            )
        )
        self.epochs_done += 1
        self.in_epoch = False

    # --- steps as the optimizer counts them

    def _iterations(self) -> Optional[int]:
        if self.by_iterations and self._counter is None:
            self._counter = getattr(self.leader(), "iterations", None)
        iterations = self._counter
        if iterations is None:
            return None
        ops = sys.modules.get("tensorflow.python.framework.ops")
        if ops is None:
            return int(iterations.numpy())
        with ops.init_scope():
            return int(iterations.numpy())

    def _settle(self, under_way: int = 0) -> None:
        """Take over the optimizer's count: a `tf.function` may take many steps in one call.

        So many of its steps are left out: on another thread, the newest one may not have been told to `step` yet.
        """
        done = guard.run("iterations", self._iterations)
        counters = self.counters
        if done is None:
            return
        true = done - self._base - self.steps_done - under_way
        if true > counters.last + 1:
            counters.last = true - 1
            if counters.steps:
                _, ended, logs = counters.steps.pop()
                counters.steps.append((counters.last, ended, logs))

    # --- on the sender's thread

    def poll(self) -> None:
        if self.leader() is None:
            if self.call in calls.loops:
                calls.loops.remove(self.call)
                self.call.end(None)
            return
        if self.in_epoch:
            self._settle(under_way=1)
            self.ledger.cut()


def marks() -> Dict[int, int]:
    """Steps that each loop which runs now has done so far, as far as Python has seen them."""
    return {call.number: _steps(call) for call in calls.loops}


def pass_ended(before: Dict[int, int], came: Totals, seconds: float) -> None:
    """An iterator outside of Keras was used up, which had so many seconds and gave these; `before` are the marks of
    when it was made. It was what a loop trained from, or what a loop evaluated with between two steps.
    """
    for call in list(calls.loops):
        if _steps(call) > before.get(call.number, 0):
            call.recorder.pass_ended()
        elif call is calls.loops[-1]:
            call.recorder.ledger.leave_out(came, seconds)


def _steps(call: calls.Call) -> int:
    recorder = call.recorder
    return int(recorder.steps_done) + (int(recorder.counters.last) + 1 if recorder.in_epoch else 0)


def newest() -> Optional[Loop]:
    return calls.loops[-1].recorder if calls.loops else None
