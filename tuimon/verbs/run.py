"""`tuimon run`: a script under watch."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tuimon.errors import TuimonError
from tuimon.verbs.command import command_of, kept_out
from tuimon.verbs.options import (
    RULE_OPTIONS,
    SCREEN_VALUED,
    Subparsers,
    add_log_dir,
    add_report,
    add_rules,
    add_screen,
    check_report,
    has_screen,
    screen_options,
    settings_of,
    wants_screen,
)

if TYPE_CHECKING:
    from tuimon.runs import RunDirectory
    from tuimon.settings import Settings
    from tuimon.supervisor.start import Plan

USAGE = """tuimon run [options] SCRIPT [argument ...]
       tuimon run [options] -m MODULE [argument ...]
       tuimon run [options] -- COMMAND [argument ...]"""

DESCRIPTION = """Run a training script, unchanged, and watch it. Leaving the screen does not stop the run. Without a
terminal there is no screen: the script's output passes through, with plain lines about its training on standard error,
and its exit status is ours."""


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("run", help="run a script and watch it", usage=USAGE, description=DESCRIPTION)
    add_options(parser)
    parser.set_defaults(verb=run, command=[])


def add_options(parser: argparse.ArgumentParser) -> None:
    """What there is to say of a run besides what is run."""
    parser.add_argument("--name", default="", help="what to call the run, instead of its id")
    add_log_dir(parser)
    parser.add_argument("--python", metavar="EXE", help="the interpreter to use; it needs no tuimon")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--headless", action="store_true", help="no screen even on a terminal")
    mode.add_argument("--detach", action="store_true", help="start it, say how to attach, and leave")
    add_report(parser)
    parser.add_argument(
        "--dataset-size", type=positive, metavar="N", help="samples in the dataset, if tuimon cannot tell"
    )
    parser.add_argument("--readonly", action="store_true", help="a screen that cannot ask anything of the run")
    parser.add_argument("--interval", type=_seconds, metavar="S", help="seconds between samples of the machine (1)")
    add_screen(parser)
    add_rules(parser)


VALUED = (
    "--name",
    "--log-dir",
    "--python",
    "--json",
    "--fail-on",
    "--dataset-size",
    "--interval",
    *SCREEN_VALUED,
    *RULE_OPTIONS,
)
"""Options that take the next argument."""


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Arguments of `run` as tuimon's own options, and the command: all from the first argument that is no option."""
    index = 0
    while index < len(arguments):
        argument = arguments[index]
        if argument in ("--", "-m") or not argument.startswith("-"):
            break
        index += 2 if argument in VALUED else 1
    return list(arguments[:index]), list(arguments[index:])


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("a positive number")
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0.1 <= seconds <= 60:
        raise argparse.ArgumentTypeError("between 0.1 and 60 seconds")
    return seconds


def run(args: argparse.Namespace) -> int:
    command = command_of(args)
    check_report(args.json)
    script = args.command[0]
    return start(command, args, settings_of(args, None if script.startswith("-") else Path(script)))


def start(command: list[str], args: argparse.Namespace, settings: Settings) -> int:
    """Start the command under a supervisor and follow it as the arguments say."""
    from tuimon import runs
    from tuimon.headless import caught
    from tuimon.supervisor import Plan

    option = kept_out(command)
    if option:
        print(f"tuimon: python {option} keeps the agent out: only the process will be seen", file=sys.stderr)
    plan = Plan(command, args.name, args.dataset_size, settings["interval"], settings.facts())
    with caught() as came:
        directory = runs.create(
            runs.home(settings["log-dir"]), args.name, command=command, cwd=runs.working_directory()
        )
        _start_or_remove(directory, plan)
        if args.detach:
            print(f"{directory.id}\nattach with: {attach_command(directory, settings)}")
            return 0
        if not wants_screen(args):
            return _headless(directory, args, settings, came)
    return _screen(directory, args, settings)


def _start_or_remove(directory: RunDirectory, plan: Plan) -> None:
    from tuimon import supervisor

    try:
        supervisor.start(directory, plan)
    except TuimonError:
        shutil.rmtree(directory.path, ignore_errors=True)
        raise


def _headless(directory: RunDirectory, args: argparse.Namespace, settings: Settings, came: list[int]) -> int:
    from tuimon import headless
    from tuimon.foreground import Foreground
    from tuimon.passthrough import Passthrough

    output = Passthrough(directory, out=2 if args.json == "-" else 1)
    output.say(f"run {directory.id}, socket {directory.read().socket}")
    if os.isatty(1) and not args.headless and not has_screen():
        output.say(f"no screen on this terminal (TERM={os.environ.get('TERM', '')})")
    watched = Foreground(directory, came, settings["interval"]).follow(output, settings["on-finding"])
    if watched.run.left:
        output.say(f"attach with: {attach_command(directory, settings)}")
        output.turn(last=True)
    if args.json:
        headless.write_report(watched, args.json)
    return headless.exit_status(watched.run, watched.findings, settings["fail-on"])


def _screen(directory: RunDirectory, args: argparse.Namespace, settings: Settings) -> int:
    from tuimon.verbs.screen import ended, farewell, show

    show(directory, settings, args.readonly, settings["on-finding"], **screen_options(args))
    watched = ended(directory)
    if watched is None:
        print(f"the run goes on; attach with: {attach_command(directory, settings)}")
        return 0
    from tuimon import headless

    farewell(watched)
    if args.json:
        headless.write_report(watched, args.json)
    return headless.exit_status(watched.run, watched.findings, settings["fail-on"])


def attach_command(directory: RunDirectory, settings: Settings) -> str:
    where = f" --log-dir {shlex.quote(settings['log-dir'])}" if settings["log-dir"] else ""
    return f"tuimon attach{where} {directory.read().name or directory.id}"
