"""A Python traceback in printed text: the last one is how the script ended."""

from __future__ import annotations

import re
from collections import deque

from tuimon import events

BEGINNING = "Traceback (most recent call last):"
FRAME = re.compile(r'^\s+File "(?P<file>[^"]+)", line (?P<line>\d+), in ')
RAISED = re.compile(
    r"^(?P<type>[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|Warning|Iteration))(?:: (?P<message>.*))?$"
)
OP = re.compile(r"\{\{node ([^}]+)\}\}|\[Op:(\w+)")
KEPT = 200

LONGEST = 4000
"""Characters of a line."""

LIBRARIES = ("/site-packages/", "/dist-packages/", "/lib/python")


class Traceback:
    """Collects the newest traceback line by line."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=KEPT)
        self._open = False
        self._type = ""
        self._message: list[str] = []
        self._site = ""

    def feed(self, line: str) -> None:
        line = line[:LONGEST]
        if line.startswith(BEGINNING):
            self._lines.clear()
            self._open, self._type, self._message, self._site = True, "", [], ""
        elif not self._open:
            return
        self._lines.append(line)
        frame = FRAME.match(line)
        if frame and not any(part in frame["file"] for part in LIBRARIES):
            self._site = f"{frame['file']}:{frame['line']}"
        raised = RAISED.match(line)
        if raised:
            self._type, self._message = raised["type"].rpartition(".")[2], [raised["message"] or ""]
        elif self._type and len(self._message) < KEPT:
            self._message.append(line)

    def raised(self, at: float) -> events.ExceptionRaised | None:
        """The exception of the newest traceback, None when there was none."""
        if not self._type:
            return None
        message = "\n".join(self._message).strip()
        named = OP.search(message)
        return events.ExceptionRaised(
            at=at,
            where="script",
            type=self._type,
            message=message[:4000],
            traceback="\n".join(self._lines)[-16_000:],
            site=self._site,
            op=(named[1] or named[2]) if named else "",
        )
