"""A run whose supervisor died: a new one takes the lock and the socket, and folds in what agents kept meanwhile."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from tuimon import clock, events, ownership, wire
from tuimon.runs import RunDirectory, Summary, boot_id
from tuimon.supervisor import daemon, join, spool
from tuimon.supervisor.child import Child
from tuimon.supervisor.loop import Loop
from tuimon.supervisor.output import Output
from tuimon.vouching import vouched

TAIL = 1 << 16


def needed(directory: RunDirectory) -> bool:
    """The script of a run of this user's runs, or what it has left trains on, and nobody supervises it. Processes that
    only a directory from elsewhere calls its own are left alone."""
    if directory.owner or directory.elsewhere() or directory.supervised():
        return False
    return (directory.child_alive() or bool(directory.remaining())) and vouched(directory)


def adopt(directory: RunDirectory, interval: float = 1.0) -> None:
    """Start a supervisor for a script that runs without one. Returns once it listens. Raises TuimonError."""
    daemon.detach(directory, lambda ready: _supervise(directory, interval, ready))


def _supervise(directory: RunDirectory, interval: float, ready: Callable[[], None]) -> None:
    summary = directory.read()
    _carry_on(summary)
    loop = daemon.begin(directory)
    assert summary.pid is not None
    script = Child(summary.pid, own=False) if directory.child_alive() else None
    listening = daemon.listen(loop, directory)
    _take_over(loop, directory)
    loop.upkeep.update(supervisor_pid=os.getpid(), socket=str(listening.path))
    daemon.close_inherited()
    daemon.lift_limits()
    ready()
    os.chdir("/")
    output = Output(directory, _size(directory.stdout))
    if script is None and summary.ended_at is None:
        _script_ended(loop, directory)
    if script is None:
        loop.run_on(listening, Path(summary.cwd), output, interval)
    else:
        loop.run(script, listening, Path(summary.cwd), output, interval, join.outside(directory, history=False))


def _script_ended(loop: Loop, directory: RunDirectory) -> None:
    """When nobody was watching."""
    ended = events.ChildEnded(at=clock.now(), pid=directory.read().pid or 0)
    loop.upkeep.update(status="finished", ended_at=ended.at)
    loop.recorder.record(ended)


def _carry_on(summary: Summary) -> None:
    """The time line of the run, where that is of this boot."""
    if summary.boot != boot_id() or not clock.carry_on(summary.clock):
        clock.begin()


def _take_over(loop: Loop, directory: RunDirectory) -> None:
    since, now = last_recorded(directory), clock.now()
    loop.recorder.record(daemon.supervisor_started(adopted=True))
    if since is not None:
        reason = "no supervisor was alive"
        loop.recorder.record(events.GapRecorded(at=now, what="host", since=since, until=now, reason=reason))
    for event, line in spool.fold(directory):
        loop.recorder.record(event, line)


def settle(directory: RunDirectory) -> None:
    """Fold in what agents kept of a run in which nobody is alive any more, and record its end where they told it."""
    summary = directory.read()
    if directory.owner or directory.elsewhere() or directory.supervised() or directory.child_alive():
        return
    if directory.spools():
        daemon.detach(directory, lambda ready: _settle(directory, summary, ready))


def _settle(directory: RunDirectory, summary: Summary, ready: Callable[[], None]) -> None:
    loop = daemon.begin(directory)
    since, ended_at = last_recorded(directory), None
    for event, line in spool.fold(directory):
        loop.recorder.record(event, line)
        if isinstance(event, events.AgentEnded) and event.pid == summary.pid and summary.ended_at is None:
            ended_at = event.at
    newest = loop.recorder.newest
    if since is not None:
        reason = "no supervisor was alive"
        loop.recorder.record(events.GapRecorded(at=newest, what="host", since=since, until=newest, reason=reason))
    if ended_at is not None:
        loop.recorder.record(events.ChildEnded(at=ended_at, pid=summary.pid or 0))
        loop.upkeep.update(status="finished", ended_at=ended_at)
    loop.recorder.close(newest)
    ready()


def last_recorded(directory: RunDirectory) -> float | None:
    """Time of the newest event among the last of the journal; None when there is none."""
    try:
        end = ownership.read_end(directory.journal, TAIL)
    except OSError:
        return None
    newest = None
    for line in end.split(b"\n"):
        with contextlib.suppress(ValueError, TypeError, RecursionError):
            at = wire.decode(line).at
            newest = at if newest is None else max(newest, at)
    return newest


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
