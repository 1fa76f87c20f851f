"""`tuimon doctor`: what works here, and what is missing with the command or right that would give it."""

from __future__ import annotations

import argparse
import sys

from tuimon.verbs.options import Subparsers, add_log_dir


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "doctor",
        help="tell what works on this machine",
        description="Tell what of tuimon works on this machine, and what is missing with what would give it.",
    )
    add_log_dir(parser)
    parser.add_argument("--python", metavar="EXE", default=sys.executable, help="the interpreter that trains")
    parser.add_argument("--json", action="store_true", help="a JSON list instead of lines")
    parser.set_defaults(verb=run)


def run(args: argparse.Namespace) -> int:
    from tuimon import doctor

    checks = list(doctor.examine(args.python, args.log_dir))
    if args.json:
        import json

        print(json.dumps([check.to_json() for check in checks], indent=1))
    else:
        print(doctor.text(checks))
    return 0
