"""`tuimon runs`: what has been run, the newest first; another name for a run; room for new ones."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tuimon.errors import UsageError
from tuimon.verbs.options import Subparsers, add_log_dir, settings_of

if TYPE_CHECKING:
    from tuimon.runs import RunDirectory

DESCRIPTION = "List runs, the newest first, with their sizes on disk; rename one; delete old ones."

STATUSES = ("running", "finished", "failed", "killed", "lost")


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("runs", help="list, rename and delete runs", description=DESCRIPTION)
    add_log_dir(parser)
    parser.add_argument("--json", action="store_true", help="a JSON list instead of a table")
    parser.add_argument("--status", choices=STATUSES, action="append", help="only such runs (may be repeated)")
    parser.add_argument("--name", metavar="TEXT", help="only runs whose name holds this")
    parser.set_defaults(verb=run)
    actions = parser.add_subparsers(title="also", metavar="ACTION")
    _add_rename(actions)
    _add_prune(actions)


def _add_rename(actions: Subparsers) -> None:
    parser = actions.add_parser("rename", help="give a run another name")
    parser.add_argument("run", metavar="RUN", help="its id or name, or the beginning of either")
    parser.add_argument("new", metavar="NAME", help="'' takes its name away")
    parser.set_defaults(verb=rename)


def _add_prune(actions: Subparsers) -> None:
    parser = actions.add_parser("prune", help="delete runs that are over; asks first")
    parser.add_argument("--older-than", metavar="AGE", help="only what began longer ago: 30d, 12h, 2w")
    parser.add_argument("--keep", type=int, metavar="N", help="leave the newest N runs alone")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(verb=prune)


def run(args: argparse.Namespace) -> int:
    from tuimon import digest, runs

    where = runs.home(settings_of(args)["log-dir"])
    _clear(where)
    listed = [digest.entry(directory) for directory in runs.every(where) if _named(directory, args.name)]
    listed = [entry for entry in listed if not args.status or entry["status"] in args.status]
    if args.json:
        import json

        print(json.dumps(listed, indent=1))
    elif not listed:
        which = " like that" if args.status or args.name else " yet"
        print(f"no runs in {where}{which}", file=sys.stderr)
    else:
        print(digest.table(listed))
    return 0


def _clear(where: Path) -> None:
    """Free what supervisors that were killed had set aside, so that sizes are right."""
    from tuimon import leftovers, runs

    for directory in runs.every(where):
        leftovers.clear(directory)


def _named(directory: RunDirectory, text: str | None) -> bool:
    return not text or text in directory.read().name


def rename(args: argparse.Namespace) -> int:
    from tuimon import runs

    runs.rename(runs.find(_home(args), args.run), args.new)
    return 0


def prune(args: argparse.Namespace) -> int:
    import time

    from tuimon import digest
    from tuimon.prune import deletable, delete, seconds

    if args.older_than is None and args.keep is None:
        raise UsageError("nothing says which runs may go", "give --older-than AGE, --keep N, or both")
    if args.keep is not None and args.keep < 0:
        raise UsageError("--keep is less than 0", "give how many runs stay")
    older_than = None if args.older_than is None else seconds(args.older_than)
    _clear(_home(args))
    doomed = deletable(_home(args), time.time(), older_than, args.keep)
    if not doomed:
        print("nothing to delete", file=sys.stderr)
        return 0
    print(digest.table([digest.entry(directory) for directory in doomed]))
    if not args.yes and not _agreed(len(doomed)):
        return 1
    for directory in doomed:
        delete(directory)
    print(f"{len(doomed)} deleted", file=sys.stderr)
    return 0


def _agreed(count: int) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked", "give --yes to delete them")
    print(f"Delete {count if count > 1 else 'this run'}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _home(args: argparse.Namespace) -> Path:
    from tuimon import runs

    return runs.home(settings_of(args)["log-dir"])
