"""`tuimon attach`: back to a run, with its whole history; or into a process that was started without tuimon."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuimon.clean import line
from tuimon.errors import TuimonError, UsageError
from tuimon.verbs.options import (
    Subparsers,
    add_log_dir,
    add_report,
    add_screen,
    check_report,
    has_screen,
    screen_options,
    settings_of,
    wants_screen,
)

if TYPE_CHECKING:
    from tuimon.remote.link import Link
    from tuimon.remote.target import Target
    from tuimon.runs import RunDirectory
    from tuimon.settings import Settings
    from tuimon.state import Run

DESCRIPTION = """Show a run that is going on or is over, with its whole history. Where its supervisor died, a new one
takes over. A PID joins a training that was started without tuimon: tuimon's agent is loaded into it, and its earlier
epochs are read from it. USER@HOST is a run on another machine, through your own ssh: the one that is going on there,
else the last. Without any of these: the only run that is going on, else a list of what there is."""


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("attach", help="come back to a run", description=DESCRIPTION)
    parser.add_argument(
        "run",
        nargs="?",
        metavar="RUN|PID|USER@HOST[:RUN]",
        help="a run's id or name, or the beginning of either; or a process; or a run on another machine",
    )
    parser.add_argument("--last", action="store_true", help="the run that began last")
    add_log_dir(parser)
    joining = parser.add_mutually_exclusive_group()
    joining.add_argument("--yes", action="store_true", help="load the agent into a process without asking")
    joining.add_argument("--no-inject", action="store_true", help="only look at a process from outside")
    parser.add_argument("--headless", action="store_true", help="plain lines instead of a screen")
    add_report(parser)
    add_remote(parser)
    parser.add_argument("--readonly", action="store_true", help="a screen that cannot ask anything of the run")
    add_screen(parser)
    parser.set_defaults(verb=run)


def add_remote(parser: argparse.ArgumentParser) -> None:
    """How another machine is reached, and tuimon on it."""
    remote = parser.add_argument_group("on another machine")
    remote.add_argument("--ssh", metavar="COMMAND", default="ssh", help="e.g. 'ssh -p 2222 -J gate' (default: ssh)")
    remote.add_argument(
        "--remote-tuimon", metavar="COMMAND", default="tuimon", help="e.g. '~/venv/bin/tuimon' (default: tuimon)"
    )
    remote.add_argument(
        "--mirror-limit", metavar="SIZE", type=_size, help="of the run's files that are kept here, e.g. 20G (4G)"
    )


def _size(text: str) -> int:
    """Bytes of 500M, 20G or 1T."""
    found = re.fullmatch(r"(\d{1,6})([MGT])(?:i?B)?", text)
    if found is None or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it as 500M, 20G or 1T")
    return int(found[1]) << {"M": 20, "G": 30, "T": 40}[found[2]]


def run(args: argparse.Namespace) -> int:
    from tuimon import runs

    check_report(args.json)
    settings = settings_of(args)
    if (goal := _elsewhere(args)) is not None:
        return _remote(goal, args, settings)
    where = runs.home(settings["log-dir"])
    chosen = _chosen(args, where)
    if chosen is None:
        return 2
    directory = _joined(chosen, args, where, settings) if isinstance(chosen, int) else chosen
    _check_readable(directory)
    if owner := directory.owner:
        args.readonly = True
        whose = f"{line(directory.id)} belongs to user {owner}"
        print(f"tuimon: {whose}: you can read it, and change nothing", file=sys.stderr)
    if directory.elsewhere() is None and not args.readonly:
        take_over(directory)
    if wants_screen(args):
        return _screen(directory, args, settings)
    return _headless(directory, args, settings)


def _check_readable(directory: RunDirectory) -> None:
    """Raises TuimonError where there is no journal, and nobody who would write one."""
    journal = directory.journal
    alive = directory.elsewhere() or directory.supervised() or directory.child_alive() or directory.spools()
    if not alive and not (os.path.lexists(journal) and (not journal.is_file() or journal.stat().st_size)):
        what = "is empty" if os.path.lexists(journal) else "is gone"
        raise TuimonError(f"the journal of {directory.id} {what} ({journal})", f"what is left is in {directory.path}")
    if journal.exists() and not (journal.is_file() and os.access(journal, os.R_OK)):
        what = "you may not read it" if journal.is_file() else "it is no file"
        raise TuimonError(f"{journal}: {what}", "attach as the user whose run it is")


def _elsewhere(args: argparse.Namespace) -> Target | None:
    """The run on another machine that is meant, if one is."""
    if args.last or not set(args.run or "") & {"@", ":"}:
        return None
    from tuimon.remote.target import target

    goal = target(args.run)
    if goal is None:
        return None
    try:
        ssh = tuple(shlex.split(args.ssh))
    except ValueError as error:
        raise UsageError(f"--ssh {args.ssh!r}: {error}") from None
    return goal._replace(ssh=ssh or ("ssh",), tuimon=args.remote_tuimon, readonly=args.readonly)


def _remote(goal: Target, args: argparse.Namespace, settings: Settings) -> int:
    from tuimon.remote.limits import MIRROR
    from tuimon.remote.link import linked

    with linked(goal, args.mirror_limit or MIRROR) as link:
        if wants_screen(args):
            return _screen(link.mirror, args, settings, link)
        link.catch_up()  # what was printed before is not printed again
        return _headless(link.mirror, args, settings, link)


def take_over(directory: RunDirectory) -> None:
    """Put a supervisor where one died, of a run of this user's."""
    ended = directory.read().ended_at is not None and not directory.child_alive() and not directory.spools()
    if directory.owner or directory.supervised() or (ended and not directory.remaining()):
        return
    from tuimon import leftovers, supervisor
    from tuimon.vouching import vouched

    try:
        if supervisor.needed(directory):
            supervisor.adopt(directory)
            _call_agent_back(directory)
        elif directory.child_alive() and not vouched(directory) and not directory.supervised():
            what = f"no supervisor of yours has recorded {line(directory.id)}"
            print(f"tuimon: {what}: process {directory.read().pid}, which it names, is left alone", file=sys.stderr)
        leftovers.clear(directory)
        supervisor.settle(directory)
    except TuimonError:
        if not directory.supervised():  # nobody else was quicker
            raise


def _call_agent_back(directory: RunDirectory) -> None:
    """An agent that was brought in leaves when no supervisor is there for a while."""
    from tuimon.joining import join
    from tuimon.joining.refusal import Refused

    if directory.read().injected:
        try:
            join.call_agent(directory)
        except Refused as error:
            print(f"tuimon: {line(error)}", file=sys.stderr)


def _chosen(args: argparse.Namespace, where: Path) -> RunDirectory | int | None:
    """The run meant, or the process to join; None after a list of what could be meant."""
    from tuimon import runs

    if args.run and args.last:
        raise UsageError("a RUN and --last name two runs", "give one of them")
    if args.run:
        return _process(args.run, where) or runs.find(where, args.run)
    if args.last:
        return runs.newest(where)
    return _offered(args, where)


def _process(text: str, where: Path) -> RunDirectory | int | None:
    """The process with this id, or the run that it is the script of; None where it is no process of a Python."""
    if not text.isdigit() or not Path("/proc", text).exists():
        return None
    from tuimon.joining import join

    return join.run_of(where, int(text)) or int(text)


def _offered(args: argparse.Namespace, where: Path) -> RunDirectory | int | None:
    """What there is to choose from: by arrow keys on a terminal, as a table elsewhere."""
    from tuimon import runs
    from tuimon.joining import offers
    from tuimon.verbs import choose

    listed = runs.every(where)
    going_on = [directory for directory in listed if directory.status() == "running"]
    processes = offers.processes(going_on)
    if len(going_on) == 1 and not processes:
        return going_on[0]
    if not listed and not processes:
        raise UsageError(f"no runs in {where} yet", "start one with `tuimon run train.py`")
    if has_screen() and not args.headless and (going_on or processes):
        heading, choices = offers.lines(going_on, processes)
        return choose.one(choices, "attach to which one?", heading)
    print(offers.table(listed[:20], processes))
    if listed:
        which = "several runs are going on" if len(going_on) > 1 else "no run is going on" if not going_on else ""
        ways = "`tuimon attach RUN`, or `tuimon attach --last`"
    else:
        which, ways = f"no runs in {where} yet, but other processes train", "`tuimon attach PID`"
    print(f"tuimon: {which or 'a run and other processes are going on'}; say which one: {ways}", file=sys.stderr)
    return None


def _joined(pid: int, args: argparse.Namespace, where: Path, settings: Settings) -> RunDirectory:
    """A run of the process, with the agent in it where that may be."""
    from tuimon.joining import inject, join
    from tuimon.joining.refusal import NotAllowed, Refused

    inject.interpreter_of(pid)
    known = {"interval": settings["interval"], "settings": settings.facts()}
    if args.no_inject or not _agreed(pid, args):
        return _from_outside(where, pid, known)
    directory = join.begin(where, pid, read_printed=False, **known)
    try:
        if not join.bring_agent_in(directory):
            print("tuimon: the agent comes in as soon as the operation that runs now is over", file=sys.stderr)
        return directory
    except NotAllowed as error:
        join.give_up(directory)
        print(f"tuimon: {line(error)}; watching from outside", file=sys.stderr)
        return _from_outside(where, pid, known)
    except Refused:
        join.give_up(directory)
        raise


def _from_outside(where: Path, pid: int, known: dict[str, Any]) -> RunDirectory:
    """A run of the process without the agent in it."""
    from tuimon.joining import join
    from tuimon.joining.printed import output_of

    if output_of(pid, 1) is None:
        print(f"tuimon: process {pid} does not print to a file: its progress is not known", file=sys.stderr)
    return join.begin(where, pid, read_printed=True, **known)


def _agreed(pid: int, args: argparse.Namespace) -> bool:
    """Whether code may be run in the process. Without a terminal to ask at, it has to be said before."""
    if args.yes:
        return True
    what = f"joining process {pid} loads tuimon's agent into it"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(what, "say --yes, or --no-inject to look at it from outside only")
    print(f"tuimon: {what}: its main thread is held for about a millisecond, its results stay the same")
    print("tuimon: load it? [y]es, or only look from [o]utside: ", end="", flush=True)
    answer = sys.stdin.readline().strip().lower()
    if answer not in ("y", "yes", "o", "outside"):
        raise UsageError("nothing was done")
    return answer in ("y", "yes")


def _screen(directory: RunDirectory, args: argparse.Namespace, settings: Settings, link: Link | None = None) -> int:
    from tuimon.verbs.screen import ended, farewell, show

    show(directory, settings, args.readonly, link=link, **screen_options(args))
    if link is not None:
        link.check()
    watched = ended(directory)
    if watched is None:
        return 0
    from tuimon import headless

    farewell(watched)
    if args.json:
        headless.write_report(watched, args.json)
    return headless.FAILED_ON if headless.stands(watched.findings, settings["fail-on"]) else 0


def _headless(directory: RunDirectory, args: argparse.Namespace, settings: Settings, link: Link | None = None) -> int:
    """Until the run ends, or a signal says to leave: the run goes on then."""
    from tuimon import headless
    from tuimon.control import Control
    from tuimon.follow import Follow
    from tuimon.passthrough import Passthrough
    from tuimon.remote.remote_control import RemoteControl

    readonly = args.readonly
    control = RemoteControl(link, "headless", readonly) if link else Control(directory, "headless", readonly)
    control.greet()
    output = Passthrough(directory, out=2 if args.json == "-" else 1, history=False)

    def go_on(run: Run) -> bool:
        if not came and link is not None:  # Ctrl-C ends ssh, too
            link.check()
            if said := link.look():
                output.say(said)
        return not came

    with headless.caught() as came:
        watched = headless.watch(Follow(directory), output, go_on)
    control.close()
    if args.json:
        headless.write_report(watched, args.json)
    if came and watched.run.ended_at is None:
        return 128 + came[0]
    return headless.exit_status(watched.run, watched.findings, settings["fail-on"])
