"""`History.history` saved as JSON: a list of values per metric; or the whole History with its epochs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tuimon import events
from tuimon.errors import TuimonError
from tuimon.readers.story import Story, number

MAX_BYTES = 1 << 26
"""The largest file that is read: JSON must be held whole, and takes ten times as much when it is read."""

MAX_EPOCHS = 1_000_000


def recognises(head: bytes) -> bool:
    """An object whose first member holds a list of numbers, or another such object."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return text.startswith(b"{") and b"[" in text and b'"loss"' in text and b'"event"' not in text


class Reader:
    def __init__(self, name: str) -> None:
        self._story = Story(name, "history")
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[events.Event]:
        self._size += len(data)
        if self._size > MAX_BYTES:
            raise TuimonError(f"{self._story.name} is larger than {MAX_BYTES >> 20} MiB", "split it by fit")
        self._pieces.append(data)
        return []

    def end(self) -> Iterator[events.Event]:
        text = b"".join(self._pieces)
        self._pieces.clear()
        try:
            told = json.loads(text.decode("utf-8-sig", "replace"))
        except (ValueError, RecursionError) as error:
            raise TuimonError(f"{self._story.name} is no whole JSON: {error}", "save it again") from None
        if not isinstance(told, dict):
            raise TuimonError(f"{self._story.name} holds no object with metrics", "save History.history")
        numbers = told.get("epoch") if isinstance(told.get("epoch"), list) else None
        columns = told["history"] if isinstance(told.get("history"), dict) else told
        yield from self._events(columns, numbers)
        yield from self._story.ends()

    def _events(self, columns: dict[str, Any], numbers: list[Any] | None) -> Iterator[events.Event]:
        lists = {name: values for name, values in columns.items() if isinstance(values, list) and name != "epoch"}
        count = max(map(len, lists.values()), default=0)
        if count > MAX_EPOCHS:
            raise TuimonError(f"{self._story.name} holds {count:,} epochs (limit {MAX_EPOCHS:,})", "split it by fit")
        lengths = sorted(set(map(len, lists.values())))
        for index in range(count):
            if lengths[0] <= index:  # what has no more values is not looked at again for each epoch
                lists = {name: values for name, values in lists.items() if len(values) > index}
                lengths = [length for length in lengths if length > index]
            metrics = {name: value for name, values in lists.items() if (value := _value(values, index)) is not None}
            given = numbers[index] if numbers and index < len(numbers) else index
            epoch = given if isinstance(given, int) and 0 <= given < 1 << 53 else index
            self._story.at += 1.0  # there are no times: one second each keeps the order
            yield from self._story.epoch_begins(epoch)
            yield from self._story.epoch_ends(metrics)


def _value(values: list[Any], index: int) -> float | None:
    """A metric's value in an epoch; None where it has none. Huge whole numbers are no metric."""
    value = values[index] if index < len(values) else None
    if isinstance(value, str):
        return number(value)
    return float(value) if isinstance(value, float) or (isinstance(value, int) and abs(value) < 1 << 62) else None
