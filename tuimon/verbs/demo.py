"""`tuimon demo`: a real training to look at, with nothing to prepare."""

from __future__ import annotations

import argparse

from tuimon.errors import UsageError
from tuimon.verbs import run as run_verb
from tuimon.verbs.command import interpreter
from tuimon.verbs.options import Subparsers, check_report, settings_of

DESCRIPTION = """Train a small convolutional network on images that it draws itself, about a minute on two cores, and
watch it. Takes the options of `tuimon run`."""


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("demo", help="watch a small real training", description=DESCRIPTION)
    run_verb.add_options(parser)
    parser.add_argument("--epochs", type=run_verb.positive, metavar="N", help="how many epochs to train (8)")
    parser.add_argument("--images", type=run_verb.positive, metavar="N", help="how many images to draw (4000)")
    parser.set_defaults(verb=run)


def run(args: argparse.Namespace) -> int:
    import sys
    from importlib.util import find_spec

    from tuimon.demo import SCRIPT

    check_report(args.json)
    python = interpreter(args.python)
    if python == sys.executable and find_spec("tensorflow") is None:
        raise UsageError(
            "the demo needs TensorFlow", "pip install 'tuimon[tensorflow]', or give --python EXE that has it"
        )
    options = [f"--{name}={value}" for name in ("epochs", "images") if (value := getattr(args, name)) is not None]
    return run_verb.start([python, str(SCRIPT), *options], args, settings_of(args))
