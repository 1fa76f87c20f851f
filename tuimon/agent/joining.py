"""Coming into a process that trains already, and leaving it again.

Runs on a thread of its own, which Python's threading does not know: the training thread is not held up, and nothing of
it is changed but attributes that are set as a whole. A function that was traced into a graph before stays as it is: for
as long as a model trains with it, the wait for its input is not known.
"""

from __future__ import annotations

import _thread
import signal
import sys
import time
from typing import Any, Dict

from tuimon import agent, clock
from tuimon.agent import arguments, calls, frames, guard, identity, imports
from tuimon.agent.frames import Fit
from tuimon.agent.joined import JoinedRecorder
from tuimon.agent.outbox import outbox
from tuimon.agent.timed import TimedCallbacks, worth_timing

PATIENCE = 120.0
"""Seconds without a supervisor after which an agent that was brought in leaves again."""

_joining = _thread.allocate_lock()
_leaving = False
_heard_at = 0.0  # of a supervisor, `time.monotonic`


def join(given: Dict[str, str]) -> None:
    """Report to that supervisor from now on, with what has been before. Called again, it comes back."""
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    except Exception:
        pass
    with _joining:  # whoever brings the agent in may try a second time while the first is under way
        guard.run("join", _join, given)


def _join(given: Dict[str, str]) -> None:
    global _heard_at
    here = outbox.started and not outbox.ended
    if here and agent.setting("TUIMON_SPOOL") != given["TUIMON_SPOOL"]:
        leave()
        here = False
    agent.given.update(given)
    clock.carry_on(given.get(clock.VARIABLE, ""))
    outbox.again()
    _heard_at = time.monotonic()
    if here:
        return
    agent.door = "inject"
    _wait_for_imports()
    identity.introduce_again()
    found = [(fit, guard.run("join.fit", register, fit)) for fit in frames.running()]
    imports.install()
    for fit, call in found:
        if call is not None and call.recorder is not None:
            guard.run("join.fit", observe, fit, call)
    del found
    for each in (watch, calls.end_those_gone):
        if each not in outbox.pollers:
            outbox.pollers.append(each)


def _wait_for_imports() -> None:
    """A Keras that is being imported is complete when this returns."""
    for name in imports.HOOKS:
        if sys.modules.get(name) is not None:
            __import__(name)


# --- a fit that runs


def register(fit: Fit) -> calls.Call:
    """Its call, before any hook can take what it does for a call of its own."""
    call = _call_of(fit)
    if fit.callback_list is not None:  # else it has not begun to train, and the hooks see all of it
        call.facts["joined"] = True
        call.recorder = JoinedRecorder(call, fit.callback_list)
    calls.enter_on_thread(call)
    _describe_sources(call, fit)
    return call


def observe(fit: Fit, call: calls.Call) -> None:
    """Tell what was before, and count from now on."""
    callback_list = fit.callback_list
    params = getattr(callback_list, "params", None) or {}
    call.facts["steps"] = arguments.whole(params.get("steps"))
    call.facts["callbacks"] = [type(callback).__name__ for callback in callback_list.callbacks]
    call.announce()
    call.recorder.found(fit.epoch)
    _time_callbacks(call.recorder, callback_list)
    callback_list._tuimon = call.recorder  # from here on the hooks count
    identity.tell_devices(call.model())
    call.looks.train_begin()


def _call_of(fit: Fit) -> calls.Call:
    frame = calls.caller(fit.frame)
    model = fit.names.get("self")
    call = calls.Call("fit", model, *calls.call_site(frame), **arguments.facts(model, fit.names))
    call.thread, call.frame = fit.thread, frame
    call.place = (id(fit.frame), fit.frame.f_code)
    return call


def _describe_sources(call: calls.Call, fit: Fit) -> None:
    names = fit.names
    told = ("batch_size", "shuffle", "sample_weight", "workers")
    given: Dict[str, Any] = {name: names.get(name) for name in told}
    given["multiprocessing"] = names.get("use_multiprocessing")
    if not isinstance(given["workers"], int):
        given["workers"] = getattr(names.get("x"), "workers", None)
    if fit.source is not None:
        call.looks.source_made(names.get("x"), names.get("y"), fit.source, **given)
    if fit.validation_source is not None:
        given.update(shuffle=False, sample_weight=names.get("val_sample_weight"))
        call.looks.source_made(names.get("val_x"), names.get("val_y"), fit.validation_source, **given)


def _time_callbacks(recorder: JoinedRecorder, callback_list: Any) -> None:
    if worth_timing(callback_list.callbacks):
        timed = TimedCallbacks(callback_list.callbacks, recorder.model)
        timed.thread = recorder.call.thread
        recorder.timed = callback_list.callbacks = timed


# --- leaving


def leave_soon() -> None:
    """When what has been said is on its way."""
    global _leaving
    _leaving = True
    if watch not in outbox.pollers:
        outbox.pollers.append(watch)


def watch() -> None:
    """On the sender's thread: leave when that was asked for, or when no supervisor has been there for a while."""
    global _heard_at
    now = time.monotonic()
    if _leaving:
        leave()
        return
    if outbox.connected:
        _heard_at = now
    elif agent.door == "inject" and now - _heard_at > PATIENCE:
        leave()


def leave() -> None:
    """Go quiet: nothing is counted or sent any more, and callback lists are plain ones again."""
    global _leaving
    outbox.ended, _leaving = True, False
    outbox.hang_up()
    for call in calls.running():
        recorder = call.recorder
        callback_list = getattr(recorder, "callback_list", None)
        if callback_list is not None:
            callback_list._tuimon = None
            if isinstance(callback_list.callbacks, TimedCallbacks):
                callback_list.callbacks = list(callback_list.callbacks)
    calls.forget()
