"""`tuimon serve`: the screen of a run as a web page."""

from __future__ import annotations

import argparse
import importlib.util

from tuimon.errors import TuimonError
from tuimon.verbs.options import Subparsers, add_log_dir, settings_of

DESCRIPTION = """Show the screen of a run in a browser, for those who cannot have a terminal. The address that is
printed holds a token without which nothing is shown; without --host, only this machine can reach it (over SSH: `ssh -L
8517:localhost:8517 HOST`). Pages of other sites are kept out, and so is who calls this machine by a name that is not
its own. It is plain HTTP: put it behind something that encrypts before others' networks carry it. Needs
textual-serve."""


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("serve", help="the screen as a web page", description=DESCRIPTION)
    parser.add_argument("run", nargs="?", metavar="RUN", help="a run's id or name (default: the newest)")
    add_log_dir(parser)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8517, help="the port to listen on (8517)")
    parser.add_argument("--readonly", action="store_true", help="a screen that cannot ask anything of the run")
    parser.set_defaults(verb=run)


def run(args: argparse.Namespace) -> int:
    import secrets

    from tuimon import runs

    if importlib.util.find_spec("textual_serve") is None:
        raise TuimonError("`tuimon serve` needs textual-serve", "pip install 'tuimon[serve]'")
    where = runs.home(settings_of(args)["log-dir"])
    directory = runs.find(where, args.run) if args.run else runs.newest(where)
    from tuimon.tui.web import serve

    try:
        serve(directory.path, args.host, args.port, secrets.token_urlsafe(16), args.readonly)
    except OSError as error:
        raise TuimonError(
            f"cannot listen on {args.host}:{args.port}: {error.strerror}", "give another --port"
        ) from None
    return 0
