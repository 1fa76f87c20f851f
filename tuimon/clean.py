"""Text of unknown origin, made safe to print: no byte of it reaches a terminal as a command."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"
    r"\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069"
    r"\ud800-\udfff\ufffe\uffff]"
)


def printable(text: object) -> str:
    """The text with control characters, and marks that turn the writing direction, shown as `\\x1b`.

    What is no character, and XML has no place for, is shown like that, too.

    Line feeds and tabs stay.
    """
    return _UNSAFE.sub(lambda match: ascii(match[0])[1:-1], str(text))


def line(text: object) -> str:
    """The same on one line."""
    return " ".join(printable(text).split())
