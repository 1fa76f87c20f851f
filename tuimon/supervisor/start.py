"""A new run: its supervisor listens, then starts the script."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tuimon import clock, events
from tuimon.errors import UsageError, advice
from tuimon.runs import RunDirectory, boot_id, working_directory
from tuimon.supervisor import child, daemon
from tuimon.supervisor.output import Output


@dataclass(frozen=True)
class Plan:
    """What to run. `settings` go to the journal as they are."""

    command: list[str]
    name: str = ""
    dataset_size: int | None = None
    interval: float = 1.0
    settings: dict[str, Any] = field(default_factory=dict)
    source: str = "run"


def start(directory: RunDirectory, plan: Plan) -> None:
    """Start the run under a supervisor of its own. Returns once the script runs. Raises TuimonError."""
    daemon.detach(directory, lambda ready: _supervise(directory, plan, ready))


def _supervise(directory: RunDirectory, plan: Plan, ready: Callable[[], None]) -> None:
    cwd = Path(working_directory())
    clock.begin()
    loop = daemon.begin(directory)
    listening = daemon.listen(loop, directory)
    record_start(loop.recorder.record, directory, plan, cwd)
    output = Output(directory)
    try:
        script = child.start(plan.command, environment(directory, listening.path, os.environ), directory)
    except OSError as error:
        listening.close()
        what = f"cannot start {plan.command[0]}: {error.strerror}"
        raise UsageError(what, advice(error, "is it there, and executable?")) from None
    daemon.script_started(loop, script, listening, plan.command[0])
    output.keep_ahead()
    daemon.close_inherited()
    daemon.lift_limits()
    ready()
    os.chdir("/")
    loop.run(script, listening, cwd, output, plan.interval)


def record_start(
    record: Callable[[events.Event], None], directory: RunDirectory, plan: Plan, cwd: Path, adopted: bool = False
) -> None:
    """The first events of a journal."""
    now = directory.read().started_at
    record(events.JournalOpened(at=now, schema=events.SCHEMA_VERSION, tuimon=_version(), run=directory.id))
    record(
        events.RunStarted(
            at=now,
            run=directory.id,
            name=plan.name,
            command=plan.command,
            cwd=str(cwd),
            host=socket.gethostname(),
            user=_user(),
            boot=boot_id(),
            dataset_size=plan.dataset_size,
            settings=plan.settings,
            source=plan.source,
        )
    )
    record(daemon.supervisor_started(adopted))


def environment(directory: RunDirectory, listening: Path, base: Mapping[str, str]) -> dict[str, str]:
    """The script's environment: ours, and what brings the agent in and tells it where to report."""
    ours = str(daemon.inject_path())
    given = base["PYTHONPATH"].split(os.pathsep) if base.get("PYTHONPATH") else []
    path = [ours, *(entry for entry in given if entry != ours)]
    return {
        **base,
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join(path),
        "TUIMON_RUN": directory.id,
        "TUIMON_SOCKET": str(listening),
        "TUIMON_SPOOL": str(directory.spool),
        "TUIMON_SUPERVISOR": str(os.getpid()),
        clock.VARIABLE: clock.text(),
    }


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.geteuid())


def _version() -> str:
    from tuimon import __version__

    return __version__
