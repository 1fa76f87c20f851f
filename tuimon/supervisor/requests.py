"""Carries out what clients ask of the run, and answers."""

from __future__ import annotations

import dataclasses
import signal
import time
from pathlib import Path

from tuimon import events, wire
from tuimon.supervisor.child import Child
from tuimon.supervisor.ingest import Connection, Ingest

FOR_AGENTS = (
    events.EpochStopRequested,
    events.StacksRequested,
    events.WeightsRequested,
    events.DetachRequested,
)


def completed(request: events.Request, connection: Connection, host: str, directory: Path) -> events.Request:
    """The request with who asked, as the kernel knows it, before what the client says of itself, and with a place for
    what it makes."""
    client = f"{request.by}, pid {connection.pid}" if request.by else f"pid {connection.pid}"
    request = dataclasses.replace(request, by=f"{connection.user}@{host} ({client})")
    if isinstance(request, events.WeightsRequested) and not request.path:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(request.at))
        request = dataclasses.replace(request, path=str(directory / f"{stamp}.weights.h5"))
    return request


def carry_out(request: events.Request, child: Child, ingest: Ingest, now: float) -> events.RequestAnswered | None:
    """Do it. The answer; None where an agent gives it."""
    if isinstance(request, events.SignalRequested):
        return _signal(request, child, now)
    if not isinstance(request, FOR_AGENTS):
        return _answer(request, now, False, "this version does not know such a request")
    if isinstance(request, events.DetachRequested) and child.own:
        return _answer(request, now, False, "this run was started by tuimon: its supervisor stays")
    if not ingest.to_agents(wire.encode(request)):
        return _answer(request, now, False, "no training process is connected")
    return None


def _signal(request: events.SignalRequested, child: Child, now: float) -> events.RequestAnswered:
    try:
        name = signal.Signals(request.signal).name
        child.send(request.signal)
    except ValueError:
        return _answer(request, now, False, f"there is no signal {request.signal}")
    except OSError as error:
        return _answer(request, now, False, f"{name}: {error.strerror}")
    return _answer(request, now, True, f"{name} was sent")


def _answer(request: events.Request, now: float, accepted: bool, detail: str) -> events.RequestAnswered:
    return events.RequestAnswered(at=now, request=request.id, accepted=accepted, detail=detail)
