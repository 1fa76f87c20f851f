"""How this process ends: exceptions that nobody caught, threads that died of one, the exit in good order.

Nothing is swallowed, and what the program prints stays as it is: the hooks of before are called with the traceback as
it reads without the agent.
"""

from __future__ import annotations

import _thread
import os
import re
import sys
import threading
import time
import traceback
from typing import Any, List, Optional

from tuimon import agent, events
from tuimon.agent import calls, guard
from tuimon.agent.outbox import outbox

LONGEST = 16 * 1024
"""Bytes of a traceback that are kept, from its end."""

_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep
_OP = re.compile(r"\[\[\{\{node ([^}]+)\}\}\]\]|\[Op:(\w+)\]|(?:function_node|node) '?(\S+?)'?[ \n\]]")

_installed = False
_told: Optional[int] = None
_began = time.perf_counter()


def install() -> None:
    """Watch how this process ends, once."""
    global _installed
    if _installed:
        return
    _installed = True
    outbox.before_end.append(_exiting)
    sys.excepthook = _around(sys.excepthook)
    _watch_threads()


def raised(error: BaseException, where: str, call: Optional[calls.Call]) -> None:
    """Queue `ExceptionRaised`. Exits, interrupts and the ends of generators are no failures of a fit."""
    if where == "fit" and isinstance(error, (SystemExit, GeneratorExit)):
        return
    outbox.put(
        events.ExceptionRaised(
            fit=call.number if call is not None else None,
            where=where,
            type=type(error).__name__,
            message=_text_of(error)[:4000],
            traceback=_traceback(error)[-LONGEST:],
            site=_site(error, call),
            op=_op(_text_of(error)),
            causes=_causes(error),
        )
    )


def strip(error: Optional[BaseException]) -> None:
    """Take the agent's frames out of the tracebacks of the exception and of those that it came from."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        error.__traceback__ = _without_ours(error.__traceback__)
        error = error.__cause__ or error.__context__


def _without_ours(entry: Any) -> Any:
    while entry is not None and _ours(entry):
        entry = entry.tb_next
    kept = entry
    while entry is not None:
        following = entry.tb_next
        while following is not None and _ours(following):
            following = following.tb_next
        if following is not entry.tb_next:
            entry.tb_next = following
        entry = following
    return kept


def _ours(entry: Any) -> bool:
    return bool(entry.tb_frame.f_code.co_filename.startswith(_OWN))


def _around(original: Any) -> Any:
    def excepthook(kind: Any, error: Any, trace: Any) -> None:
        guard.run("excepthook", uncaught, error)
        original(kind, error, error.__traceback__ if error is not None else trace)

    return excepthook


def uncaught(error: BaseException) -> None:
    """Tell of an exception that leaves the program, once. Where nothing trained yet, of the script's process alone."""
    global _told
    if _told == id(error):
        return
    _told = id(error)
    strip(error)
    if (outbox.started or _is_the_script()) and outbox.pid == os.getpid():
        calls.end_those_over(_thread.get_ident(), error)
        raised(error, "script", None)
        outbox.flush(0.5)


def _is_the_script() -> bool:
    """Whether this is what the supervisor started, and not a program that the script runs."""
    return str(os.getppid()) == agent.setting("TUIMON_SUPERVISOR")


def _watch_threads() -> None:
    original = threading.excepthook

    def excepthook(args: Any) -> None:
        guard.run("thread excepthook", _died, args)
        original(args)

    threading.excepthook = excepthook


def _died(args: Any) -> None:
    error = args.exc_value
    if error is not None and not isinstance(error, SystemExit):
        strip(error)
        raised(error, "thread", None)


def _exiting() -> None:
    for call in calls.open_loops():
        call.end(None)
    outbox.put(events.AgentEnded(seconds=time.perf_counter() - _began))


def _traceback(error: BaseException) -> str:
    kept = traceback.TracebackException(type(error), error, _without_ours(error.__traceback__))
    return "".join(kept.format())


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _site(error: BaseException, call: Optional[calls.Call]) -> str:
    """The innermost frame that is neither a library's nor ours."""
    site = call.site if call is not None else ""
    for frame, number in traceback.walk_tb(error.__traceback__):
        path = frame.f_code.co_filename
        if not path.startswith((_OWN, "<")) and "site-packages" not in path and not path.startswith(sys.prefix):
            site = "%s:%d" % (path, number)
    return site


def _op(message: str) -> str:
    found = _OP.search(message)
    return next((group for group in found.groups() if group), "") if found else ""


def _causes(error: BaseException) -> List[str]:
    causes: List[str] = []
    while len(causes) < 10:
        before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if before is None:
            break
        causes.append(type(before).__name__)
        error = before
    return causes
