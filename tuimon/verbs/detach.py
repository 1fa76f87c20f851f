"""`tuimon detach`: let go of a process that was joined."""

from __future__ import annotations

import argparse
import sys
import time

from tuimon.clean import line
from tuimon.errors import TuimonError, UsageError
from tuimon.verbs.options import Subparsers, add_log_dir

DESCRIPTION = """Let go of a training that `tuimon attach PID` has joined: tuimon's agent goes quiet in it, and nothing
more is recorded. The training goes on. `tuimon attach` comes back to it."""

PATIENCE = 15.0
"""Seconds for the agent to answer."""


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("detach", help="let go of a process that was joined", description=DESCRIPTION)
    parser.add_argument("run", metavar="RUN", help="its id or name, or the beginning of either")
    add_log_dir(parser)
    parser.set_defaults(verb=run)


def run(args: argparse.Namespace) -> int:
    from tuimon import events, runs
    from tuimon.control import Control
    from tuimon.verbs.options import settings_of

    directory = runs.find(runs.home(settings_of(args)["log-dir"]), args.run)
    directory.check_own("only that user can let go of it")
    summary = directory.read()
    if not (summary.injected or summary.read_printed):
        raise UsageError(f"{directory.id} was started by tuimon", "`q` leaves its screen; the run goes on")
    if not directory.supervised():
        raise UsageError(f"nobody records {directory.id}")
    control = Control(directory, "detach")
    control.ask(events.DetachRequested())
    control.close()
    deadline = time.monotonic() + PATIENCE
    while directory.supervised():
        if time.monotonic() > deadline:
            raise TuimonError("the process does not answer", "it may be busy; it is let go when it answers")
        time.sleep(0.05)
    back = f"come back with `tuimon attach {line(directory.id)}`"
    print(f"tuimon: process {summary.pid} is let go; {back}", file=sys.stderr)
    return 0
