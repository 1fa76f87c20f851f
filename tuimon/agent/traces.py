"""Traces of `tf.function`: told each time that a function which was traced before is traced again.

TensorFlow counts calls and traces itself, for its own warning; this reads those counts at the moment of a trace, so
that a call which does not trace costs nothing. A function that Keras makes anew for each fit is a new function, though
its code is the same: only traces of one and the same object count there.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from typing import Any, Callable, List, Optional

from tuimon import events

TOLD_SINGLY = 50
"""Up to this many traces of a function each one is told, from then on every 50th."""

RECENT = 10


def install(module: Any, fit: Callable[[], Optional[int]], emit: Callable[[events.FunctionTraced], Any]) -> None:
    """Watch the functions of `module`, TensorFlow's `polymorphic_function` (both versions), once it has been loaded.

    `fit` names the fit that is running now (None: nothing is told), `emit` takes the event; both are called on the
    thread that traced.
    """
    manager = module._frequent_tracing_detector_manager
    if getattr(type(manager), "_tuimon", False):
        return
    counts = Counts()
    original = type(manager).called_with_tracing

    def called_with_tracing(self: Any, key: Any, function: Any, *rest: Any, **named: Any) -> Any:
        told = original(self, key, function, *rest, **named)
        try:
            number = fit()
            # A function traced inside another one's trace is part of that trace.
            if sys.modules["tensorflow.python.eager.context"].executing_eagerly():
                event = counts.traced(key, function, self._detectors.get(key), number)
                if event is not None:
                    emit(event)
        except Exception:
            # Whatever went wrong here is the monitor's trouble and must not end a training.
            pass
        return told

    type(manager).called_with_tracing = called_with_tracing
    type(manager)._tuimon = True


class Counts:
    """How often each function has been traced. Functions are held weakly."""

    def __init__(self) -> None:
        self._traces: "weakref.WeakKeyDictionary[Any, int]" = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def traced(self, key: Any, function: Any, detector: Any, fit: Optional[int]) -> Optional[events.FunctionTraced]:
        """Count a trace; the event when it is worth telling.

        `key` is the function's code, `detector` TensorFlow's own count of the recent calls of that code.
        """
        owner = function if _made_by_keras(key) else key
        with self._lock:
            traces = self._traces[owner] = self._traces.get(owner, 0) + 1
        if fit is None or traces < 2 or (traces > TOLD_SINGLY and traces % TOLD_SINGLY):
            return None
        segments = getattr(detector, "_calls_per_tracings", None)

        return events.FunctionTraced(
            fit=fit,
            function=_name(function),
            site=_site(key),
            traces=traces,
            calls=getattr(detector, "_call_count", None),
            recent=None if segments is None else min(_recent(segments), traces),
        )


def _recent(segments: List[int]) -> int:
    """Traces among the last 10 calls, this one included. TensorFlow keeps the calls from each trace to the next."""
    calls = traces = 0
    for segment in reversed(segments):
        calls += segment
        if calls > RECENT:
            break
        traces += 1
    return traces


def _made_by_keras(code: Any) -> bool:
    path = getattr(code, "co_filename", "").replace(os.sep, "/")
    return "/keras/src/" in path or "/tf_keras/" in path


def _name(function: Any) -> str:
    return str(getattr(function, "__qualname__", None) or getattr(function, "__name__", "?"))


def _site(code: Any) -> str:
    path = getattr(code, "co_filename", "")
    return "{}:{}".format(path, code.co_firstlineno) if path else ""
