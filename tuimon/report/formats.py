"""The forms that a report can be written in, by the names that `--format` takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tuimon.report.html import html
from tuimon.report.junit import junit
from tuimon.report.markdown import markdown
from tuimon.report.text import text
from tuimon.rules import RULES, rule_id

Document = dict[str, Any]


def as_json(document: Document) -> str:
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _junit(document: Document) -> str:
    return junit(document, [rule_id(rule) for rule in RULES])


FORMATS: dict[str, Callable[[Document], str]] = {
    "text": text,
    "json": as_json,
    "markdown": markdown,
    "html": html,
    "junit": _junit,
}
