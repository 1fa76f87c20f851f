"""The outermost guard of the agent: a part that raises is off from then on, says so once, and disturbs nobody."""

from __future__ import annotations

import os
from typing import Any, Callable, Set

from tuimon import agent, events

off: Set[str] = set()
"""Parts that raised."""


def run(part: str, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """What the function returns; None when this part is off, or goes off now."""
    if part in off:
        return None
    try:
        return function(*args, **named)
    except Exception as error:
        failed(part, error)
        return None


def failed(part: str, error: BaseException) -> None:
    """Switch the part off and tell the supervisor why."""
    if part in off:
        return
    off.add(part)
    try:
        _log(part, error)
        from tuimon.agent.outbox import outbox

        outbox.put(events.AgentFailed(hook=part, error="%s: %s" % (type(error).__name__, str(error)[:2000])))
    except Exception:
        pass


def forget_frame(error: BaseException) -> None:
    """Take the calling frame out of the traceback: it shall read as it does without the agent.

    Effective when the exception is re-raised by a bare `raise` on Python 3.11 and later; on older ones the frame stays
    in tracebacks that the program prints itself.
    """
    traceback = error.__traceback__
    if traceback is not None:
        error.__traceback__ = traceback.tb_next


def unconverted(function: Any) -> Any:
    """The function, marked so that AutoGraph leaves it alone, as it leaves TensorFlow's and Keras' own."""
    function.autograph_info__ = {}
    return function


def _log(part: str, error: BaseException) -> None:
    path = agent.setting("TUIMON_DEBUG")
    if not path:
        return
    import traceback

    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    with open(path, "a") as file:
        file.write("[%d] %s\n%s\n" % (os.getpid(), part, text))
