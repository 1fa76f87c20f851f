"""`tuimon explain`: what the rules look for, and the page of each."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tuimon.verbs.options import Subparsers

if TYPE_CHECKING:
    from tuimon.rules import Rule
    from tuimon.settings import Settings

DESCRIPTION = """Without RULE, all rules in a table. With RULE, its page: what the trouble means, why it matters, how it
is decided, what to do, its thresholds, and how to mute it."""


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("explain", help="say what a finding means", description=DESCRIPTION)
    parser.add_argument("rule", nargs="?", metavar="RULE", help="its name, as a finding shows it")
    parser.add_argument("--markdown", action="store_true", help="the table of all rules as Markdown")
    parser.set_defaults(verb=run)


def run(args: argparse.Namespace) -> int:
    from tuimon.rules import RULES, rule_id
    from tuimon.rules.pages import markdown
    from tuimon.settings import known_rule, load

    if args.rule is None:
        print(markdown(RULES) if args.markdown else table())
    else:
        name = known_rule(args.rule, "explain")
        print(page(next(rule for rule in RULES if rule_id(rule) == name), load()))
    return 0


def table() -> str:
    from tuimon.rules import RULES, rule_id, summary

    width = max(len(rule_id(rule)) for rule in RULES)
    lines = [f"{rule_id(rule).ljust(width)}  {summary(rule)}" for rule in RULES]
    return "\n".join([*lines, "", "`tuimon explain RULE` shows the page of one."])


def page(rule: Rule, settings: Settings) -> str:
    """The rule's own page, with the thresholds that are in force, and how to change or mute it."""
    from tuimon.rules import pages, rule_id

    name = rule_id(rule)
    return "\n\n".join([f"{name}: {pages.page(rule)}", "\n".join(_thresholds(rule, settings)), _muting(name, rule)])


def _thresholds(rule: Rule, settings: Settings) -> list[str]:
    from tuimon.rules import pages, rule_id

    found = pages.thresholds(rule)
    if not found:
        return ["Thresholds: none, it is exact."]
    lines = ["Thresholds:"]
    for each in found:
        key = f"rules.{rule_id(rule)}.{each.name}"
        value, origin = settings[key], settings.origin(key)
        changed = f" (set in {origin}; default {_told(each.value)})" if origin != "default" else ""
        source = f" [{each.source}]" if each.source else ""
        lines.append(f"  {each.name} = {_told(value)}{changed}  {each.meaning}{source}".rstrip())
    return lines


def _told(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _muting(name: str, rule: Rule) -> str:
    from tuimon.rules import pages

    lines = [
        "To mute it:",
        f"  model.fit(...)  # tuimon: ignore[{name}]   in the script, on the line of the call",
        f'  ignore = ["{name}"]   in tuimon.toml, or under [tool.tuimon] in pyproject.toml',
        f"  --ignore {name}   on the command line",
    ]
    first = next(iter(pages.thresholds(rule)), None)
    if first is not None:
        lines.append(f"To change a threshold: --set {name}.{first.name}={_told(first.value)}, or in a file:")
        lines.append(f"  [tool.tuimon.rules.{name}]\n  {first.name} = {_told(first.value)}")
    return "\n".join(lines)
