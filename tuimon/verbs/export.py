"""`tuimon export`: a run's figures for other tools."""

from __future__ import annotations

import argparse
from pathlib import Path

from tuimon.errors import UsageError
from tuimon.verbs.options import Subparsers, add_log_dir, settings_of

DESCRIPTION = """Write a run's figures as tables: steps (a row for each report of them, about one a second), epochs,
samples of the host and of GPUs. Times are seconds since 1970, sizes bytes, durations seconds."""

FORMATS = ("csv", "parquet", "tensorboard", "jsonl")


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("export", help="write a run's figures for other tools", description=DESCRIPTION)
    parser.add_argument("run", metavar="RUN_OR_FILE", help="a run's id or name, its directory, a journal, a log")
    parser.add_argument("--to", choices=FORMATS, required=True, help="jsonl is one file, the others are directories")
    parser.add_argument("--output", metavar="PATH", required=True, help="what is there already is left alone")
    add_log_dir(parser)
    parser.set_defaults(verb=run)


def run(args: argparse.Namespace) -> int:
    from tuimon import recordings, runs
    from tuimon.export import export

    recording = recordings.find(args.run, runs.home(settings_of(args)["log-dir"]))
    if args.output == "-" and args.to != "jsonl":
        raise UsageError(f"{args.to} is a directory", "give its path with --output")
    export(recording.events, args.to, Path(args.output))
    return 0
