"""Carries out what clients ask of the run, and answers."""

from __future__ import annotations

import dataclasses
import signal

from tuimon import events, wire
from tuimon.supervisor.child import Child
from tuimon.supervisor.ingest import Connection, Ingest

FOR_AGENTS = (events.EpochStopRequested, events.StacksRequested, events.WeightsRequested)


def asked_by(request: events.Request, connection: Connection, host: str) -> events.Request:
    """The request with who asked, as the kernel knows it, before what the client says of itself."""
    client = f"{request.by}, pid {connection.pid}" if request.by else f"pid {connection.pid}"
    return dataclasses.replace(request, by=f"{connection.user}@{host} ({client})")


def carry_out(request: events.Request, child: Child, ingest: Ingest, now: float) -> events.RequestAnswered | None:
    """Do it. The answer; None where an agent gives it."""
    if isinstance(request, events.SignalRequested):
        return _signal(request, child, now)
    if not isinstance(request, FOR_AGENTS):
        return _answer(request, now, False, "this version does not know such a request")
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
