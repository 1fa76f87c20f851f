"""The calls that train, evaluate or predict: which are running, where they were made, and how they end."""

from __future__ import annotations

import _thread
import functools
import inspect
import os
import re
import sys
import time
import weakref
from typing import Any, Callable, Dict, List, Optional, Tuple

from tuimon import clock, events
from tuimon.agent import guard, identity
from tuimon.agent.looks import Looks
from tuimon.agent.outbox import Item, outbox

PATIENCE = 2.0
"""Seconds after which a call is announced although Keras has not planned its steps yet."""

Place = Tuple[int, Any]
"""A frame, without keeping it alive: its id and its code."""

_LIBRARIES = ("keras", "tf_keras", "tensorflow", "tuimon", "contextlib", "functools")
_COMMENT = re.compile(r"#\s*tuimon:.*$")


class Call:
    """One call of fit, evaluate or predict, or a loop of the user's own.

    What it puts before it is announced waits: a reader knows a fit by its `FitStarted`.
    """

    def __init__(self, kind: str, model: Any, site: str, comment: str, **facts: Any) -> None:
        global _count
        _count += 1
        self.number = _count
        self.kind = kind
        self.model: Callable[[], Any] = weakref.ref(model) if model is not None else lambda: None
        self.site = site
        self.began = time.perf_counter()
        self.at = clock.now()
        self.thread = _thread.get_ident()
        self.facts: Dict[str, Any] = dict(facts, site=site, comment=comment)
        self.recorder: Any = None
        self.looks = Looks(self)
        self.arguments: Dict[str, Any] = {}
        self.frame: Any = None
        """The program's own, that made the call; known while the call runs."""
        self.result: Any = None
        self.place: Optional[Place] = None
        """Where it runs, when it was running before its method could be wrapped: who else would tell its end?"""
        self._announced = False
        self._ended = False
        self._waiting: List[Item] = []
        self._lock = _thread.allocate_lock()

    def __reduce__(self) -> Tuple[Any, ...]:
        return (type(None), ())  # a copied or pickled callback list carries no call

    @property
    def trains(self) -> bool:
        return self.kind not in ("evaluate", "predict")

    @property
    def announced(self) -> bool:
        return self._announced

    def put(self, item: Item) -> None:
        with self._lock:
            if not self._announced:
                self._waiting.append(item)
                return
        outbox.put(item)

    def announce(self) -> None:
        """Say that the call began, once."""
        with self._lock:
            if self._announced:
                return
            outbox.put(events.FitStarted(at=self.at, fit=self.number, call=self.kind, **self.facts))
            for item in self._waiting:
                outbox.put(item)
            self._announced, self._waiting = True, []

    def end(self, error: Optional[BaseException]) -> None:
        """Say how the call ended, once."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
        self.announce()
        self.looks.ended()
        recorder = self.recorder
        outcome: Dict[str, Any] = recorder.outcome() if recorder is not None else {}
        if error is not None:
            outcome.update(exception=type(error).__name__, message=str(error)[:2000])
        seconds = None if self.facts.get("joined") else time.perf_counter() - self.began
        outbox.put(events.FitEnded(fit=self.number, seconds=seconds, **outcome))


_count = 0
_active: Dict[int, List[Call]] = {}
"""The calls that run now, by thread, outermost first."""


def current() -> Optional[Call]:
    """The innermost call of this thread."""
    calls = _active.get(_thread.get_ident())
    return calls[-1] if calls else None


def running() -> List[Call]:
    """All calls that run now, loops of the user's own among them."""
    active = [call for calls in list(_active.values()) for call in list(calls)]
    return active + [loop for loop in list(loops) if loop not in active]


loops: List[Call] = []
"""Loops of the user's own: they end when the process does, unless something tells their end earlier."""


def over(thread: Optional[int] = None) -> List[Call]:
    """The calls whose frame has gone without a word: an exception left them."""
    frames = sys._current_frames()
    unwrapped = [call for call in running() if call.place is not None and thread in (None, call.thread)]
    return [call for call in unwrapped if not _stands(call.place, frames.get(call.thread))]


def _stands(place: Any, frame: Any) -> bool:
    while frame is not None:
        if id(frame) == place[0] and frame.f_code is place[1]:
            return True
        frame = frame.f_back
    return False


def open_loops() -> List[Call]:
    """The loops that have not been ended; after this they are."""
    ended, loops[:] = list(loops), []
    return ended


def enter(call: Call, nested: bool = True) -> None:
    """Make it the innermost of this thread."""
    outer = current()
    if nested:
        call.facts["inside"] = outer.number if outer is not None else None
    _active.setdefault(call.thread, []).append(call)


def enter_on_thread(call: Call) -> None:
    """Make it the innermost of its thread, which is another one than this."""
    within = _active.setdefault(call.thread, [])
    call.facts["inside"] = within[-1].number if within else None
    within.append(call)


def leave(call: Call) -> None:
    calls = _active.get(call.thread, [])
    if call in calls:
        del calls[calls.index(call) :]
    if not calls:
        _active.pop(call.thread, None)


def wrap_entry(owner: Any, name: str, part: str, facts: Callable[[Any, Dict[str, Any]], Dict[str, Any]]) -> None:
    """Observe the method `name` of a class: one `Call` for each time it is called from outside of Keras."""
    original = owner.__dict__.get(name)
    if original is None or hasattr(original, "_tuimon"):
        return
    signature = inspect.signature(original)

    @functools.wraps(original)
    def entry(self: Any, *args: Any, **named: Any) -> Any:
        call = guard.run(part, _begun, signature, name, facts, self, args, named)
        if call is None:
            return original(self, *args, **named)
        try:
            result = original(self, *args, **named)
        except BaseException as error:
            guard.run(part, ended, call, error, None)
            guard.forget_frame(error)
            raise
        guard.run(part, ended, call, None, result)
        return result

    entry._tuimon = True  # type: ignore[attr-defined]
    setattr(owner, name, entry)


def _begun(signature: Any, name: str, facts: Any, model: Any, args: Any, named: Dict[str, Any]) -> Optional[Call]:
    if outbox.ended:
        return None
    outer = current()
    if outer is not None and outer.recorder is not None and outer.recorder.owns(named.get("callbacks")):
        outer.recorder.validation_asked = time.perf_counter()
        return None  # the validation of a fit
    if outer is not None and outer.place is not None:
        end_those_over(outer.thread)
    arguments = dict(signature.bind(model, *args, **named).arguments)
    identity.introduce()
    frame = caller(sys._getframe(3))
    call = Call(name, model, *call_site(frame), **facts(model, arguments))
    call.arguments, call.frame = arguments, frame
    enter(call)
    return call


def end_those_over(thread: Optional[int] = None, error: Optional[BaseException] = None) -> None:
    """Tell the end of the calls that nobody else tells the end of."""
    for call in over(thread):
        ended(call, error, None)


def ended(call: Call, error: Optional[BaseException], result: Any) -> None:
    """Say how the call ended: it is not running any more."""
    from tuimon.agent import process

    try:
        call.result = result
        call.announce()
        if error is not None:
            guard.run("exception", process.raised, error, "fit", call)
        call.end(error)
    finally:
        call.arguments, call.result, call.frame = {}, None, None
        leave(call)
    if call.trains and call.thread == _thread.get_ident():
        outbox.flush(0.3)


def caller(frame: Any) -> Any:
    """The innermost frame that is the program's own."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__", "")).split(".", 1)[0]
        if module not in _LIBRARIES and "__autograph_generated_file" not in frame.f_code.co_filename:
            return frame
        frame = frame.f_back
    return None


def call_site(frame: Any) -> Tuple[str, str]:
    """file:line where the frame is now, and that line's `# tuimon:` comment."""
    if frame is None:
        return "", ""
    path = frame.f_code.co_filename
    return "%s:%d" % (path, frame.f_lineno), _comment(path, frame.f_lineno)


def _comment(path: str, number: int) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for count, line in enumerate(file, 1):
                if count == number:
                    found = _COMMENT.search(line.rstrip())
                    return found.group() if found else ""
    except OSError:
        pass
    return ""


def announce_late() -> None:
    """Announce calls whose training has not begun for a while, so that a slow start is seen."""
    now = time.perf_counter()
    for call in running():
        if not call.announced and now - call.began > PATIENCE:
            call.announce()


_gone: List[Call] = []


def end_those_gone() -> None:
    """On the sender's thread, which looks from outside: those that are not found twice are over."""
    global _gone
    missing = over()
    for call in missing:
        if call in _gone:
            ended(call, None, None)
    _gone = missing


def forget() -> None:
    """Of no call that runs is anything told any more; in a forked child those of the parent are not its own."""
    _active.clear()
    loops.clear()


outbox.pollers.append(announce_late)
os.register_at_fork(after_in_child=forget)
