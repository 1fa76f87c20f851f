"""A run of a process that was started without tuimon: a supervisor beside it, from now on."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tuimon import clock
from tuimon.errors import UsageError
from tuimon.runs import RunDirectory
from tuimon.supervisor import daemon
from tuimon.supervisor.child import Child
from tuimon.supervisor.output import Output
from tuimon.supervisor.printed import Printed
from tuimon.supervisor.samplers import Sampler
from tuimon.supervisor.samplers.wait import WaitSampler
from tuimon.supervisor.start import Plan, record_start


@dataclass(frozen=True)
class Target:
    """The process, and what it prints to where these are files that can be read."""

    pid: int
    cwd: Path
    executable: str
    stdout: Path | None = None
    stderr: Path | None = None
    read_printed: bool = False  # progress is to be read from what it prints: no agent tells it


def join(directory: RunDirectory, target: Target, plan: Plan) -> None:
    """Start a supervisor for a process that runs. Returns once it listens. Raises TuimonError."""
    daemon.detach(directory, lambda ready: _supervise(directory, target, plan, ready))


def _supervise(directory: RunDirectory, target: Target, plan: Plan, ready: Callable[[], None]) -> None:
    clock.begin()
    loop = daemon.begin(directory)
    script = Child(target.pid, own=False)
    if script.started is None:
        raise UsageError(f"process {target.pid} has ended")
    listening = daemon.listen(loop, directory)
    record_start(loop.recorder.record, directory, plan, target.cwd, adopted=True)
    link_output(directory, target)
    daemon.script_started(
        loop,
        script,
        listening,
        target.executable,
        injected=plan.source == "attach" and not target.read_printed,
        read_printed=target.read_printed,
    )
    daemon.close_inherited()
    daemon.lift_limits()
    ready()
    os.chdir("/")
    loop.run(script, listening, target.cwd, output_of(directory), plan.interval, outside(directory))


def link_output(directory: RunDirectory, target: Target) -> None:
    """Let the run's output files stand for the process's own; two streams in one file are shown once."""
    both = target.stdout is not None and target.stderr is not None and target.stdout.samefile(target.stderr)
    for path, printed in ((directory.stdout, target.stdout), (directory.stderr, None if both else target.stderr)):
        if printed is not None:
            path.symlink_to(printed)
        else:
            path.touch(mode=0o600)


def outside(directory: RunDirectory, history: bool = True) -> list[Sampler]:
    """What looks at a process that no agent is in."""
    summary = directory.read()
    if not summary.read_printed or summary.pid is None:
        return []
    return [Printed(directory.stdout, summary.pid, history), WaitSampler(summary.pid)]


def output_of(directory: RunDirectory) -> Output:
    """What is printed from now on."""
    try:
        return Output(directory, directory.stdout.stat().st_size)
    except OSError:
        return Output(directory)
