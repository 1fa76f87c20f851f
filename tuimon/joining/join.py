"""From a process that runs to a run: its directory, a supervisor beside it, and the agent in it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import psutil

from tuimon import events, journal, runs, supervisor
from tuimon.errors import TuimonError, UsageError
from tuimon.joining import inject, loader
from tuimon.joining.printed import output_of
from tuimon.runs import RunDirectory

KICK = 2.0
"""Seconds after which a main thread that has not run the agent's loader is woken up, should it wait for something."""

LIMIT = 10.0
"""Seconds after which the agent is said to be on its way still."""


def run_of(where: Path, pid: int) -> RunDirectory | None:
    """The run that goes on of which this process is the script."""
    for directory in runs.every(where):
        if directory.read().pid == pid and directory.child_alive():
            return directory
    return None


def begin(where: Path, pid: int, *, read_printed: bool, source: str = "attach", **known: Any) -> RunDirectory:
    """A run of this process, with a supervisor. `known` are members of `supervisor.Plan`. Raises TuimonError.

    With `read_printed`, its progress is read from what it prints: nobody else will tell it.
    """
    target, command = _target(pid, read_printed)
    directory = runs.create(where, _name(where, command, pid), command=command, cwd=str(target.cwd))
    try:
        supervisor.join(directory, target, supervisor.Plan(command, directory.read().name, source=source, **known))
    except TuimonError:
        shutil.rmtree(directory.path, ignore_errors=True)
        raise
    return directory


def give_up(directory: RunDirectory) -> None:
    """As if the run had never begun; the process is left alone."""
    supervisor_pid = directory.read().supervisor_pid
    deadline = time.monotonic() + LIMIT
    while supervisor_pid and directory.supervised() and time.monotonic() < deadline:
        with contextlib.suppress(ProcessLookupError):
            os.kill(supervisor_pid, signal.SIGTERM)
        time.sleep(0.05)
    shutil.rmtree(directory.path, ignore_errors=True)


def _target(pid: int, read_printed: bool) -> tuple[supervisor.Target, list[str]]:
    try:
        process = psutil.Process(pid)
        command, cwd, executable = process.cmdline(), Path(process.cwd()), process.exe()
    except psutil.NoSuchProcess:
        raise UsageError(f"there is no process {pid}", "`tuimon attach` lists what can be joined") from None
    except psutil.AccessDenied:
        raise UsageError(f"process {pid} is another user's", "join it as that user") from None
    return supervisor.Target(pid, cwd, executable, output_of(pid, 1), output_of(pid, 2), read_printed), command


def _name(where: Path, command: list[str], pid: int) -> str:
    """After the script or the module, if there is one."""
    script = next((Path(part).stem for part in command[1:] if part.endswith(".py")), "")
    if not script and "-m" in command[1:-1]:
        script = command[command.index("-m") + 1]
    script = re.sub(r"[^\w.=@-]", "", script)[:60]
    taken = {name for each in runs.every(where) for name in (each.id, each.read().name)}
    return next((name for name in (script, f"{script}-{pid}") if script and name not in taken), "")


def bring_agent_in(directory: RunDirectory) -> bool:
    """Load the agent into the run's process, or have the one that is there report again.

    False when it is on its way: the process will run it when what it is busy with is over. Raises Refused.
    """
    summary = directory.read()
    assert summary.pid is not None
    given = {
        "TUIMON_SOCKET": summary.socket,
        "TUIMON_SPOOL": str(directory.spool),
        "TUIMON_RUN": directory.id,
    }
    debug = os.environ.get("TUIMON_DEBUG")
    text = loader.code({**given, **({"TUIMON_DEBUG": debug} if debug else {})})
    heard = _Heard(directory, summary.pid)
    inject.run_in(summary.pid, text)
    if heard.within(KICK):
        return True
    if not directory.child_alive():
        raise TuimonError(f"process {summary.pid} has ended meanwhile", f"`tuimon attach {directory.id}` shows it")
    inject.run_in(summary.pid, text, kick=True)
    return heard.within(LIMIT - KICK)


class _Heard:
    """Waits for an event of the agent in the run's journal."""

    def __init__(self, directory: RunDirectory, pid: int) -> None:
        self._tail = journal.Tail(directory.journal)
        self._tail.take()
        self._directory = directory
        self._pid = pid

    def within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._directory.child_alive():
            for event in self._tail.take():
                if isinstance(event, events.AgentFailed) and event.hook == "join":
                    raise TuimonError(f"the agent did not start: {event.error}")
                if isinstance(event, events.AgentEvent) and event.pid == self._pid:
                    return True
            time.sleep(0.02)
        return False
