"""`tuimon send`: the far side of `tuimon attach user@host`, started through ssh. Nobody types it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tuimon.errors import TuimonError
from tuimon.verbs.options import Subparsers, add_log_dir

if TYPE_CHECKING:
    from tuimon.runs import RunDirectory

DESCRIPTION = """Write a run's files to standard output, and what is added to them, for a `tuimon attach user@host` on
another machine."""


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("send", description=DESCRIPTION)
    parser.add_argument("run", metavar="RUN", help="a run's id or name; empty: the one that is going on, else the last")
    parser.add_argument("--readonly", action="store_true", help="hand on no requests")
    add_log_dir(parser)
    parser.set_defaults(verb=run)


def run(args: argparse.Namespace) -> int:
    from tuimon import runs
    from tuimon.remote.sending import Sender
    from tuimon.tui.rescue import Rescue
    from tuimon.verbs.attach import take_over

    if sys.stdout.isatty():
        raise TuimonError("a run's files are not for a terminal", "`tuimon attach` shows them")
    where = runs.home(args.log_dir)
    directory = runs.find(where, args.run) if args.run else _current(where)
    if not args.readonly:
        take_over(directory)
    Sender(directory, args.readonly, Rescue(directory, only_say=args.readonly).look).run()
    return 0


def _current(where: Path) -> RunDirectory:
    """The only run that is going on, else the one that began last."""
    from tuimon import runs

    going_on = [each for each in runs.every(where) if each.status() == "running"]
    return going_on[0] if len(going_on) == 1 else runs.newest(where)
