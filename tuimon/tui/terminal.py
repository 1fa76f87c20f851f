"""What a script's output looks like: a small terminal emulator for text that was written into a file.

It knows what progress bars use: carriage return, backspace, moving the cursor, erasing, colours. Everything else is
swallowed, so that no escape sequence can reach the user's own terminal. Lines are as long as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_LINES = 5000
LONGEST_LINE = 4000
TALLEST = 100
"""Rows that the cursor can go up, or down at once."""

PLAIN = ""
"""Style of a cell: the SGR parameters in force, as text."""

_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|\x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|(?P<other>\x1b[\]PX^_].*?(?:\x07|\x1b\\)|\x1b[ -/]*[0-OQ-WYZ`-~]|\x1b\[[0-?]*[ -/]*[^ -~])"
    r"|(?P<back>\x08+)"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f-\x9f])",
    re.DOTALL,
)

UNFINISHED = 4096
"""Characters after which an escape sequence without an end is given up."""


@dataclass
class Line:
    """Characters and their styles, cell by cell."""

    chars: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.chars)

    def runs(self) -> Iterator[tuple[str, str]]:
        """Text and style of each stretch of one style."""
        start = 0
        for index in range(1, len(self.chars) + 1):
            if index == len(self.chars) or self.styles[index] != self.styles[start]:
                yield "".join(self.chars[start:index]), self.styles[start]
                start = index


class Terminal:
    """Feed it text as it comes, in pieces of any size; `lines` is what has been printed, the newest at the end."""

    def __init__(self) -> None:
        self.lines: list[Line] = [Line()]
        self.dropped = 0  # lines above those that are kept
        self.changes = 0
        self._row = 0
        self._column = 0
        self._style = PLAIN
        self._rest = ""

    def feed(self, text: str) -> None:
        self.changes += 1
        text = self._rest + text
        self._rest = ""
        at = 0
        while at < len(text):
            token = _TOKEN.match(text, at)
            if token is None:  # an escape sequence that is not complete yet, or none at all
                if len(text) - at < UNFINISHED:
                    self._rest = text[at:]
                    return
                at += 1
                continue
            at = token.end()
            if token["text"] is not None:
                self._write(token["text"])
            elif token["back"] is not None:
                self._column = max(0, self._column - len(token["back"]))
            elif token["final"] is not None:
                self._sequence(token["final"], token["parameters"])
            elif token["control"] is not None:
                self._control(token["control"])

    def _write(self, text: str) -> None:
        line, column = self.lines[self._row], min(self._column, LONGEST_LINE)
        text = text[: LONGEST_LINE - column]
        if len(line.chars) < column:
            line.styles += [PLAIN] * (column - len(line.chars))
            line.chars += " " * (column - len(line.chars))
        line.chars[column : column + len(text)] = text
        line.styles[column : column + len(text)] = [self._style] * len(text)
        self._column = column + len(text)

    def _control(self, char: str) -> None:
        if char in "\n\x0b\x0c\x85":
            self._column = 0
            self._down()
        elif char == "\r":
            self._column = 0
        elif char == "\t":
            self._column = min(LONGEST_LINE, (self._column // 8 + 1) * 8)

    def _down(self) -> None:
        self._row += 1
        if self._row < len(self.lines):
            return
        self.lines.append(Line())
        if len(self.lines) > MOST_LINES + 500:
            self.dropped += 500
            del self.lines[:500]
            self._row -= 500

    def _sequence(self, final: str, parameters: str) -> None:
        numbers = [int(part) for part in parameters.split(";") if part.isdigit()][:16]
        count = min(max(1, numbers[0] if numbers else 1), LONGEST_LINE)
        if final == "m":
            self._style = PLAIN if not any(numbers) else _joined(self._style, parameters)
        elif final == "A":
            self._row = max(0, len(self.lines) - TALLEST, self._row - count)
        elif final in "BE":
            for _ in range(min(count, TALLEST)):
                self._down()
            self._column = self._column if final == "B" else 0
        elif final == "C":
            self._column = min(LONGEST_LINE, self._column + count)
        elif final == "D":
            self._column = max(0, self._column - count)
        elif final == "G":
            self._column = count - 1
        elif final == "K":
            self._erase(numbers[0] if numbers else 0)
        elif final == "J" and (not numbers or numbers[0] == 0):
            self._erase(0)
            for line in self.lines[self._row + 1 :]:
                line.chars.clear()
                line.styles.clear()

    def _erase(self, which: int) -> None:
        """To the end of the line (0), to its start (1), or all of it (2)."""
        line = self.lines[self._row]
        if which in (0, 2):
            start = self._column if which == 0 else 0
            del line.chars[start:], line.styles[start:]
        if which == 1:
            end = min(self._column + 1, len(line.chars))
            line.chars[:end] = " " * end
            line.styles[:end] = [PLAIN] * end


def _joined(before: str, parameters: str) -> str:
    """SGR adds to what is in force; a leading 0 resets. Kept short, whatever a script writes."""
    parts = parameters.split(";")
    while parts and parts[0] in ("", "0"):
        before, parts = PLAIN, parts[1:]
    known = [part for part in before.split(";") if part] + [part for part in parts if part.isdigit()]
    return ";".join(known[-12:])
