"""Files that Keras' CSVLogger wrote: a row per epoch; appended to over several fits, with columns that may change."""

from __future__ import annotations

import csv

from tuimon import events
from tuimon.errors import TuimonError
from tuimon.readers.story import Story, number

MAX_ROW = 1 << 16
"""Bytes of the longest row that is read."""


def recognises(head: bytes) -> bool:
    """A first line of names, the first of which is `epoch`."""
    first = head.partition(b"\n")[0].strip().decode("utf-8", "replace").lstrip("\ufeff")
    names = [name.strip().strip('"') for name in first.replace(";", ",").replace("\t", ",").split(",")]
    return names[0] == "epoch" and len(names) > 1 and all(names)


class Reader:
    def __init__(self, name: str) -> None:
        self._story = Story(name, "csv")
        self._rest = b""
        self._skipping = False  # the rest of a row that is too long
        self._names: list[str] = []
        self._separator = ","

    def feed(self, data: bytes) -> list[events.Event]:
        if self._skipping:
            _, end, data = data.partition(b"\n")
            self._skipping = not end
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_ROW:
            lines.append(self._rest)
            self._rest, self._skipping = b"", True
        return [event for line in lines if self._is_row(line) for event in self._row(line)]

    def _is_row(self, line: bytes) -> bool:
        """Too long a row is left out; without names, none could be read."""
        if len(line) > MAX_ROW and not self._names:
            what = f"the names of {self._story.name} are longer than {MAX_ROW >> 10} KiB"
            raise TuimonError(what, "take columns out of it")
        return len(line) <= MAX_ROW

    def end(self) -> list[events.Event]:
        told = self._row(self._rest)
        self._rest = b""
        return told + self._story.ends()

    def _row(self, line: bytes) -> list[events.Event]:
        text = line.decode("utf-8", "replace").strip("\ufeff\r\n\0 ")
        if text.startswith(("epoch", '"epoch"')):
            self._separator = next((mark for mark in ",;\t" if mark in text), ",")
            self._names = _cells(text, self._separator)
            return []
        cells = _cells(text, self._separator)
        known = dict(zip(self._names, cells, strict=False))
        epoch = number(known.pop("epoch", ""))
        if epoch is None or not 0 <= epoch < 1 << 53:
            return []
        metrics = {name: value for name, cell in known.items() if (value := number(cell)) is not None}
        self._story.at += 1.0  # rows have no times: one second each keeps their order
        return self._story.epoch_begins(int(epoch)) + self._story.epoch_ends(metrics)


def _cells(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=separator), [])
    except csv.Error:
        return []
