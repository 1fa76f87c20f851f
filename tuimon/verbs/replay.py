"""`tuimon replay`: a run, a journal, or another tool's log, as it was."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tuimon.verbs.options import Subparsers, add_log_dir, add_report, add_screen, screen_options, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuimon import events
    from tuimon.runs import RunDirectory

DESCRIPTION = """Read a run again from its journal, or from another tool's log: Keras' printed output, a CSVLogger file,
a History as JSON, TensorBoard events."""


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("replay", help="read a recorded run again", description=DESCRIPTION)
    parser.add_argument("run", metavar="RUN_OR_FILE", help="a run's id or name, its directory, a journal, a log")
    add_log_dir(parser)
    parser.add_argument("--headless", action="store_true", help="plain lines instead of a screen")
    add_report(parser)
    add_screen(parser)
    parser.set_defaults(verb=run)


def run(args: argparse.Namespace) -> int:
    from tuimon import headless, runs
    from tuimon.follow import Recorded
    from tuimon.passthrough import Passthrough
    from tuimon.verbs.run import check_report

    check_report(args.json)
    settings = settings_of(args)
    path = Path(args.run)
    directory = None if path.is_file() else runs.find(runs.home(settings["log-dir"]), args.run)
    source = Recorded(recorded(directory) if directory else of_file(path))
    if headless.has_screen() and not args.headless and args.json != "-":
        from tuimon.tui.app import run_screen

        run_screen(source, directory=directory.path if directory else None, readonly=True, **screen_options(args))
        return 0
    watched = headless.watch(source, Passthrough(None))
    if args.json:
        headless.write_report(watched, args.json)
    return headless.FAILED_ON if headless.stands(watched.findings, settings["fail-on"]) else 0


def recorded(directory: RunDirectory) -> Iterator[events.Event]:
    """All that the run's journal says, and that the run is lost where that is so."""
    from tuimon import events, journal

    newest, ended = 0.0, False
    for event in journal.read(directory.journal):
        newest, ended = max(newest, event.at), ended or isinstance(event, events.ChildEnded)
        yield event
    reason = directory.lost()
    if reason and not ended:
        yield events.RunLost(at=newest, reason=reason)


def of_file(path: Path) -> Iterator[events.Event]:
    """What a journal or another tool's log says. Raises TuimonError when it is neither."""
    from tuimon import events, journal, readers

    first = next(journal.read(path), None)
    return readers.open_log(path) if first is None or isinstance(first, events.Unknown) else journal.read(path)
