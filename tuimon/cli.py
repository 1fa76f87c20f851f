"""The command line: arguments → a verb → an exit status. Each verb is a small module in `tuimon.verbs`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from tuimon import __version__, garbage, inherited
from tuimon.clean import line as on_one_line
from tuimon.errors import TuimonError, UsageError
from tuimon.verbs import NAMES


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see `{self.prog} --help`")


def parser(verb: str = "") -> argparse.ArgumentParser:
    top = Parser(
        prog="tuimon",
        description="Watch TensorFlow and Keras training in the terminal, and be told what is wrong with it.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"tuimon {__version__}")
    verbs = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in [verb] if verb in NAMES else NAMES:  # to load the others would cost more than their use
        importlib.import_module(f"tuimon.verbs.{name}").add(verbs)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments ask for. What the user can mend is one line on stderr, never a traceback."""
    inherited.put_right()
    garbage.hold_off()
    arguments = list(sys.argv[1:] if argv is None else argv)
    command: list[str] = []
    if arguments[:1] == ["run"]:
        from tuimon.verbs import run

        own, command = run.split(arguments[1:])  # argparse would look for options of ours in the script's arguments
        arguments = ["run", *own]
    try:
        args = parser(arguments[0] if arguments else "").parse_args(arguments)
        args.command = command
        status: int = args.verb(args)
        sys.stdout.flush()
        return status
    except TuimonError as error:
        print(f"tuimon: {on_one_line(error)}", file=sys.stderr)
        return error.status
    except MemoryError:
        print("tuimon: there is too little memory for it; see `ulimit -v`, or the container's limit", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more can be said there
        return 141
