"""Hooks on Keras' `CallbackList`, whose method names are the same in Keras 2 and 3.

The hooks stand around the list, not in it: no callback of ours is among the program's, so that Keras decides as it does
without us (asynchronous hooks, logs as tensors, warnings of slow callbacks).
"""

from __future__ import annotations

import functools
import time
from typing import Any, Callable, Optional

from tuimon.agent import calls, guard
from tuimon.agent.recorder import Recorder

perf = time.perf_counter


def observe(owner: Any) -> None:
    """Hook the class `CallbackList`, once."""
    if "_tuimon" in owner.__dict__:
        return
    owner._tuimon = None
    """The recorder of the call that the list was made for."""
    owner.on_train_batch_begin = _batch_begin(owner.on_train_batch_begin)
    owner.on_train_batch_end = _batch_end(owner.on_train_batch_end)
    owner.on_test_batch_end = _other_batch_end(owner.on_test_batch_end)
    owner.on_predict_batch_end = _other_batch_end(owner.on_predict_batch_end)
    owner.on_train_begin = _around(owner.on_train_begin, before=_train_begin)
    owner.on_train_end = _around(owner.on_train_end, after=_train_end)
    owner.on_epoch_begin = _around(owner.on_epoch_begin, before=_epoch_begin, after=_epoch_begun)
    owner.on_epoch_end = _around(owner.on_epoch_end, before=_epoch_ending, after=_epoch_ended)
    owner.on_test_begin = _around(owner.on_test_begin, before=_test_begin)
    owner.on_test_end = _around(owner.on_test_end, before=_test_end)
    owner.on_predict_begin = _around(owner.on_predict_begin, before=_test_begin)
    owner.on_predict_end = _around(owner.on_predict_end, before=_test_end)


# --- every batch: nothing here but stores


def _batch_begin(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def on_train_batch_begin(self: Any, batch: Any, logs: Any = None) -> None:
        recorder: Optional[Recorder] = self._tuimon
        if recorder is None:
            original(self, batch, logs)
            return
        recorder.open_step = True
        entered = perf()
        counters = recorder.counters
        if not counters.first:
            guard.run("source set up", recorder.source_set_up, entered)
        try:
            original(self, batch, logs)
        except BaseException as error:
            guard.forget_frame(error)
            raise
        counters.begun = now = perf()
        counters.callbacks += now - entered

    return on_train_batch_begin


def _batch_end(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def on_train_batch_end(self: Any, batch: Any, logs: Any = None) -> None:
        recorder: Optional[Recorder] = self._tuimon
        if recorder is None:
            original(self, batch, logs)
            return
        entered = perf()
        counters = recorder.counters
        counters.last = batch
        recorder.open_step = False
        if not counters.first:
            guard.run("first step", recorder.first_step_ended)
        try:
            original(self, batch, logs)
        except BaseException as error:
            counters.ended = perf()
            counters.steps.append((batch, counters.ended, logs))
            guard.forget_frame(error)
            raise
        counters.ended = now = perf()
        counters.callbacks += now - entered
        counters.steps.append((batch, now, logs))
        if recorder.wish is not None:
            wish, recorder.wish = recorder.wish, None
            guard.run("wish", wish)

    return on_train_batch_end


def _other_batch_end(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def on_batch_end(self: Any, batch: Any, logs: Any = None) -> None:
        recorder: Optional[Recorder] = self._tuimon
        if recorder is not None and recorder.testing is not None:
            recorder.testing.last = batch
        try:
            original(self, batch, logs)
        except BaseException as error:
            guard.forget_frame(error)
            raise

    return on_batch_end


# --- boundaries


def _around(
    original: Callable[..., Any],
    before: Optional[Callable[..., None]] = None,
    after: Optional[Callable[..., None]] = None,
) -> Callable[..., Any]:
    part = "callbacks." + original.__name__

    @functools.wraps(original)
    def hook(self: Any, *args: Any, **named: Any) -> Any:
        if before is not None:
            guard.run(part, before, self, *args, **named)
        entered = perf()
        try:
            result = original(self, *args, **named)
        except BaseException as error:
            if after is not None:
                guard.run(part, after, self, perf() - entered, *args, **named)
            guard.forget_frame(error)
            raise
        if after is not None:
            guard.run(part, after, self, perf() - entered, *args, **named)
        return result

    return hook


def _train_begin(callback_list: Any, logs: Any = None) -> None:
    recorder = _bind(callback_list)
    if recorder is not None and recorder.call.kind == "fit":
        recorder.train_begin(callback_list)


def _train_end(callback_list: Any, seconds: float, logs: Any = None) -> None:
    """Where the method that trains could not be wrapped any more, this is its end."""
    recorder = callback_list._tuimon
    if recorder is not None and recorder.call.place is not None:
        calls.ended(recorder.call, None, None)


def _epoch_begin(callback_list: Any, epoch: Any, logs: Any = None) -> None:
    if callback_list._tuimon is not None:
        callback_list._tuimon.epoch_begin(epoch)


def _epoch_begun(callback_list: Any, seconds: float, epoch: Any, logs: Any = None) -> None:
    if callback_list._tuimon is not None:
        callback_list._tuimon.epoch_begun(seconds)


def _epoch_ending(callback_list: Any, epoch: Any, logs: Any = None) -> None:
    if callback_list._tuimon is not None:
        callback_list._tuimon.epoch_ending()


def _epoch_ended(callback_list: Any, seconds: float, epoch: Any, logs: Any = None) -> None:
    if callback_list._tuimon is not None:
        callback_list._tuimon.epoch_ended(epoch, logs, seconds)


def _test_begin(callback_list: Any, logs: Any = None) -> None:
    recorder = callback_list._tuimon or _bind(callback_list)
    if recorder is not None:
        recorder.test_begin(callback_list)


def _test_end(callback_list: Any, logs: Any = None) -> None:
    if callback_list._tuimon is not None:
        callback_list._tuimon.test_end(logs)


def _bind(callback_list: Any) -> Optional[Recorder]:
    """Give the list to the innermost call of this thread, unless that has one already."""
    call = calls.current()
    if call is None or call.recorder is not None:
        return None
    call.recorder = callback_list._tuimon = Recorder(call, callback_list)
    return call.recorder  # type: ignore[no-any-return]
