"""Warnings of Keras and TensorFlow that rules care about, seen on their way to wherever the program shows them."""

from __future__ import annotations

import logging
import re
import warnings
from typing import Any, Set

from tuimon import events
from tuimon.agent import calls, guard
from tuimon.agent.outbox import outbox

MOST = 100
"""Different warnings that are told in one process."""

_TELLING = re.compile(
    r"ran out of data|interrupting training|Limiting (epochs|steps)|Gradients do not exist|any trainable weights"
    r"|retracing|is slow compared to|incompatible shapes|from_logits|softmax|will run indefinitely|empty"
    r"|allocation of .* exceeds|overflow|invalid value|out of memory",
    re.IGNORECASE,
)

_told: Set[str] = set()
_installed = False


def install() -> None:
    """Look at what `warnings` shows and what TensorFlow logs, once."""
    global _installed
    if _installed:
        return
    _installed = True
    show = getattr(warnings, "_showwarnmsg", None)
    if show is not None:

        def _showwarnmsg(message: Any) -> None:
            guard.run("warnings", _seen, message.category.__name__, str(message.message))
            show(message)

        warnings._showwarnmsg = _showwarnmsg  # type: ignore[attr-defined]
    logging.getLogger("tensorflow").addFilter(_logged)
    logging.getLogger("absl").addFilter(_logged)


def _logged(record: logging.LogRecord) -> bool:
    if record.levelno >= logging.WARNING:
        guard.run("log", lambda: _seen(record.levelname, record.getMessage()))
    return True


def _seen(category: str, text: str) -> None:
    if not _TELLING.search(text) or text in _told or len(_told) >= MOST:
        return
    _told.add(text)
    call = calls.current()
    outbox.put(
        events.WarningSeen(fit=call.number if call is not None else None, category=category, message=text[:2000])
    )
