"""What the user can ask of a run, and how it is said before it is done."""

from __future__ import annotations

import getpass
import signal
import socket
import uuid
from collections.abc import Callable
from typing import NamedTuple

from tuimon import events


class Kind(NamedTuple):
    """`make` gets the request's id and who asks."""

    text: str
    warning: str
    make: Callable[[str, str], events.Request]


INTERRUPT = Kind(
    "interrupt the script",
    "SIGINT, as ctrl-c in its own terminal would send: the script may save and end.",
    lambda id, by: events.SignalRequested(id=id, by=by, signal=signal.SIGINT),
)
TERMINATE = Kind(
    "terminate the script",
    "SIGTERM: most scripts end at once, without saving anything.",
    lambda id, by: events.SignalRequested(id=id, by=by, signal=signal.SIGTERM),
)
KINDS: tuple[Kind, ...] = (
    Kind(
        "stop at the end of this epoch",
        "The epoch is finished, then training stops as `model.stop_training = True` does.",
        lambda id, by: events.EpochStopRequested(id=id, by=by),
    ),
    Kind(
        "save the weights now",
        "Writes a weights file into the run's directory, between two steps.",
        lambda id, by: events.WeightsRequested(id=id, by=by),
    ),
    Kind(
        "dump the stacks of all threads",
        "Shows where every Python thread of the training process is. Changes nothing.",
        lambda id, by: events.StacksRequested(id=id, by=by),
    ),
    INTERRUPT,
    TERMINATE,
)


def made(kind: Kind) -> events.Request:
    """The request, signed with who asks from where."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "?"
    return kind.make(uuid.uuid4().hex[:12], f"{user}@{socket.gethostname()} (screen)")
