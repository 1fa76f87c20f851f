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
from tuimon.vouching import vouched

KICK = 2.0
"""Seconds after which a main thread that has not run the agent's loader is woken up, should it wait for something."""

LIMIT = 10.0
"""Seconds after which the agent is said to be on its way still."""


def run_of(where: Path, pid: int) -> RunDirectory | None:
    """The run that goes on of which this process is the script, or what its script has left."""
    for directory in runs.every(where):
        named = (directory.read().pid == pid and directory.child_alive()) or pid in directory.remaining()
        if named and (directory.supervised() or vouched(directory)):
            return directory
    return None


def begin(
    where: Path, pid: int, *, read_printed: bool, source: str = "attach", name: str = "", **known: Any
) -> RunDirectory:
    """A run of this process, with a supervisor. `known` are members of `supervisor.Plan`. Raises TuimonError.

    Where no name is given, the script's is taken.
    With `read_printed`, its progress is read from what it prints: nobody else will tell it.
    """
    target, command = _target(pid, read_printed)
    directory = runs.create(where, _free(where, name or _name(command), pid), command=command, cwd=str(target.cwd))
    try:
        supervisor.join(directory, target, supervisor.Plan(command, directory.read().name, source=source, **known))
    except TuimonError:
        shutil.rmtree(directory.path, ignore_errors=True)
        raise
    return directory


def watch(pid: int, name: str) -> dict[str, str]:
    """Begin a run for a process that asks for it itself; what its agent is to be told."""
    from tuimon.settings import load

    settings = load(None, {})
    where = runs.home(settings["log-dir"])
    known = {"interval": settings["interval"], "settings": settings.facts()}
    return given(begin(where, pid, read_printed=False, source="watch", name=name, **known))


def given(directory: RunDirectory) -> dict[str, str]:
    """Where the agent of the run is to report."""
    return {
        "TUIMON_SOCKET": directory.read().socket,
        "TUIMON_SPOOL": str(directory.spool),
        "TUIMON_RUN": directory.id,
        "TUIMON_CLOCK": directory.read().clock,
    }


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
        user = process.username() if process.uids().effective != os.geteuid() else ""
    except psutil.NoSuchProcess:
        raise UsageError(f"there is no process {pid}", "`tuimon attach` lists what can be joined") from None
    except psutil.AccessDenied:
        raise UsageError(f"process {pid} is another user's", "join it as that user") from None
    if user and not read_printed:  # it could not reach this user's supervisor, and had no reason to trust it
        raise UsageError(f"process {pid} is user {user}'s", "join it as that user, or say --no-inject")
    return supervisor.Target(pid, cwd, executable, output_of(pid, 1), output_of(pid, 2), read_printed), command


def _name(command: list[str]) -> str:
    """After the script or the module, if there is one."""
    script = next((Path(part).stem for part in command[1:] if part.endswith(".py")), "")
    if not script and "-m" in command[1:-1]:
        script = command[command.index("-m") + 1]
    return re.sub(r"[^\w.=@-]", "", script)[:60]


def _free(where: Path, name: str, pid: int) -> str:
    """The name, or one like it where it is taken."""
    taken = {known for each in runs.every(where) for known in (each.id, each.read().name)}
    return next((each for each in (name, f"{name}-{pid}") if name and each not in taken), "")


def bring_agent_in(directory: RunDirectory) -> bool:
    """Load the agent into the run's process, or have the one that is there report again.

    False when it is on its way: the process will run it when what it is busy with is over. Raises Refused.
    """
    heard = _Heard(directory)
    call_agent(directory)
    if heard.within(KICK):
        return True
    if not directory.child_alive():
        raise TuimonError("the process has ended meanwhile", f"`tuimon attach {directory.id}` shows it")
    call_agent(directory, kick=True)
    return heard.within(LIMIT - KICK)


def call_agent(directory: RunDirectory, kick: bool = False) -> None:
    """Have the process run the agent's loader, without waiting for it. Raises Refused."""
    pid = directory.read().pid
    assert pid is not None
    debug = os.environ.get("TUIMON_DEBUG")
    text = loader.code({**given(directory), **({"TUIMON_DEBUG": debug} if debug else {})})
    inject.run_in(pid, text, kick)


class _Heard:
    """Waits for an event of the agent in the run's journal."""

    def __init__(self, directory: RunDirectory) -> None:
        self._tail = journal.Tail(directory.journal)
        self._tail.take()
        self._directory = directory
        self._pid = directory.read().pid

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
