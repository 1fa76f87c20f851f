"""`tuimon config`: what is in force, and where it comes from."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from tuimon.clean import printable
from tuimon.verbs.options import Subparsers

if TYPE_CHECKING:
    from tuimon.settings import Settings

DESCRIPTION = """Print the settings that are in force for a script, and where each comes from. What comes first wins:
flags, TUIMON_* variables, tuimon.toml or [tool.tuimon] in pyproject.toml beside the script or above it,
$XDG_CONFIG_HOME/tuimon/config.toml, defaults. What is printed is a valid tuimon.toml."""


def add(subparsers: Subparsers) -> None:
    from tuimon.verbs.options import add_rules

    parser = subparsers.add_parser("config", help="print what is set, and where", description=DESCRIPTION)
    parser.add_argument("script", nargs="?", metavar="SCRIPT", help="the script, or a directory (default: here)")
    parser.add_argument("--all", action="store_true", help="also the thresholds of rules that are at their defaults")
    parser.add_argument("--json", action="store_true", help="as JSON: key → value and origin")
    add_rules(parser)
    parser.set_defaults(verb=run)


def run(args: argparse.Namespace) -> int:
    import json
    from pathlib import Path

    from tuimon.settings import load
    from tuimon.verbs.options import rule_flags

    settings = load(Path(args.script) if args.script else None, rule_flags(args))
    for sentence in settings.strangers:
        print(f"tuimon: {printable(sentence)}", file=sys.stderr)
    keys = list(_keys(settings, args.all))
    if args.json:
        print(json.dumps({key: {"value": settings[key], "origin": settings.origin(key)} for key in keys}, indent=1))
    else:
        print(text(settings, keys))
    return 0


def _keys(settings: Settings, everything: bool) -> list[str]:
    from tuimon.rules import RULES, rule_id
    from tuimon.rules.chosen import defaults
    from tuimon.settings import KEYS

    thresholds = [f"rules.{rule_id(rule)}.{name}" for rule in RULES for name in defaults(rule)]
    return [*KEYS, *(key for key in thresholds if everything or key in settings.values)]


def text(settings: Settings, keys: list[str]) -> str:
    """As TOML, with the origin of each line behind it."""
    lines: list[tuple[str, str]] = []
    table = ""
    for key in keys:
        *prefix, name = key.split(".")
        if ".".join(prefix) != table:
            table = ".".join(prefix)
            lines += [("", ""), (f"[{table}]", "")]
        value, origin = settings[key], settings.origin(key)
        lines.append((f"{name} = {_toml(value)}" if value is not None else f"# {name} is not set", origin))
    width = max(len(line) for line, _ in lines)
    return "\n".join(f"{line.ljust(width)}  # {origin}" if origin else line for line, origin in lines)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
