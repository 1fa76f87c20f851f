"""Stretches of the screen that have changed and were not sent yet. What is sent for them is drawn when it is sent."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int, int]
"""Line, first cell, last cell (exclusive)."""

PIECE = 20
"""Cells of a stretch that are sent in one go at most."""


class Waiting:
    """Newest first, because the newest is what a key just asked for."""

    def __init__(self) -> None:
        self._lines: dict[int, list[tuple[int, int]]] = {}  # the newest line is the last one

    def __bool__(self) -> bool:
        return bool(self._lines)

    def clear(self) -> None:
        self._lines.clear()

    def add(self, spans: Iterable[Span]) -> None:
        """In the order in which they are to be sent, all of them before what waits already."""
        for y, first, last in reversed(list(spans)):
            self._lines[y] = joined([*self._lines.pop(y, []), (first, last)])

    def take(self, cells: float) -> list[Span]:
        """The first ones, about so many cells of them, at least one."""
        taken: list[Span] = []
        while self._lines and (cells > 0 or not taken):
            y, stretches = self._lines.popitem()
            first, last = stretches[0]
            cut = min(last, first + PIECE)
            rest = ([(cut, last)] if cut < last else []) + stretches[1:]
            if rest:
                self._lines[y] = rest
            taken.append((y, first, cut))
            cells -= cut - first
        return taken


def joined(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """From left to right, those that overlap or touch made one."""
    made: list[tuple[int, int]] = []
    for first, last in sorted(stretches):
        if made and first <= made[-1][1]:
            made[-1] = made[-1][0], max(made[-1][1], last)
        else:
            made.append((first, last))
    return made
