"""What happens within one call of fit, evaluate or predict, as Keras' callback list is told of it.

All methods run on the training thread, in the order in which Keras calls the hooks; none of them waits.
"""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional

from tuimon import clock, events
from tuimon.agent import arguments, guard, identity, iterators, looks
from tuimon.agent import optimizer as optimizers
from tuimon.agent.calls import Call
from tuimon.agent.ledger import Counters, Ledger, Meter, numbers, resident
from tuimon.agent.outbox import outbox
from tuimon.agent.timed import TimedCallbacks, worth_timing
from tuimon.agent.validation import Validation

perf = time.perf_counter


class Recorder:
    def __init__(self, call: Call, callback_list: Any) -> None:
        self.call = call
        self.callback_list = callback_list
        self.counters = Counters(0)
        self.ledger = Ledger(call.number, call.put, Meter(looks.reading), self.rate)
        self.timed: Optional[TimedCallbacks] = None
        self.epochs_done = 0
        self.steps_done = 0
        self.wish: Optional[Any] = None
        """A function to call at the next batch end, once."""
        self.stop_asked = False
        self.testing: Optional[Validation] = None
        self.validation_asked: Optional[float] = None
        """When Keras called for it: putting the last iterator over its data away may take seconds."""
        self.testing_logs: Any = None
        """What the last evaluation came to."""
        self.ledger_open = False
        self.open_step = False
        self.first_wait: Optional[float] = None
        self._epoch_callbacks = 0.0
        self._iterations: Optional[int] = None
        self._validation_seconds: Optional[float] = None
        self._callback_seconds: Dict[str, float] = {}
        self._epoch_callback_seconds: Dict[str, float] = {}

    @property
    def model(self) -> Any:
        return self.call.model()

    def owns(self, callbacks: Any) -> bool:
        """These callbacks are this fit's own list: whoever was given it validates for this fit."""
        return callbacks is not None and callbacks is self.callback_list

    def rate(self) -> Optional[float]:
        """The learning rate now."""
        found = guard.run("learning_rate", optimizers.learning_rate, getattr(self.model, "optimizer", None))
        return found if found is None else float(found)

    def outcome(self) -> Dict[str, Any]:
        """The fields of `FitEnded` that the recorder knows. What was still uncounted is queued."""
        if self.call.trains:
            self.ledger.cut(final=True)
        counted = self.counters.last + 1
        stopped_by = self.timed.stopped_by if self.timed is not None else ""
        return {
            "epochs": self.epochs_done,
            "steps": self.steps_done + (counted if self.ledger_open else 0),
            "stop_training": bool(getattr(self.model, "stop_training", False)) if self.call.trains else False,
            "stopped_by": stopped_by or ("tuimon" if self.stop_asked else ""),
            "metrics": dict(self._results()),
        }

    def _results(self) -> Dict[str, Optional[float]]:
        return numbers(self.testing_logs) if self.call.kind == "evaluate" else {}

    # --- training

    def train_begin(self, callback_list: Any) -> None:
        params = getattr(callback_list, "params", None) or {}
        facts = self.call.facts
        facts["steps"] = arguments.whole(params.get("steps"))
        facts["epochs"] = arguments.whole(params.get("epochs", facts.get("epochs")))
        facts["callbacks"] = [type(callback).__name__ for callback in callback_list.callbacks]
        if worth_timing(callback_list.callbacks):
            self.timed = callback_list.callbacks = TimedCallbacks(callback_list.callbacks, self.model)
        identity.tell_devices(self.model)
        self.call.announce()
        self.call.looks.train_begin()

    def epoch_begin(self, epoch: int) -> None:
        """Before the callbacks hear of it."""
        self.call.put(events.EpochStarted(at=clock.now(), fit=self.call.number, epoch=int(epoch)))
        self._epoch_callbacks, self._validation_seconds = 0.0, None
        self._callback_seconds, self._epoch_callback_seconds = {}, {}
        self.first_wait, self.open_step = None, False
        self._iterations = self._optimizer_steps()
        self.call.looks.epoch_began(int(epoch))
        self.ledger_open = True
        self.counters = self.ledger.open(int(epoch))

    def epoch_begun(self, seconds: float) -> None:
        """The callbacks took so long."""
        self._epoch_callbacks += seconds
        self.counters.begun = self.counters.cut_at = perf()
        if self.timed is not None:
            self.timed.seconds = self._callback_seconds

    def source_set_up(self, now: float) -> None:
        """Called before the first step of each epoch: since the epoch began, Keras has put the last iterator away and
        made the next one, and on some backends pulled a batch. Nothing else happens there."""
        if not self.ledger_open:
            return  # joined in the middle of an epoch
        seconds = now - self.counters.begun - self.ledger.meter.waiting().wait
        if seconds > 0.0:
            iterators.waited(seconds)

    def first_step_ended(self) -> None:
        """Called once in each epoch, after the first train function."""
        self.counters.first = perf()
        came = self.ledger.meter.waiting()
        self.first_wait = came.wait if came.batches else None

    def epoch_ending(self) -> None:
        """Before the callbacks hear of it; validation is over."""
        self.settle_steps()
        self.ledger.cut(final=True)
        if self.timed is not None:
            self.timed.seconds = self._epoch_callback_seconds

    def epoch_ended(self, epoch: int, logs: Any, seconds: float) -> None:
        """After the callbacks, which took so many seconds."""
        counters, ledger = self.counters, self.ledger
        self._epoch_callbacks += seconds
        steps = counters.last + 1
        self.steps_done += steps
        self.epochs_done += 1
        self.ledger_open = False
        if self.stop_asked and self.model is not None:
            self.model.stop_training = True
        trained = counters.ended - counters.began
        came = ledger.came
        wait = came.wait if came.batches >= steps else None
        samples, known_by = self.call.looks.samples(came, self.steps_done - steps, steps)
        self.call.put(
            events.EpochEnded(
                at=clock.now(),
                fit=self.call.number,
                epoch=int(epoch),
                steps=steps,
                samples=samples,
                samples_known_by=known_by,
                seconds=perf() - counters.began,
                wait=wait,
                wait_known_by=None if wait is None else "exact",
                compute=None if wait is None else max(0.0, trained - wait - counters.callbacks),
                callbacks=counters.callbacks + self._epoch_callbacks,
                validation=self._validation_seconds,
                first_step=counters.first - counters.began if counters.first else None,
                first_wait=self.first_wait,
                callback_seconds=_sum(self._callback_seconds, self._epoch_callback_seconds),
                epoch_callback_seconds=self._epoch_callback_seconds,
                metrics=numbers(logs),
                learning_rate=self.rate(),
                stop_training=bool(getattr(self.model, "stop_training", False)),
                rss=resident(),
                **self._how_it_ended(steps),
            )
        )
        self.call.looks.epoch_ended(int(epoch), trained, samples)

    def settle_steps(self) -> None:
        """Make the last batch index true where Keras rounds it up to whole executions: the optimizer counts steps."""
        counters, each = self.counters, self.call.facts.get("steps_per_execution") or 1
        if counters.last < 0:
            return
        now, before = self._optimizer_steps(), self._iterations
        if each > 1 and now is not None and before is not None:
            done = now - before
            if abs(done - (counters.last + 1)) < each and done > 0:
                counters.last = done - 1
                if counters.steps:
                    _, ended, logs = counters.steps.pop()
                    counters.steps.append((counters.last, ended, logs))

    def _optimizer_steps(self) -> Optional[int]:
        if (self.call.facts.get("steps_per_execution") or 1) <= 1:
            return None
        iterations = getattr(getattr(self.model, "optimizer", None), "iterations", None)
        return None if iterations is None else int(iterations.numpy())

    def _how_it_ended(self, steps: int) -> Dict[str, Any]:
        facts = self.call.facts
        ended, closed = self.call.looks.end_of_source()
        planned, stopped = facts.get("steps"), getattr(self.model, "stop_training", False)
        if self.open_step or (facts.get("steps_per_epoch") is None and planned == steps):
            ended = True
        elif planned is not None and steps < planned and not stopped:
            ended = True  # nothing else ends an epoch
        return {"source_ended": ended, "source_closed": closed}

    # --- validation, and evaluate and predict by themselves

    def test_begin(self, callback_list: Any) -> None:
        if not self.call.trains:
            params = getattr(callback_list, "params", None) or {}
            self.call.facts["steps"] = arguments.whole(params.get("steps"))
            self.call.facts["callbacks"] = [type(callback).__name__ for callback in callback_list.callbacks]
            identity.tell_devices(self.model)
            self.call.announce()
            self.testing = Validation(self.call, self.counters.epoch)
            return
        self.settle_steps()
        self.ledger.cut()
        if self.timed is not None:
            self.timed.seconds = None
        self.call.looks.validation(self.counters.epoch)
        planned = self.call.facts.get("validation_steps") or self.call.looks.batches("validation")
        self.testing = Validation(self.call, self.counters.epoch)
        if self.validation_asked is not None:
            self.testing.began, self.validation_asked = self.validation_asked, None
        epoch = self.counters.epoch
        self.call.put(events.ValidationStarted(at=clock.now(), fit=self.call.number, epoch=epoch, steps=planned))

    def test_end(self, logs: Any) -> None:
        testing, self.testing = self.testing, None
        self.testing_logs = logs
        if testing is None:
            return
        came = testing.meter.taken()
        seconds = perf() - testing.began
        steps = testing.last + 1
        if 0 <= steps - came.batches < (self.call.facts.get("steps_per_execution") or 1):
            steps = came.batches  # Keras rounds up to whole executions
        if not self.call.trains:
            self.steps_done += steps
            return
        self._validation_seconds = (self._validation_seconds or 0.0) + seconds
        self.ledger.meter.taken()
        samples, known_by = self.call.looks.samples(came, 0, steps, "validation")
        self.call.looks.training()
        self.call.put(
            events.ValidationEnded(
                at=clock.now(),
                fit=self.call.number,
                epoch=self.counters.epoch,
                steps=steps,
                samples=samples,
                samples_known_by=known_by,
                seconds=seconds,
                wait=came.wait if came.batches >= steps else None,
                metrics=numbers(logs),
            )
        )

    # --- on the sender's thread

    def poll(self) -> None:
        """Queue what has been counted since the last time."""
        testing = self.testing
        if testing is not None and self.call.trains:
            testing.tell_progress()
        elif self.ledger_open:
            # Where Keras rounds up to whole executions, the newest one is settled when the epoch pauses or ends.
            self.ledger.cut(held=int((self.call.facts.get("steps_per_execution") or 1) > 1))


def poll() -> None:
    """Cut the ledgers of all calls that run."""
    from tuimon.agent import calls

    recorders: List[Recorder] = [call.recorder for call in calls.running() if call.recorder is not None]
    for recorder in recorders:
        recorder.poll()


outbox.pollers.append(poll)


def _sum(*parts: Dict[str, float]) -> Dict[str, float]:
    total: Dict[str, float] = {}
    for part in parts:
        for name, seconds in part.items():
            total[name] = total.get(name, 0.0) + seconds
    return total
