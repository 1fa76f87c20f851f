"""`tuimon runs`: what has been run, the newest first."""

from __future__ import annotations

import argparse
import sys

from tuimon.verbs.options import Subparsers, add_log_dir, settings_of


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("runs", help="list runs", description="List runs, the newest first.")
    add_log_dir(parser)
    parser.add_argument("--json", action="store_true", help="a JSON list instead of a table")
    parser.set_defaults(verb=run)


def run(args: argparse.Namespace) -> int:
    from tuimon import digest, runs

    where = runs.home(settings_of(args)["log-dir"])
    listed = [digest.entry(directory) for directory in runs.every(where)]
    if args.json:
        import json

        print(json.dumps(listed, indent=1))
    elif not listed:
        print(f"no runs in {where} yet", file=sys.stderr)
    else:
        print(digest.table(listed))
    return 0
