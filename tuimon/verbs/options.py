"""Options that several verbs share."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Subparsers = object


def add_log_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--log-dir", metavar="DIR", help="where runs are kept (default: $XDG_STATE_HOME/tuimon/runs)")


def add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", metavar="PATH", help="write the report there at the end; - is standard output")
    parser.add_argument(
        "--fail-on",
        choices=("warning", "error"),
        help="exit with status 3 instead of 0 when there is such a finding, or a worse one",
    )
