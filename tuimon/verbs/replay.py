"""`tuimon replay`: a run, a journal, or another tool's log, as it was; two of them side by side."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tuimon.errors import UsageError
from tuimon.verbs.options import (
    Subparsers,
    add_log_dir,
    add_report,
    add_screen,
    check_report,
    screen_options,
    settings_of,
    wants_screen,
)

if TYPE_CHECKING:
    from tuimon.recordings import Recording

DESCRIPTION = """Read a run again from its journal, or from another tool's log: Keras' printed output, a CSVLogger file,
a History as JSON, TensorBoard events. On a terminal it is played on the screen; otherwise, or with --headless, --format
or --output, a report is written. With two of them, what differs."""

FORMATS = ("text", "json", "markdown", "html", "junit")


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("replay", help="read a recorded run again", description=DESCRIPTION)
    parser.add_argument("run", metavar="RUN_OR_FILE", help="a run's id or name, its directory, a journal, a log")
    parser.add_argument("other", metavar="OTHER", nargs="?", help="a second one, to compare with")
    add_log_dir(parser)
    parser.add_argument("--headless", action="store_true", help="a report instead of a screen")
    parser.add_argument("--format", choices=FORMATS, help="of the report (default: plain lines)")
    parser.add_argument("--output", metavar="FILE", help="write the report there (default: standard output)")
    parser.add_argument(
        "--speed", type=_speed, default=10.0, metavar="N", help="of the screen; 0 is as fast as it goes"
    )
    parser.add_argument("--follow", action="store_true", help="go on reading a log that is still written")
    add_report(parser)
    add_screen(parser)
    parser.set_defaults(verb=run)


def _speed(text: str) -> float:
    speed = float(text)
    if speed and not 0.25 <= speed <= 1000:
        raise argparse.ArgumentTypeError("between 0.25 and 1000, or 0")
    return speed or math.inf


def run(args: argparse.Namespace) -> int:
    from tuimon import recordings, runs

    check_report(args.json)
    settings = settings_of(args)
    where = runs.home(settings["log-dir"])
    recording = recordings.find(args.run, where)
    _say_what_is_kept(recording)
    if args.other is not None:
        return _compare(recording, recordings.find(args.other, where), args)
    if wants_screen(args) and not (args.format or args.output):
        return _screen(recording, args)
    return _report(recording, args, settings["fail-on"])


def _say_what_is_kept(recording: Recording) -> None:
    """What agents have written down while nobody listened is no part of the journal yet."""
    spools = recording.run.spools() if recording.run is not None else {}
    if recording.run is not None and spools and not recording.run.supervised():
        who = ", ".join(map(str, sorted(spools)))
        print(
            f"tuimon: what process {who} kept while no supervisor was alive is not in the journal yet: "
            f"`tuimon attach {recording.run.id}` takes it in",
            file=sys.stderr,
        )


def _screen(recording: Recording, args: argparse.Namespace) -> int:
    from tuimon.tui.app import run_screen

    source = recording.growing() if args.follow else recording.player(args.speed)
    run_screen(source, directory=recording.directory, readonly=True, **screen_options(args))
    return 0


def _report(recording: Recording, args: argparse.Namespace, fail_on: str | None) -> int:
    from tuimon import headless
    from tuimon.follow import Recorded
    from tuimon.passthrough import Passthrough
    from tuimon.report import report
    from tuimon.report.formats import FORMATS as WRITERS

    source = recording.growing() if args.follow else Recorded(recording.folded())
    if args.format is None and args.output is None:
        with headless.caught() as came:
            watched = headless.watch(source, Passthrough(None), lambda run: not came)
    else:
        watched = headless.folded(source)
        _write(WRITERS[args.format or "text"](report(watched.run, watched.findings)), args.output)
    if args.json:
        headless.write_report(watched, args.json)
    return headless.FAILED_ON if headless.stands(watched.findings, fail_on) else 0


def _compare(one: Recording, other: Recording, args: argparse.Namespace) -> int:
    from tuimon import headless
    from tuimon.follow import Recorded
    from tuimon.report import report
    from tuimon.report.compare import compare, comparison_text
    from tuimon.report.formats import as_json

    if args.format not in (None, "text", "json"):
        raise UsageError(f"two runs cannot be compared as {args.format}", "use --format text or json")
    reports = []
    for recording in (one, other):
        watched = headless.folded(Recorded(recording.folded()))
        reports.append(report(watched.run, watched.findings))
    compared = compare(*reports)
    _write(as_json(compared) if args.format == "json" else comparison_text(compared), args.output)
    return 0


def _write(text: str, path: str | None) -> None:
    from tuimon.errors import TuimonError

    if path is None or path == "-":
        print(text, end="", flush=True)
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise TuimonError(f"cannot write {path}: {error.strerror}", "give another --output") from None
