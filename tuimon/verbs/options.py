"""Options that several verbs share."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuimon.clean import printable
from tuimon.errors import UsageError

if TYPE_CHECKING:
    from tuimon.settings import Settings

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


def check_report(path: str | None) -> None:
    """The report of `--json` can be written there, as far as one can tell before."""
    if path and path != "-":
        if os.path.isdir(path):
            raise UsageError(f"--json {path} is a directory", "give a file")
        folder = os.path.dirname(os.path.abspath(path))
        if not os.access(folder, os.W_OK):
            raise UsageError(f"cannot write in {folder}", "give another --json")


def wants_screen(args: argparse.Namespace) -> bool:
    """There can be a screen, and nothing was asked for in its place."""
    return has_screen() and not args.headless and args.json != "-"


def has_screen() -> bool:
    """Standard input and output are a terminal that can be drawn on."""
    return os.isatty(0) and os.isatty(1) and os.environ.get("TERM", "") not in ("", "dumb")


def add_screen(parser: argparse.ArgumentParser) -> None:
    """How the screen looks. `screen_options` reads them."""
    screen = parser.add_argument_group("screen")
    screen.add_argument("--theme", choices=THEMES, help="colours (default: what the terminal's environment suggests)")
    screen.add_argument("--ascii", action="store_true", help="plain characters only")
    screen.add_argument("--refresh", type=_refresh, metavar="S", help="seconds between two pictures (0.25)")
    screen.add_argument("--clipboard", action="store_true", help="let `y` set the terminal's clipboard (OSC 52)")


THEMES = ("dark", "light", "high-contrast", "colour-blind", "mono")

SCREEN_VALUED = ("--theme", "--refresh")
"""What of `add_screen` takes the next argument."""


def screen_options(args: argparse.Namespace) -> dict[str, Any]:
    """The options of `add_screen` as `tuimon.tui.app.run_screen` takes them."""
    return {
        "theme": getattr(args, "theme", None),
        "ascii_only": True if getattr(args, "ascii", False) else None,
        "interval": getattr(args, "refresh", None) or 0.25,
        "clipboard": getattr(args, "clipboard", False),
    }


def _refresh(text: str) -> float:
    seconds = float(text)
    if not 0.05 <= seconds <= 60:
        raise argparse.ArgumentTypeError("between 0.05 and 60 seconds")
    return seconds


def settings_of(args: argparse.Namespace, beside: Path | None = None) -> Settings:
    """What is in force for these arguments; `beside` is the script, or where else to look for a project's file."""
    from tuimon.settings import load

    flags = {name: getattr(args, name.replace("-", "_"), None) for name in ("log-dir", "fail-on", "interval")}
    settings = load(beside, {**flags, **(rule_flags(args) if hasattr(args, "set") else {})})
    for sentence in [*settings.strangers, *_of_another_home(settings)]:
        print(f"tuimon: {printable(sentence)}", file=sys.stderr)
    return settings


def _of_another_home(settings: Settings) -> list[str]:
    """That runs are not kept where the environment says, because that is another user's."""
    from tuimon import runs

    named, taken = runs.state_home() / "tuimon" / "runs", runs.home()
    if settings["log-dir"] or named == taken:
        return []
    return [f"{runs.state_home()} belongs to user {runs.whose_home()}: runs are kept in {taken}"]


def add_rules(parser: argparse.ArgumentParser) -> None:
    """Which rules are judged, and how. `rule_flags` reads them."""
    rules = parser.add_argument_group("rules", "`tuimon explain` shows what there is, `tuimon config` what is set")
    rules.add_argument("--ignore", action="append", metavar="RULE", help="do not judge this rule (may be repeated)")
    rules.add_argument("--select", action="append", metavar="RULE", help="judge this rule only (may be repeated)")
    rules.add_argument(
        "--set", action="append", metavar="RULE.THRESHOLD=VALUE", help="change a threshold, e.g. stalled.after=60"
    )


RULE_OPTIONS = ("--ignore", "--select", "--set")
"""What `add_rules` adds: each takes the next argument."""


def rule_flags(args: argparse.Namespace) -> dict[str, Any]:
    """The flags of `add_rules` as keys of `tuimon.settings`. Raises UsageError on what is unknown."""
    from tuimon.settings import assignment

    flags: dict[str, Any] = {}
    for name in ("ignore", "select"):
        given = getattr(args, name)
        flags[name] = [each for part in given for each in part.split(",") if each] if given else None
    for text in args.set or ():
        key, value = assignment(text)
        flags[key] = value
    return flags
