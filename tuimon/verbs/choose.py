"""One of several lines, chosen by arrow keys on a plain terminal."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from typing import TypeVar

T = TypeVar("T")

UP, DOWN = (b"\x1b[A", b"\x1bOA", b"k", b"\x10"), (b"\x1b[B", b"\x1bOB", b"j", b"\x0e")
TAKE, LEAVE = (b"\r", b"\n"), (b"\x1b", b"q", b"\x03", b"\x04", b"")

ESCAPE = 0.05
"""Seconds in which what follows an escape comes, where it is the beginning of a key."""

AROUND = 4
"""Rows of the terminal that are left to the question and to what comes after."""


def one(choices: list[tuple[T, str]], question: str, heading: str = "") -> T | None:
    """The choice; None when the user leaves. `heading` is shown above what can be chosen."""
    before = termios.tcgetattr(0)
    at, first = 0, 0
    print(f"{question}  (arrow keys, Enter; q leaves)")
    if heading:
        print(f"  {heading[: os.get_terminal_size(1).columns - 3]}")
    shown = min(len(choices), max(1, os.get_terminal_size(1).lines - AROUND))
    try:
        tty.setcbreak(0)
        while True:
            first = min(max(first, at - shown + 1), at)
            _draw([text for _, text in choices[first : first + shown]], at - first)
            key = _key()
            if key in TAKE:
                return choices[at][0]
            if key in LEAVE:
                return None
            at = moved(at, key, len(choices))
            sys.stdout.write(f"\x1b[{shown}A")
    except KeyboardInterrupt:
        return None
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


def _key() -> bytes:
    """The next key, and not what was typed after it."""
    key = os.read(0, 1)
    if key == b"\x1b":
        while not (len(key) > 2 and key[-1:].isalpha()) and select.select([0], [], [], ESCAPE)[0]:
            key += os.read(0, 1)
    return key


def moved(at: int, key: bytes, count: int) -> int:
    """Where the key leads from there."""
    return max(0, at - 1) if key in UP else min(count - 1, at + 1) if key in DOWN else at


def _draw(lines: list[str], at: int) -> None:
    width = os.get_terminal_size(1).columns - 3
    for index, line in enumerate(lines):
        shown = f"> {line[:width]}"
        sys.stdout.write(f"\r\x1b[K{chr(27)}[7m{shown}{chr(27)}[0m\n" if index == at else f"\r\x1b[K  {line[:width]}\n")
    sys.stdout.flush()
