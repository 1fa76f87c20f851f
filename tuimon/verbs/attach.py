"""`tuimon attach`: back to a run, with its whole history."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tuimon.errors import TuimonError, UsageError
from tuimon.verbs.options import Subparsers, add_log_dir, add_report, add_screen, screen_options, settings_of

if TYPE_CHECKING:
    from tuimon.runs import RunDirectory
    from tuimon.settings import Settings

DESCRIPTION = """Show a run that is going on or is over, with its whole history. Where its supervisor died, a new one
takes over. Without RUN: the only one that is going on, else a list of what can be attached to."""


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("attach", help="come back to a run", description=DESCRIPTION)
    parser.add_argument("run", nargs="?", metavar="RUN", help="its id or name, or the beginning of either")
    parser.add_argument("--last", action="store_true", help="the run that began last")
    add_log_dir(parser)
    parser.add_argument("--headless", action="store_true", help="plain lines instead of a screen")
    add_report(parser)
    parser.add_argument("--readonly", action="store_true", help="a screen that cannot ask anything of the run")
    add_screen(parser)
    parser.set_defaults(verb=run)


def run(args: argparse.Namespace) -> int:
    from tuimon import runs
    from tuimon.headless import has_screen
    from tuimon.verbs.run import check_report

    check_report(args.json)
    settings = settings_of(args)
    where = runs.home(settings["log-dir"])
    directory = _chosen(args, where)
    if directory is None:
        return 2
    if directory.elsewhere() is None:
        _take_over(directory)
    if has_screen() and not args.headless and args.json != "-":
        return _screen(directory, args, settings)
    return _headless(directory, args, settings)


def _take_over(directory: RunDirectory) -> None:
    """Put a supervisor where one died."""
    from tuimon import supervisor

    try:
        if supervisor.needed(directory):
            supervisor.adopt(directory)
        supervisor.settle(directory)
    except TuimonError:
        if not directory.supervised():  # nobody else was quicker
            raise


def _chosen(args: argparse.Namespace, where: Path) -> RunDirectory | None:
    """The run meant; None after a list of those that could be meant."""
    from tuimon import digest, runs

    if args.run and args.last:
        raise UsageError("a RUN and --last name two runs", "give one of them")
    if args.run:
        return runs.find(where, args.run)
    if args.last:
        return runs.newest(where)
    listed = runs.every(where)
    going_on = [directory for directory in listed if directory.status() == "running"]
    if len(going_on) == 1:
        return going_on[0]
    if not listed:
        raise UsageError(f"no runs in {where} yet", "start one with `tuimon run train.py`")
    print(digest.table([digest.entry(directory) for directory in listed[:20]]))
    which = "several runs are going on" if going_on else "no run is going on"
    print(f"tuimon: {which}; say which one: `tuimon attach RUN`, or `tuimon attach --last`", file=sys.stderr)
    return None


def _screen(directory: RunDirectory, args: argparse.Namespace, settings: Settings) -> int:
    from tuimon import headless
    from tuimon.verbs.screen import ended, show

    show(directory, readonly=args.readonly, **screen_options(args))
    watched = ended(directory)
    if watched is None:
        return 0
    if args.json:
        headless.write_report(watched, args.json)
    return headless.FAILED_ON if headless.stands(watched.findings, settings["fail-on"]) else 0


def _headless(directory: RunDirectory, args: argparse.Namespace, settings: Settings) -> int:
    """Until the run ends, or a signal says to leave: the run goes on then."""
    from tuimon import headless
    from tuimon.control import Control
    from tuimon.follow import Follow
    from tuimon.passthrough import Passthrough

    control = Control(directory, "headless", readonly=True)
    control.greet()
    output = Passthrough(directory, out=2 if args.json == "-" else 1, history=False)
    with headless.caught() as came:
        watched = headless.watch(Follow(directory), output, lambda run: not came)
    control.close()
    if args.json:
        headless.write_report(watched, args.json)
    if came and watched.run.ended_at is None:
        return 128 + came[0]
    return headless.exit_status(watched.run, watched.findings, settings["fail-on"])
