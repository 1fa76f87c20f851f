"""What a screen asks of the training process, answered: stop after this epoch, all stacks, weights saved now."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from typing import Any, Callable, Dict, List, Optional, Type

from tuimon import clock, events, wire
from tuimon.agent import calls, guard
from tuimon.agent.outbox import outbox

LONGEST = 256 * 1024
"""Characters of stacks in one answer."""


def install() -> None:
    if take not in outbox.listeners:
        outbox.listeners.append(take)


def take(line: bytes) -> None:
    """One line from the supervisor, on the sender's thread."""
    try:
        request = wire.decode(line)
    except ValueError:
        return
    answer = _ANSWERS.get(type(request))
    if answer is None or not isinstance(request, events.Request):
        return
    try:
        answer(request)
    except Exception as error:
        _reply(request, False, "%s: %s" % (type(error).__name__, error))
        guard.failed("control." + type(request).__name__, error)


def _stop(request: events.Request) -> None:
    recorder = _training()
    if recorder is None:
        _reply(request, False, "no fit is running")
        return
    recorder.stop_asked = True
    _reply(request, True, "training stops when epoch %d has ended" % (recorder.counters.epoch + 1))


def _stacks(request: events.Request) -> None:
    _reply(request, True, "", stacks())


def _weights(request: events.Request) -> None:
    recorder = _training()
    if recorder is None or not isinstance(request, events.WeightsRequested):
        _reply(request, False, "no fit is running")
        return
    path = request.path

    def save() -> None:
        begun = time.perf_counter()
        try:
            recorder.model.save_weights(path)
        except Exception as error:
            _reply(request, False, "%s: %s" % (type(error).__name__, error))
        else:
            _reply(request, True, "%s, in %.2f s" % (path, time.perf_counter() - begun))

    recorder.wish = save


def _detach(request: events.Request) -> None:
    from tuimon.agent import joining

    _reply(request, True, "the agent is quiet from now on")
    joining.leave_soon()


def _training() -> Optional[Any]:
    """The recorder of the innermost fit that trains."""
    fits = [call.recorder for call in calls.running() if call.kind == "fit" and call.recorder is not None]
    return fits[-1] if fits else None


def stacks() -> str:
    """The stacks of all Python threads, the main thread first; works while that is stuck."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    main = threading.main_thread().ident
    mine = threading.get_ident()
    parts: List[str] = []
    for ident, frame in sorted(sys._current_frames().items(), key=lambda item: item[0] != main):
        if ident != mine:
            lines = traceback.format_stack(frame)
            parts.append("Thread %s (%d):\n%s" % (names.get(ident, "without a name"), ident, "".join(lines)))
    return "\n".join(parts)[:LONGEST]


def _reply(request: events.Request, accepted: bool, detail: str, text: str = "") -> None:
    outbox.put(events.RequestAnswered(at=clock.now(), request=request.id, accepted=accepted, detail=detail, text=text))


_ANSWERS: Dict[Type[events.Event], Callable[[events.Request], None]] = {
    events.EpochStopRequested: _stop,
    events.StacksRequested: _stacks,
    events.WeightsRequested: _weights,
    events.DetachRequested: _detach,
}
